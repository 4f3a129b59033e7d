"""The errands of every run, beside the issue: who is reminded, which notices go, who is forgotten.

Cron comes through `digest run` and `digest send`, others through `digest serve`. Several at once
come to the same: a reminder is asked for once, a notice claimed once, a person deleted once.
"""

from digest import events, fence, forget, passing, reactions, welcome
from digest.app import App


def hand_over_notices(app: App) -> None:
    """Ask for the reminders that are due, if the operator wants any, and hand over what waits.

    From a database that was copied or restored nothing goes; `run` says so, and this is silent.
    """
    if fence.refusal(app):
        return
    if app.config.signup.reminder:
        now = app.clock.now()
        with app.database.read() as session:  # mostly nobody is, and then nobody has to wait
            is_due = welcome.is_reminder_due(session, now=now)
        if is_due:
            with app.database.begin() as session:
                welcome.remind(session, now=now)
    app.post_office.work()


def catch_up(app: App) -> None:
    """Take up what came back before its letter was known, if there is any such thing."""
    with app.database.read() as session:  # mostly there is none, and then nobody has to wait
        is_any = events.is_orphan_waiting(session)
    if is_any:
        now, settings, keyring = app.clock.now(), app.config.reactions, app.keyring
        app.database.together(
            lambda session: reactions.catch_up(session, now=now, settings=settings, keyring=keyring)
        )


def forget_expired(app: App) -> None:
    """Delete what nobody confirmed in time, as ``[retention]`` says, and files left behind."""
    now = app.clock.now()
    forget.expired(app.database, settings=app.config.retention, now=now)
    passing.sweep(app.state, now=now)
