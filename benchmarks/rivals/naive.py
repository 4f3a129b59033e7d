"""The letters as most scripts send them: EmailMessage and smtplib, over one connection."""

import json
import smtplib
import sys
import time
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

port, count, template = (
    int(sys.argv[1]),
    int(sys.argv[2]),
    json.loads(Path(sys.argv[3]).read_text()),
)


def fill(words: str, number: int) -> str:
    """Put one reader's own words in."""
    return (
        words.replace("$EMAIL", f"reader{number}@example.org")
        .replace("$UNSUBSCRIBEURL", f"{template['unsubscribe_url']}{number}")
        .replace("$CONFIRMEDON", "3 May 2026")
    )


def letter(number: int) -> EmailMessage:
    """Build one reader's letter."""
    message = EmailMessage(policy=SMTP)
    message["From"] = f"The Weekly Dive <{template['sender']}>"
    message["To"] = f"Ada Reader {number} <reader{number}@example.org>"
    message["Subject"] = template["subject"]
    message["List-Unsubscribe"] = f"<{template['unsubscribe_url']}{number}>"
    message.set_content(fill(template["text"], number))
    message.add_alternative(fill(template["html"], number), subtype="html")
    return message


start, busy = time.perf_counter(), time.process_time()
with smtplib.SMTP("127.0.0.1", port) as server:
    for number in range(count):
        server.send_message(letter(number))
print(json.dumps({"seconds": time.perf_counter() - start, "cpu": time.process_time() - busy}))
