"""The letters as django-newsletter sends an issue: Submission.submit over its own subscriptions."""

import json
import sys
import time
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

port, count, template = (
    int(sys.argv[1]),
    int(sys.argv[2]),
    json.loads(Path(sys.argv[3]).read_text()),
)


def compiled(words: str) -> str:
    """Turn the open slots into the package's own variables."""
    return (
        words.replace("$EMAIL", "{{ subscription.email }}")
        .replace("$UNSUBSCRIBEURL", template["unsubscribe_url"] + "{{ subscription.id }}")
        .replace("$CONFIRMEDON", "3 May 2026")
    )


FOLDER = "newsletter/message"
WORDS = {
    f"{FOLDER}/message_subject.txt": template["subject"],
    f"{FOLDER}/message.txt": "{% autoescape off %}"
    + compiled(template["text"])
    + "{% endautoescape %}",
    f"{FOLDER}/message.html": compiled(template["html"]),
}
settings.configure(
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=port,
    EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=[
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "django.contrib.sites",
        "sorl.thumbnail",
        "newsletter",
    ],
    NEWSLETTER_USE_HTTPS=True,
    NEWSLETTER_THUMBNAIL="sorl-thumbnail",
    ROOT_URLCONF="newsletter.urls",
    SITE_ID=1,
    STATIC_URL="/static/",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", WORDS)]},
        }
    ],
    USE_TZ=True,
)
django.setup()

from newsletter.models import Message, Newsletter, Submission, Subscription  # noqa: E402 - only now

call_command("migrate", verbosity=0)
newsletter = Newsletter.objects.create(
    title="The Weekly Dive", slug="weekly", email=template["sender"], sender="The Weekly Dive"
)
Subscription.objects.bulk_create(
    Subscription(
        newsletter=newsletter,
        name_field=f"Ada Reader {number}",
        email_field=f"reader{number}@example.org",
        subscribed=True,
        activation_code=f"{number:040}",
    )
    for number in range(count)
)
message = Message.objects.create(title=template["subject"], slug="issue", newsletter=newsletter)
submission = Submission(message=message, newsletter=newsletter, site_id=1)
submission.save()
submission.subscriptions.set(newsletter.subscription_set.all())

start, busy = time.perf_counter(), time.process_time()
submission.submit()
print(json.dumps({"seconds": time.perf_counter() - start, "cpu": time.process_time() - busy}))
