"""Builds the parts from the configuration and joins them; the only place that does."""

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from copy import copy
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from digest import carriage, clicking, clicks
from digest.clock import Clock
from digest.config import Configuration
from digest.delivery.gate import Gate
from digest.delivery.local import Crew
from digest.delivery.pace import Pace
from digest.delivery.routes import MAIN
from digest.delivery.sender import Sender
from digest.delivery.traffic import Traffic
from digest.editions.issue import Issue
from digest.editions.store import Edition, Variant
from digest.errors import ConfigurationError
from digest.failpoint import Failpoint
from digest.mail.dkim import Signer
from digest.mail.returnpath import ReturnPath
from digest.mail.selftest import self_test
from digest.processes import Processes
from digest.providers.carrier import Carrier
from digest.render.composed import ComposedIssue
from digest.render.moulds import Moulds
from digest.render.personal import Personaliser
from digest.render.settings import EmailSettings
from digest.render.slots import Slot
from digest.secret import load_keyring
from storage.database import Database
from subscribers.tokens import Keyring, Purpose

if TYPE_CHECKING:
    from digest.delivery.fleet import Fleet
    from digest.delivery.notices import PostOffice
    from digest.http import Client
    from digest.render.compose import Composer
    from digest.render.lint import Finding
    from digest.render.notices import NoticeWriter
    from digest.render.press import Press
    from digest.sources.poll import PollResult

SCHEDULE = "the schedule"
"""Who acts when nobody gave the word."""


