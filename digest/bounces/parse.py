"""Says what a mail that came back is: a bounce of which kind, a complaint, an automatic answer."""

import re
from dataclasses import dataclass, replace

from digest.bounces.judge import has_reason, is_warning, judge
from digest.bounces.opened import Fields, Opened, fields_of, open_mail
from digest.bounces.signs import (
    ADDRESS,
    ANSWER,
    BODY,
    FRAME,
    HEADERS,
    REPLY,
    ROBOT,
    SEPARATOR,
    SUBJECT,
)
from digest.mail.event import Kind, code_in

_LONGEST_DETAIL = 300
_MOST_LINES = 400
_FOLLOWING = 4  # lines that a reply may be broken over
_ENOUGH_SIGNS = 2
_ACTIONS = {"delivered": Kind.DELIVERED, "relayed": Kind.ACCEPTED, "expanded": Kind.ACCEPTED}
_FAILED = frozenset({"failed", "failure", "error"})  # only the first is in the standard
_MILDNESS = (
    Kind.DELIVERED, Kind.UNKNOWN, Kind.ACCEPTED, Kind.DEFERRED, Kind.REFUSED, Kind.SOFT_BOUNCED,
    Kind.HARD_BOUNCED,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a mail says, before anybody has asked whether to believe it.

    ``recipient``, ``code`` (as ``550 5.1.1``) and ``detail`` are as far as told. ``returned`` is
    the begin of the letter that came back. `Kind.UNKNOWN` is a mail that is none of these.
    """

    kind: Kind
    recipient: str | None = None
    code: str | None = None
    detail: str | None = None
    returned: str = ""
    envelope_id: str | None = None


def parse(raw: bytes) -> Report:
    """Say what a mail is; never raises, whatever its bytes."""
    return report_of(open_mail(raw))


def report_of(mail: Opened) -> Report:
    """Say what a mail is that was taken apart.

    Order: a complaint (RFC 5965), a receipt (RFC 8098), a delivery status (RFC 3464), an automatic
    answer (RFC 3834), a bounce in a system's own words.
    """
    report = _told(mail)
    if _is_about_a_report(report.returned):
        return Report(kind=Kind.UNKNOWN, detail="it brings back what was itself a report")
    return report


def _told(mail: Opened) -> Report:
    if mail.feedback is not None:
        return _complaint(mail, mail.feedback)
    if mail.report_type == "disposition-notification":
        return Report(kind=Kind.REPLIED, detail="a receipt")
    if any("action" in group or "status" in group for group in mail.statuses):
        return _status_report(mail)
    if _is_answer(mail) and not _is_marked(mail):
        return Report(kind=Kind.REPLIED, detail=_short(mail.head.get("subject", "")))
    return _own_words(mail)


def _complaint(mail: Opened, fields: Fields) -> Report:
    """Read feedback: abuse, fraud and virus are complaints (RFC 5965 7.3); not-spam undoes one."""
    said = fields.get("feedback-type", "").lower()
    kind = (
        Kind.COMPLAINED
        if said in {"abuse", "fraud", "virus", "other", "miscategorized"}
        else Kind.UNKNOWN
    )
    if said in {"opt-out", "opt-out-list", "unsubscribe"}:
        kind = Kind.UNSUBSCRIBED
    return Report(
        kind=kind,
        recipient=_address(fields.get("original-rcpt-to", "")),
        detail=_short(f"feedback: {said or 'of no kind'}"),
        returned=mail.returned,
        envelope_id=fields.get("original-envelope-id"),
    )


def _status_report(mail: Opened) -> Report:
    about, *groups = mail.statuses
    if "action" in about or "final-recipient" in about:  # the group about the message is missing
        groups.insert(0, about)
    told = [
        _of_group(group, mail=mail) for group in groups if "action" in group or "status" in group
    ]
    if not told:
        return _own_words(mail)
    mildest = min(told, key=lambda report: _MILDNESS.index(report.kind))
    return replace(
        mildest,
        returned=mail.returned or _quoted(mail.text),
        envelope_id=about.get("original-envelope-id"),
    )


def _of_group(group: Fields, *, mail: Opened) -> Report:
    """Judge one recipient's group (RFC 3464 2.3); the people's text helps where codes are vague."""
    action = group.get("action", "").split(" ")[0].strip(";").lower()
    status = group.get("status", "").strip()
    reason = re.sub(r"^[A-Za-z0-9-]{1,30};\s*", "", group.get("diagnostic-code", ""))
    words = f"{reason} {group.get('x-supplementary-info', '')} {status}"
    if not has_reason(words):
        words = f"{words}\n{_focus(_reason(mail.text))}"
    if action in _ACTIONS:
        kind = _ACTIONS[action]
    else:
        is_failure = action in _FAILED or (not action and status.startswith("5"))
        kind = judge(words, status=status, is_failure=is_failure)
    named = group.get("original-recipient") or group.get("final-recipient") or ""
    code = code_in(reason)
    return Report(
        kind=kind,
        recipient=_address(named),
        code=code
        if code and "." in code
        else " ".join(filter(None, (code, status.split(" ")[0]))) or None,
        detail=_short(reason or _reason(mail.text)),
    )


def _own_words(mail: Opened) -> Report:
    """Judge a bounce that follows no standard: sure of itself only where a machine says why."""
    if not _is_bounce(mail):
        return Report(kind=Kind.UNKNOWN, returned=mail.returned)
    subject = mail.head.get("subject", "")
    whole = _reason(mail.text)
    reason = _focus(whole)
    failed = mail.head.get("x-failed-recipients", "")
    late = is_warning(whole) or is_warning(subject)
    kind = judge(reason, is_failure=not late)
    return Report(
        kind=kind,
        recipient=_address(failed) or _failed_address(whole, mail=mail),
        code=_code(reason),
        detail=_short(_telling(reason)),
        returned=mail.returned or _quoted(mail.text),
    )


def _is_marked(mail: Opened) -> bool:
    """Whether headers that only mail systems write say that this is a bounce."""
    return "x-failed-recipients" in mail.head or (
        mail.report_type == "delivery-status" or bool(mail.statuses)
    )


def _is_bounce(mail: Opened) -> bool:
    if _is_marked(mail):
        return True
    head = mail.head
    origin = f"{head.get('from', '')} {head.get('sender', '')} {head.get('x-mailer', '')}"
    signs = [
        bool(ROBOT.search(origin)),
        head.get("return-path", "?").strip() == "<>" or "auto-submitted" in head,
        bool(SUBJECT.search(head.get("subject", ""))),
        bool(BODY.search(_reason(mail.text))),
        has_reason(_reason(mail.text)) and bool(mail.returned or _quoted(mail.text)),
    ]
    return sum(signs) >= _ENOUGH_SIGNS


def _is_answer(mail: Opened) -> bool:
    """Whether a person's mail program answers by itself (RFC 3834), as from a holiday."""
    head = mail.head
    subject = head.get("subject", "")
    if ANSWER.search(subject):
        return True
    if ROBOT.search(head.get("from", "")) or SUBJECT.search(subject):
        return False
    said = re.split(r"[\s;(]", head.get("auto-submitted", "no").strip().lower())[0]
    return (
        said == "auto-replied"
        or head.get("precedence", "").lower() in {"auto_reply", "auto-reply"}
        or any(
            name in head
            for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-vacation")
        )
    )


def _is_about_a_report(returned: str) -> bool:
    """Whether what came back was a report: we write none, so it was no letter of ours."""
    head = fields_of(returned)
    return "report-type" in head.get("content-type", "").lower() or (
        bool(re.search(r"mailer-daemon|postmaster@", head.get("from", ""), re.IGNORECASE))
    )


def _reason(text: str) -> str:
    """Return what a bounce says itself: the words in front of the letter that it brings back."""
    end = _end(text)
    return "\n".join(text[:end].splitlines()[:_MOST_LINES])


def _quoted(text: str) -> str:
    """Return the letter that is copied below the words of a bounce."""
    found = HEADERS.search(text)
    return re.sub(r"(?m)^[ \t>]{1,4}(?=[A-Za-z-]+:)", "", text[found.start() :]) if found else ""


def _end(text: str) -> int:
    ends = [found.start() for found in (SEPARATOR.search(text, 1), HEADERS.search(text)) if found]
    return min(ends, default=len(text))


def _focus(reason: str) -> str:
    """Return the lines with a reply's code and what follows them; without any, what is no frame.

    A session's whole transcript holds many words that say nothing about its end.
    """
    lines = [line.strip() for line in reason.splitlines()]
    coded = [place for place, line in enumerate(lines) if REPLY.search(line)]
    near = [" ".join(lines[place : place + _FOLLOWING]) for place in coded]
    if coded and has_reason("\n".join(near)):
        return "\n".join(near)
    return "\n".join(line for line in lines if not FRAME.match(line))


def _failed_address(reason: str, *, mail: Opened) -> str | None:
    """Return the address that a bounce names: never the one that wrote it or got it."""
    others = {
        found.lower()
        for name in ("from", "to", "sender")
        for found in ADDRESS.findall(mail.head.get(name, ""))
    }
    kept = [line for line in reason.splitlines() if not FRAME.match(line.strip())]
    for words in (*kept, reason):
        for found in ADDRESS.findall(words):
            plain = found.removeprefix("SMTP=").strip("'").rstrip(".")
            if plain.lower() not in others and not ROBOT.match(plain):
                return str(plain)
    return None


def _telling(reason: str) -> str:
    """Return the line that says why, as far as there is one."""
    lines = [line.strip() for line in reason.splitlines() if line.strip()]
    coded = [line for line in lines if _code(line)]
    return next(iter(coded or [line for line in lines if has_reason(line)] or lines), "")


def _code(reason: str) -> str | None:
    for line in reason.splitlines()[:_MOST_LINES]:
        found = re.search(
            r"(?<![\d.])[45]\d\d[ #-].*|(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.]).*", line
        )
        if found and (code := code_in(found[0])):
            return code
    return None


def _address(words: str) -> str | None:
    found = ADDRESS.search(words)
    return found[0].rstrip(".") if found else None


def _short(words: str) -> str | None:
    """Return words for the record: one line, no addresses."""
    plain = ADDRESS.sub("<address>", "".join(c if c.isprintable() else " " for c in words[:2_000]))
    return " ".join(plain.split())[:_LONGEST_DETAIL] or None
