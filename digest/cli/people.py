"""The commands that move the list of readers in and out, and forget readers: of `subscriber`."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli import context
from digest.cli.given import to_read
from digest.cli.output import FAILED, IN_PART, OK
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.cli.context import Context
    from digest.transfer import Imported


def add_to(group: typer.Typer) -> None:
    """Add these commands to those about subscribers."""
    group.command("import")(import_)
    group.command()(export)
    group.command()(erase)


def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV, JSON or JSON lines; - reads standard input")],
    source: Annotated[
        str, typer.Option(help="Where and when these people agreed (kept as evidence)")
    ] = "",
    format: Annotated[  # noqa: A002 - the option's name
        str | None, typer.Option(help="mailchimp, substack, ghost, ... (default: by the headers)")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write what becomes of each row to this file, as CSV")
    ] = None,
    *,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Ask those who become pending to confirm, by mail")
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Do it; else only say what would be")
    ] = False,
) -> None:
    """Bring in the list of another tool; without --apply only say what would become of each row.

    Exports of Mailchimp, Substack, Ghost, Buttondown, listmonk, Kit, of this tool, and any other
    CSV or JSON with a column 'email'. Without --source everybody is only pending. No mail goes
    out, unless --confirm asks those who are pending. Who unsubscribed, bounced or complained here
    or there gets no issues. An import that was cut short is simply run again.

    JSON: {format, encoding, applied, accepted, pending, closed, known, refused, doubtful,
    lines: [{line, outcome, reason?, doubts: [doubt]}]}; the first lines that were refused or that
    a person may want to look at
    """
    from digest import transfer

    me = context.of(ctx)
    write = apply and not me.options.dry_run
    _refuse_format(format)
    with me.app() as app, _seekable(file) as path, me.out.progress("import", total=100) as step:
        job = transfer.Job(
            path=path,
            name=file.name,
            source=source,
            format=format,
            write=write,
            confirm=confirm,
            report=report,
        )
        done = transfer.import_people(app, job, step=step)
    _tell(me, done, applied=write, source=source, file=file)


def export(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Where to; default: stdout")] = None,
    *,
    lines: Annotated[
        bool, typer.Option("--jsonl", help="One JSON object per line instead of CSV")
    ] = False,
) -> None:
    """Write everybody with their consent, to be read by a spreadsheet or imported again.

    Cells that a spreadsheet would run as formulas begin with an apostrophe. The erased are left
    out.

    JSON: {subscribers, file}
    """
    from digest import transfer

    me = context.of(ctx)
    if file is None and me.options.json:
        raise UsageError("name a file: --json says how many were written, and the list is no JSON")
    with me.app() as app:
        if file is None:
            transfer.export_people(app, sys.stdout, as_json=lines)
            return
        if me.options.dry_run:
            transfer.refuse_existing(file)
            me.out.result({"subscribers": 0, "file": str(file)}, f"would write {file}")
            return
        with transfer.new_file(file) as out, me.out.progress("export", total=100) as step:
            count = transfer.export_people(app, out, as_json=lines, step=step)
    text = f"wrote {count:,} subscribers to {file}; it is full of addresses: keep it safe"
    me.out.result({"subscribers": count, "file": str(file)}, text)


def erase(
    ctx: typer.Context,
    address: Annotated[str, typer.Argument(help="Email address")],
    source: Annotated[str, typer.Option(help="Who asked for it, and when")] = "the operator",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
) -> None:
    """Forget somebody for good; no import and no form brings them back unless they sign up anew.

    Kept are a hash of their address, the dates, and the words they agreed to.

    JSON: {email, erased}
    """
    from digest import people, questions

    me = context.of(ctx)
    with me.app() as app:
        questions.person(app, address)
        erased = False
        if not me.options.dry_run:
            context.confirm(me, f"Forget {address} for good?", yes=yes)
            erased = people.erase_address(app, address, source=source)
    word = "is forgotten" if erased else "would be forgotten"
    if not erased and not me.options.dry_run:
        word = "was forgotten before"
    me.out.result({"email": address, "erased": erased}, f"{address} {word}")


def _refuse_format(name: str | None) -> None:
    from subscribers.formats import NAMES

    if name is not None and name not in NAMES:
        raise UsageError(f"--format {name!r} is unknown; it takes {', '.join(NAMES)}")


@contextmanager
def _seekable(file: Path) -> Iterator[Path]:
    """Give a file that can be read twice: what comes by standard input is kept for as long."""
    if str(file) != "-":
        yield to_read(file)
        return
    with NamedTemporaryFile(suffix=".csv") as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.flush()
        yield Path(copy.name)


def _tell(me: "Context", done: "Imported", *, applied: bool, source: str, file: Path) -> None:
    counts = {str(fate): count for fate, count in done.counts.items()}
    total = sum(counts.values())
    lines = [f"{file} looks like {done.format} ({done.encoding}), {total:,} rows"]
    lines += [f"  {counts.get(fate, 0):>9,}  {fate:<9} {_MEANING[fate]}" for fate in _MEANING]
    if done.doubtful:
        lines.append(f"  {done.doubtful:>9,}  worth a look (also counted above)")
    for one in done.notable:
        why = "; ".join(filter(None, (one.why, *one.doubts)))
        lines.append(f"  line {one.line}: {one.typed!r:.60} {one.fate}: {why}")
    if not source and counts.get("pending"):
        lines.append("Who agreed where and when? With --source they would be readers.")
    if applied:
        lines.append("Next: digest subscriber list")
    elif any(counts.get(fate) for fate in ("accepted", "pending", "closed")):
        lines.append("Nothing was written. Next: the same command with --apply")
    else:
        lines.append("Nothing was written, and nobody in this file would be added")
    code = OK
    if refused := counts.get("refused"):
        code = IN_PART if refused < total else FAILED
    data = {
        "format": done.format,
        "encoding": done.encoding,
        "applied": applied,
        **{fate: counts.get(fate, 0) for fate in _MEANING},
        "doubtful": done.doubtful,
        "lines": [
            {"line": one.line, "outcome": one.fate, "reason": one.why or None,
             "doubts": list(one.doubts)}
            for one in done.notable
        ],
    }  # fmt: skip
    me.out.result(data, "\n".join(lines), code=code)
    raise typer.Exit(code)


_MEANING = {
    "accepted": "become readers",
    "pending": "get no issues before they confirm",
    "closed": "left, bounced or complained there: noted, and get no mail",
    "known": "are on the list already; nothing changes",
    "refused": "are not taken",
}