class App:
    """The parts of one installation, loaded and built when they are first needed.

    Most commands need few of them, and the processes that only send must stay small.
    ``path`` is the configuration file, with which more processes of ours can be started.
    ``actor`` is in whose name things are done, for the log.
    """

    def __init__(
        self,
        config: Configuration,
        *,
        clock: Clock,
        stop: threading.Event,
        path: Path | None = None,
        actor: str = SCHEDULE,
    ) -> None:
        self.config = config
        self.clock = clock
        self.stop = stop
        self.path = path
        self.actor = actor
        self.database = Database(config.database)
        self._composers: dict[tuple[int, ...], Composer] = {}  # at most one

    def close(self) -> None:
        """Give back what was opened."""
        self.database.close()

    def acting_for(self, actor: str) -> "App":
        """Return the same parts, in the name of somebody else."""
        other = copy(self)
        other.actor = actor
        return other

    @property
    def newsletter(self) -> str:
        """The name under which the database keeps this newsletter."""
        return self.config.newsletter.slug

    @property
    def zone(self) -> ZoneInfo:
        """The newsletter's time zone."""
        return ZoneInfo(self.config.schedule.zone)

    def local(self, moment: datetime) -> str:
        """Write a moment in the newsletter's zone, for people."""
        return f"{moment.astimezone(self.zone):%a %d %b %Y %H:%M}"

    @cached_property
    def state(self) -> Path:
        """This machine's folder for locks and the secret."""
        folder = Path(self.config.app.state)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @cached_property
    def processes(self) -> Processes:
        """The locks by which processes of this machine know of each other's end."""
        return Processes(self.state / "processes")

    @cached_property
    def keyring(self) -> Keyring:
        """The keys that sign links and hash addresses; the first one signs."""
        own = self.config.app
        return load_keyring(own.secret, old=own.old_secrets, path=self.state / "secret")

    @cached_property
    def client(self) -> "Client":
        """The one guarded web client."""
        from digest.http import Client

        return Client(self.config.http, clock=self.clock)

    @property
    def carrier(self) -> Carrier:
        """The way letters leave, where no other is said."""
        return self.carriers[MAIN]

    @cached_property
    def carriers(self) -> Mapping[str, Carrier]:
        """All ways by name."""
        return carriage.carriers_of(self.config, clock=self.clock, failpoint=self.failpoint)

    def carrier_called(self, name: str) -> Carrier:
        """One of the ways."""
        return self.carriers[name]

    @property
    def leaves_machine(self) -> bool:
        """Whether a carrier hands letters to another machine."""
        return carriage.leaves_machine(self.config)

    @cached_property
    def sender(self) -> Sender:
        """What works off the ledger; refuses to start where letters cannot be written or signed."""
        self_test(sign=self.signer.sign if self.signer else None)
        return Sender(
            self.database,
            carrier=self.carrier,
            settings=self.config.delivery,
            clock=self.clock,
            stop=self.stop,
            processes=self.processes,
            pace=self.pace,
            traffic=self.traffic,
            failpoint=self.failpoint,
        )

    @cached_property
    def traffic(self) -> Traffic:
        """Which letters go which way, and when."""
        gate = Gate(hours=self.config.hours, warm_up=self.config.warmup, zone=self.zone)
        return carriage.traffic_of(self.config, carriers=self.carriers, gate=gate)

    @cached_property
    def failpoint(self) -> Failpoint | None:
        """Where this process has to die, for a test."""
        return carriage.failpoint_of(self.config)

    @cached_property
    def post_office(self) -> "PostOffice":
        """What hands over notices. Refuses to start on a Python whose mail headers are unsafe."""
        from digest.delivery.notices import PostOffice

        self_test()
        return PostOffice(
            self.database,
            build=lambda: self.carrier,
            stand_ins=[partial(self.carrier_called, name) for name in self.config.failover.to],
            write=self.notice_writer.write,
            retry=self.config.delivery.retry,
            clock=self.clock,
            stop=self.stop,
        )

    @cached_property
    def notice_writer(self) -> "NoticeWriter":
        """What writes notices; the operator's templates win over the shipped ones."""
        from digest.render.notices import NoticeWriter

        folder = self.config.app.templates
        return NoticeWriter(
            newsletter=self.config.newsletter,
            sender=self.config.sender,
            web=self.config.web,
            schedule=self.config.schedule,
            signup=self.config.signup,
            keyring=self.keyring,
            theme=self.composer.theme,
            folder=Path(folder) if folder else None,
            sign=self.signer.sign if self.signer else None,
        )

    @cached_property
    def pace(self) -> Pace:
        """What keeps all senders together below the rates that were set."""
        return carriage.pace_of(self.config, database=self.database)

    def crew(self, *command: str) -> Crew | None:
        """Return what runs a command of ours in child processes; None where none can be started.

        They see the configuration and the time that we see.
        """
        if self.path is None or carriage.is_in_memory(self.config):
            return None
        options = ["--config", str(self.path.absolute()), "--json"]
        if self.clock.offset:
            options += ["--at", self.clock.now().isoformat()]
        if logging.getLogger().isEnabledFor(logging.DEBUG):
            options += ["--verbose"]
        return Crew(command=[*options, *command], clock=self.clock, stop=self.stop)

    @cached_property
    def fleet(self) -> "Fleet":
        """The queue that workers on any machine work off; an extra brings what it needs."""
        try:
            from digest.delivery.fleet import Fleet
        except ImportError as error:
            raise ConfigurationError(
                f"[engine] kind = 'fleet' needs a package that is missing ({error.name});"
                " run: pip install weekly-digest[fleet]"
            ) from error
        return Fleet(
            self.database,
            settings=self.config.engine,
            clock=self.clock,
            stop=self.stop,
            lease=self.config.delivery.lease_seconds,
            marks=self.keyring.mailbox_keys("no mailbox, but all machines of one fleet"),
        )

    @property
    def composer(self) -> "Composer":
        """What renders an issue; the operator's templates win over the shipped ones.

        Jinja2 sees by itself that a template was changed. A theme's tokens are read when it is
        loaded, so it is loaded anew after a change of them: the console can make one.
        """
        from digest.render.compose import Composer
        from digest.render.theme import load_theme, tokens_changed

        name = self.config.email.theme
        folder = Path(self.config.app.templates) if self.config.app.templates else None
        changed = tokens_changed(name, folder=folder)
        if changed not in self._composers:
            theme = load_theme(name, folder=folder, salutation=self.config.email.salutation)
            self._composers.clear()
            self._composers[changed] = Composer(
                theme=theme,
                settings=self.config.email,
                schedule=self.config.schedule,
                public_url=self.config.web.public_url,
            )
        return self._composers[changed]

    @cached_property
    def press(self) -> "Press":
        """What renders an issue even when the operator's templates cannot be rendered."""
        from digest.render.compose import Composer
        from digest.render.press import Press
        from digest.render.theme import load_theme

        shipped = Composer(
            theme=load_theme(EmailSettings().theme),
            settings=self.config.email,
            schedule=self.config.schedule,
            public_url=self.config.web.public_url,
        )
        return Press(own=lambda: self.composer, shipped=lambda: shipped)

    def compose(self, issue: Issue, *, recent: Collection[str] = ()) -> tuple[ComposedIssue, ...]:
        """Render the whole issue in every language; no ``recent`` subject comes again."""
        return tuple(
            self.press.compose(issue, language=language, recent=recent)
            for language in self.config.email.languages
        )

    def lint(self, issue: Issue, composed: ComposedIssue) -> "tuple[Finding, ...]":
        """Check one rendered variant."""
        from digest.render.lint import lint

        return tuple(lint(issue, composed))

    def personalisers(
        self, edition: Edition, issue: Issue, variants: Mapping[int, Variant]
    ) -> Mapping[int, Personaliser]:
        """Compile the frozen variants into letters with open slots, by the variants' ids.

        Dated when the edition was frozen, so that every retry gives the same bytes.
        """
        sign = self.signer.sign if self.signer else None
        web = self.config.web
        links = {
            Slot.UNSUBSCRIBE_URL: self._linker(web.unsubscribe_url, Purpose.UNSUBSCRIBE),
            Slot.MANAGE_URL: self._linker(web.ask_url, Purpose.ASK),
            Slot.PAUSE_URL: self._linker(web.pause_url, Purpose.PAUSE),
        }

        with self.database.read() as session:
            counted = clicks.links_of(session, edition.id, public_url=web.public_url)

        def compiled(variant: Variant) -> Personaliser:
            return Personaliser(
                ComposedIssue(
                    language=variant.language,
                    subject=variant.subject,
                    html=clicking.html_with(variant.html, counted),
                    text=clicking.text_with(variant.text, counted),
                ),
                issue=issue,
                sender=self.config.sender,
                return_path=self.return_path.address,
                public_url=self.config.web.public_url,
                links=links,
                dated=edition.frozen_at or self.clock.now(),
                zone=self.zone,
                sign=sign,
            )

        return Moulds(variants, make=compiled)

    @cached_property
    def return_path(self) -> ReturnPath:
        """What writes the addresses to which bounces go, and knows them again."""
        return ReturnPath(domain=self.config.sender.return_domain, keyring=self.keyring)

    @cached_property
    def signer(self) -> Signer | None:
        """What signs letters (DKIM); None when that is left to a relay."""
        if not self.config.dkim.is_on:
            return None
        try:
            from digest.mail.keys import load_signer
        except ImportError as error:
            raise ConfigurationError(
                f"[dkim] needs a package that is missing ({error.name});"
                " run: pip install weekly-digest[dkim]"
            ) from error
        return load_signer(self.config.dkim, domain=self.config.sender.domain)

    def unsubscribe_url(self, subscriber_id: int) -> str:
        """Return the address at which one reader leaves."""
        token = self.keyring.sign(subscriber_id, purpose=Purpose.UNSUBSCRIBE)
        return self.config.web.unsubscribe_url(token)

    def _linker(self, page: Callable[[str], str], purpose: Purpose) -> Callable[[int], str]:
        """Return what makes a reader's own address of a page; every letter needs some."""
        start, sign = page(""), self.keyring.signer(purpose)
        return lambda subscriber_id: f"{start}{sign(subscriber_id)}"

    def poll(
        self,
        *,
        names: Iterable[str] | None,
        due_only: bool,
        report: "Callable[[PollResult], None]",
    ) -> "list[PollResult]":
        """Ask the sources; the parsing children live only as long as that."""
        from digest.sources.guard import Parser
        from digest.sources.poll import poll

        with Parser(self.config.parser) as parser:
            return poll(
                self.database,
                client=self.client,
                parser=parser,
                now=self.clock.now,
                settings=self.config.sources,
                watch=self.config.watch,
                recipes=self.config.recipes,
                processes=self.processes,
                due_only=due_only,
                names=list(names) if names is not None else None,
                report=report,
                stop=self.stop,
            )
