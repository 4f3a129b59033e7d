"""No secret is ever shown: not in an error, not in a repr, not in a log, not by the doctor."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.config import every_setting, load
from digest.errors import ConfigurationError

CANARY = "canary-b2a1f0c9d8e7"
MakeFile = Callable[[str, str], Path]


def test_secrets_are_known_by_the_code() -> None:
    secrets = {".".join(setting.path) for setting in every_setting() if setting.secret}
    providers = {
        "brevo.key",
        "mailgun.key",
        "mailjet.secret",
        "postmark.token",
        "resend.key",
        "sendgrid.key",
        "ses.secret_key",
        "ses.session_token",
        "sparkpost.key",
    }
    hooks = {f"{name.partition('.')[0]}.passwords" for name in providers}
    hooks |= {"mailgun.key", "resend.secret"}  # what signs a webhook; the others' keys are public
    ours = {"app.secret", "app.old_secrets", "carrier.smtp.password", "database.url"}
    ours.update({"bounces.mailbox.password", "console.oidc.client_secret", "heartbeat.url"})
    assert secrets == ours.union(
        (f"carrier.{name}" for name in providers), (f"hooks.{name}" for name in hooks)
    )


SECRETS = f"""
[app]
secret = "{CANARY}-which-is-long-enough"
old_secrets = ["{CANARY}"]
[carrier.smtp]
username = "u"
password = "{CANARY}"
host = "127.0.0.1"
port = 9
security = "none"
[carrier.postmark]
token = "{CANARY}"
[carrier.ses]
secret_key = "{CANARY}"
[database]
url = "postgresql+psycopg://u:{CANARY}@127.0.0.1:9/digest"
"""


def test_no_repr_shows_a_secret(make_file: MakeFile) -> None:
    config = load(make_file("config.toml", SECRETS))
    assert config.carrier.smtp.password == CANARY
    assert CANARY not in repr(config)
    assert CANARY not in str(config)


@pytest.mark.parametrize(
    "mistake",
    [
        f"[app]\nsecret = ['{CANARY}']",
        f"[app]\nsecret = {{x = '{CANARY}'}}",
        f"[app]\nsecret = {CANARY}",
        f"[app]\nold_secrets = '{CANARY}'",
        f"[app]\nold_secrets = ['{CANARY}', 1]",
        f"[app]\nsecrett = '{CANARY}'",
        f"[carrier.smtp]\npassword = '{CANARY}'\nport = 'x'",
        f"[carrier.smtp]\nusername = 'u'\npassword = '{CANARY}'\nsecurity = 'none'\nhost = 'b.c'",
        f"[carrier.smtp]\npassword = '{CANARY}'\npassword = '{CANARY}'",
        f"[carrier.smtp]\npassword = '{CANARY}",
        f"[database]\nurl = 'postgresql+psycopg://u:{CANARY}@host:port/x'",
        f"[database]\nurl = 'mysql://u:{CANARY}@host/x'",
        f"[database]\nurl = 'postgresql+psycopg://u:{CANARY}@host/x'\nbusy_timeout = -1",
    ],
)
def test_no_error_shows_a_secret(mistake: str, make_file: MakeFile) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(make_file("config.toml", mistake))
    assert CANARY not in str(caught.value)


def digest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "digest", *arguments],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("arguments", [("doctor", "-v"), ("doctor", "--json"), ("run", "-v")])
def test_no_command_prints_or_logs_a_secret(
    arguments: tuple[str, ...], make_file: MakeFile
) -> None:
    folder = make_file("config.toml", SECRETS).parent
    done = digest(folder, *arguments)
    assert done.returncode == 1
    assert "127.0.0.1" in done.stdout + done.stderr  # it did look at the database, and spoke of it
    assert CANARY not in done.stdout + done.stderr


def test_the_doctor_does_not_show_the_password_of_a_carrier_it_tries(make_file: MakeFile) -> None:
    text = SECRETS.partition("[database]")[0]
    done = digest(make_file("config.toml", text).parent, "doctor", "--json")
    sentences = " ".join(finding["sentence"] for finding in json.loads(done.stdout))
    assert "smtp" in sentences
    assert CANARY not in done.stdout + done.stderr
