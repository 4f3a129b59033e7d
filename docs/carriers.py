"""The page about carriers: what each can say, from the code, and what to know about it."""

from collections.abc import Iterator

from digest.providers.capabilities import Capabilities
from digest.providers.registry import CAPABILITIES, PARTIES

HEAD = """\
# Ways a letter can leave

`[carrier] kind` chooses one. A carrier takes letters and says what became of each: accepted, try
later, refused, a fault of ours, withdrawn, or unknown. `digest doctor` goes as far with it as one
can without sending.

| kind | for | an accepted letter is | can end as `unknown` |
|---|---|---|---|
| `smtp` | real mail | taken by your mail server | when the answer to the final dot is lost |
| `lmtp` | the mail store of your house | in the mailbox | when that answer is lost |
| the others below | real mail | taken by the provider | when the answer to a request is lost |
| `folder` | trying out, looking at letters | an `.eml` file with its final name | when the disk \
fails after the file got its name |
| `memory` | our tests | kept until the process ends | never |

## What each can say

What a carrier cannot say is refused at the start where your settings ask for it: a signature of
your own ([`[dkim]`](config.md#dkim)) or a return path of your own (`[sender] bounce_domain`) never
gets lost silently."""

LEGEND = """\
- **Letters per request**: the most that one request carries. **Words once**: the words travel once
  for all of them, and the provider fills in what is a reader's own; otherwise each letter travels
  whole.
- **Each fate**: the answer tells the fate of every letter. Where it does not, one bad address
  refuses a whole request; it is then halved until the address is found, and the others go.
- **Known again**: for how long the provider knows a request that is made twice. With those a lost
  answer is asked for again within 80 % of that time, and as long as the worker holds the letters;
  otherwise the letters of that request end as `unknown`.
- **Our Message-ID, return path, signature**: whether they get through. Where not, the provider
  makes its own, and you publish the DNS records that it shows you.
- **One click**: List-Unsubscribe and List-Unsubscribe-Post with our address (RFC 8058).
- **Key**: where a delivery's own name travels, so that an event finds its letter."""

SMTP = """\
## `smtp`

Settings: [`[carrier.smtp]`](config.md#carriersmtp) and
[`[carrier.smtp.timeouts]`](config.md#carriersmtptimeouts).

- Port 587 with `security = "starttls"` (the default) or port 465 with "tls". A server that does not
  offer STARTTLS gets no letter. "none" is for a relay on a network that you trust; a password never
  travels over it to another machine.
- The password is best in a file named by `DIGEST_CARRIER__SMTP__PASSWORD_FILE`. Login is AUTH PLAIN
  or LOGIN, only inside TLS or on this machine.
- `[delivery] connections` conversations run at once. Many providers allow fewer than they can
  take: ask before you raise it. `max_per_connection` is for servers that count.
- The conversation stops between the text and the final dot until the database has written down that
  the letter may be taken from now on. A crash before that sends it again; a crash after it leaves
  it `unknown`, and it is never sent again by itself.
- Signing (DKIM) is mostly up to your server. Where it does not sign, give
  [`[dkim]`](config.md#dkim) a key: `docs/operate.md` says how. SPF and DMARC are up to your DNS.

## `lmtp`

Settings: [`[carrier.lmtp]`](config.md#carrierlmtp). As SMTP, but for LHLO (RFC 2033): for a Dovecot
or Cyrus of your own on a TCP port. There is no TLS and no login, so it is for a network that you
trust.

## Mail providers

Settings: [`[carrier.api]`](config.md#carrierapi) for all of them, and a section for each. Their
keys are best in files that variables name, as `DIGEST_CARRIER__POSTMARK__TOKEN_FILE`. An address in
`url` is https, except for one on this machine.

- The letters of a request may be taken from the moment its first byte leaves: the database has
  written that down before. A crash before that sends them again; a crash after it leaves all
  letters of that request `unknown`. A smaller `[delivery] window` makes fewer of them.
- An answer 429 or 503 is obeyed, to the second where it says for how long: no connection asks
  before. Up to `patience` the letters wait and go on in the same run, unless that is asked of us
  four times in a row; a longer wait puts them off. 401 and 403 pause the issue and blame nobody. A
  500, a success that is not documented or no answer proves nothing: `unknown`, or asked again where
  the provider knows the request.
- Words that seem to be about a reader may be about your account. Until the provider has taken one
  letter of an issue, those that it refuses are put off, and the same words as often as
  `[delivery] same_refusals` says pause the issue.
- Opens and clicks are not tracked: that is switched off in every request where there is a switch.
  Resend and Brevo have none, and SES has it in the configuration set: look at their settings.
- What a blog writes is never read as a mark of the provider's template language: such marks are
  broken up by an invisible character, an entity or the provider's own escape.
- A reader's name stands in To only where it is plain, and only with Postmark, Mailgun and Resend:
  names with commas and quotes are mangled or refused by too many."""

TAIL = """\
## `folder`

Settings: [`[carrier.folder]`](config.md#carrierfolder).

One file per letter, readable by its owner only, named after the letter's key: a letter that is
there already is not written twice. A file that cannot be written pauses the issue and blames no
subscriber.

## `memory`

Keeps the letters of one process, for tests. Nothing leaves, and nothing is left."""

ABOUT = {
    "ses": "Each letter is one request with the finished message, so your own signature gets"
    " through. `configuration_set` names what sends events. A new account may only send to verified"
    " addresses (sandbox), which pauses the issue.",
    "postmark": "Newsletters belong into a broadcast stream, notices into another. Postmark adds"
    " its own unsubscribe link to such a stream unless its support has switched that off for you.",
    "sendgrid": "The key needs the right to send only. Subscription tracking is switched off in"
    " every request, for it would replace our List-Unsubscribe.",
    "mailgun": "A sending key of one domain is enough to send; `digest doctor` needs one that may"
    " read the domain.",
    "resend": "Two requests a second are allowed at first, so up to 200 letters a second.",
    "brevo": "A request that was obeyed before is refused as a duplicate, which is read as"
    " accepted. Header names are rewritten with capitals.",
    "mailjet": "Fifty letters per request, each whole.",
    "sparkpost": "SparkPost replaces List-Unsubscribe by its own, so it is refused unless you set"
    " `their_unsubscribe`. Where some recipients of a request are refused it does not say which:"
    " that request is `unknown`, until events tell.",
}


def providers_page() -> str:
    """Return docs/providers.md."""
    about = [
        f"### `{kind}`\n\nSettings: [`[carrier.{kind}]`](config.md#carrier{kind}).\n\n{ABOUT[kind]}"
        for kind in PARTIES
    ]
    return "\n\n".join([HEAD, _matrix(), LEGEND, SMTP, *about, TAIL]) + "\n"


def _matrix() -> str:
    head = (
        "kind",
        "letters per request",
        "words once",
        "each fate",
        "known again",
        "our Message-ID",
        "our return path",
        "our signature",
        "one click",
        "key",
    )
    rows = [head, ("---",) * len(head), *(_row(*known) for known in CAPABILITIES.items())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(kind: str, can: Capabilities) -> tuple[str, ...]:
    return (f"`{kind}`", f"{can.batch:,}", *_answers(can), can.carries_key)


def _answers(can: Capabilities) -> Iterator[str]:
    yield "yes" if can.fills else "no"
    yield "yes" if can.each else "no"
    yield f"{can.repeat_hours:g} h" if can.is_idempotent else "no"
    yield "yes" if can.message_id else "no"
    yield "yes" if can.return_path else "no"
    yield "yes" if can.signature else "no"
    yield "yes" if can.one_click else "theirs"
