"""The letters as Django's documentation sends many: EmailMultiAlternatives over one connection."""

import json
import sys
import time
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template import Context, Engine, Template

BATCH = 100  # messages are built before they are sent: not all of them at once
port, count, template = (
    int(sys.argv[1]),
    int(sys.argv[2]),
    json.loads(Path(sys.argv[3]).read_text()),
)
settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT=port, USE_TZ=True)


def compiled(words: str, *, autoescape: bool) -> Template:
    """Turn the open slots into Django's."""
    for slot in ("EMAIL", "UNSUBSCRIBEURL", "CONFIRMEDON"):
        words = words.replace(f"${slot}", f"{{{{ {slot} }}}}")
    return Engine(autoescape=autoescape).from_string(words)


text = compiled(template["text"], autoescape=False)
html = compiled(template["html"], autoescape=True)


def letter(number: int) -> EmailMultiAlternatives:
    """Build one reader's letter."""
    url = f"{template['unsubscribe_url']}{number}"
    address = f"reader{number}@example.org"
    words = Context({"EMAIL": address, "UNSUBSCRIBEURL": url, "CONFIRMEDON": "3 May 2026"})
    message = EmailMultiAlternatives(
        subject=template["subject"],
        body=text.render(words),
        from_email=f"The Weekly Dive <{template['sender']}>",
        to=[f"Ada Reader {number} <{address}>"],
        headers={"List-Unsubscribe": f"<{url}>"},
    )
    message.attach_alternative(html.render(words), "text/html")
    return message


start, busy = time.perf_counter(), time.process_time()
with get_connection("django.core.mail.backends.smtp.EmailBackend") as connection:
    for first in range(0, count, BATCH):
        numbers = range(first, min(first + BATCH, count))
        connection.send_messages([letter(number) for number in numbers])
print(json.dumps({"seconds": time.perf_counter() - start, "cpu": time.process_time() - busy}))
