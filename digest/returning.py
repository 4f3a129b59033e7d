"""Takes in what comes back by mail to an installation: from a pipe, by LMTP, out of a mailbox."""

from collections.abc import Callable

from digest.app import App
from digest.bounces import lmtp, mailbox
from digest.bounces.receive import Intake


def intake_of(app: App) -> Intake:
    """Build what takes mail in."""
    return Intake(
        database=app.database,
        keyring=app.keyring,
        returns=app.return_path,
        reactions=app.config.reactions,
        now=app.clock.now,
    )


def visit_mailbox(app: App) -> int:
    """Take in what is new in the mailbox that was set up; return how many messages were read.

    Raises `MailboxError`, and `UsageError` where no mailbox was set up.
    """
    return mailbox.visit(app.config.bounces.mailbox, state=app.state, take=intake_of(app).take)


def listen(app: App, *, ready: Callable[[int], None]) -> None:
    """Take mail by LMTP until ``app.stop`` is set; ``ready`` is told the port."""
    intake, settings = intake_of(app), app.config.bounces
    lmtp.listen(
        lambda raw, recipients: intake.take(raw, envelope=recipients),
        host=settings.lmtp_host,
        port=settings.lmtp_port,
        stop=app.stop,
        ready=ready,
    )
