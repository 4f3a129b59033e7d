"""An export as rows with line numbers, whatever its encoding, separator or dialect."""

import codecs
import csv
import io
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from subscribers.errors import TransferError
from subscribers.formats import Layout, recognise

Rows = Iterator[tuple[int, list[str]]]
"""The line on which each row begins, and its cells."""

_PIECE = 1 << 20  # bytes read at a time
_LONGEST_CELL = 1 << 20  # characters; more is a quote that was opened and never closed
_LONGEST_ROW = 100  # lines of one row; more is such a quote too
_SAMPLE = 1_000  # bytes that tell UTF-16 without a mark, and what is no text
_NO_TEXT = bytes({*range(32)} - {*b"\t\n\v\f\r\x1b"})  # one byte in twenty, and it is no text
_UNMARKED = ("utf-8", "cp1252")
_JSON = re.compile(r"\s*(?:\{|\[\s*[{\]])")
_SEPARATORS = ",;\t|"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FIRST_OBJECTS = 100  # of a JSON file: their keys are its columns


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """An opened export: what it is, and its rows, which are read while they are asked for.

    ``path``, ``name`` and ``asked`` are those it was opened with, ``size`` is in bytes.
    """

    path: Path
    name: str
    asked: str | None
    size: int
    layout: Layout
    encoding: str
    rows: Rows
    share_read: Callable[[], float]  # from 0 to 1, a little ahead of the rows


@contextmanager
def open_sheet(path: Path, *, name: str = "", asked: str | None = None) -> Iterator[Sheet]:
    """Open an export of any tool, as CSV, JSON, JSON lines or one address per line.

    UTF-8, UTF-16 and Windows-1252 are told apart. ``name`` is what the file was called, where the
    path does not say it, and ``asked`` the format that a person has named. Raises `TransferError`
    for a file that is none of these, and `OSError` for one that cannot be read.
    """
    with path.open("rb") as file:
        encoding = _encoding_of(file)
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        with io.TextIOWrapper(file, encoding=encoding, newline="") as text:
            layout, rows = _rows_of(text, file=name or path.name, asked=asked)
            yield Sheet(
                path=path,
                name=name,
                asked=asked,
                size=size,
                layout=layout,
                encoding=encoding,
                rows=rows,
                share_read=lambda: file.tell() / max(size, 1),
            )


def _encoding_of(file: BinaryIO) -> str:
    """Read the whole file once: one odd byte near its end would stop an import half way."""
    start = file.read(_PIECE)
    marked = [encoding for mark, encoding in _MARKS if start.startswith(mark)]
    if not marked:
        marked = _without_mark(start[:_SAMPLE])
    for encoding in marked or _UNMARKED:
        odd = _first_odd(file, encoding)
        if odd is None:
            return encoding
        line, others_are = odd
        if others_are or encoding != "utf-8":
            break
    raise TransferError(
        f"line {line} is not {encoding.upper()}, as the rest of the file seems to be: save it as"
        " UTF-8 again. Nothing was imported"
    )


def _without_mark(sample: bytes) -> list[str]:
    """Return the form of UTF-16 that the beginning of a file shows, if any.

    Every other byte of Latin text is NUL in UTF-16. Raises `TransferError` for what is no text.
    """
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if (even + odd) * 3 > len(sample) and min(even, odd) * 10 < max(even, odd):
        return ["utf-16-be" if even > odd else "utf-16-le"]
    if len(sample.translate(None, _NO_TEXT)) * 20 < len(sample) * 19:
        raise TransferError(
            "this is no text file: save the list as CSV, in UTF-8. Nothing was imported"
        )
    return []


def _first_odd(file: BinaryIO, encoding: str) -> tuple[int, bool] | None:
    """Return the first line that cannot be decoded, and whether one before it holds an accent."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    line, is_plain = 1, True
    while True:
        piece = file.read(_PIECE)
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            before = error.object[: error.start]
            return line + before.count(b"\n"), not (is_plain and before.isascii())
        if not piece:
            return None
        is_plain = is_plain and text.isascii()
        line += text.count("\n")


def _rows_of(text: io.TextIOWrapper, *, file: str, asked: str | None) -> tuple[Layout, Rows]:
    raw = _json_rows(text) if _begins_json(text) else _csv_rows(text)
    first = next(raw, None)
    if first is None:
        raise TransferError("the file is empty")
    second = next(raw, None)
    layout, is_header = recognise(first[1], second[1] if second else (), file=file, asked=asked)
    kept = [second] if second else []
    return layout, itertools.chain(kept if is_header else [first, *kept], raw)


def _begins_json(text: io.TextIOWrapper) -> bool:
    begins = text.read(_SAMPLE)
    text.seek(0)
    return _JSON.match(begins) is not None


def _csv_rows(text: io.TextIOWrapper) -> Rows:
    """Read separated cells; blank rows are passed over."""
    first = text.readline()
    skipped = 0
    if first.lower().startswith("sep=") and len(first.strip()) == len("sep=") + 1:
        separator, skipped = first[4], 1
    else:
        separator = max(_SEPARATORS, key=_outside_quotes(first).count)
        text.seek(0)
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(text, delimiter=separator)
    began = 0
    try:
        for row in reader:
            line, began = began + 1, reader.line_num
            if began - line > _LONGEST_ROW:
                raise TransferError(_unclosed(line + skipped))
            if any(row):
                yield line + skipped, row
    except csv.Error:
        raise TransferError(_unclosed(began + 1 + skipped)) from None


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _unclosed(line: int) -> str:
    return (
        f'line {line} opens a quote (") that is not closed, so what follows cannot be told apart:'
        " mend it there and import the file again"
    )


def _json_rows(text: io.TextIOWrapper) -> Rows:
    """Read an array of objects, or one object per line; the keys make the first row."""
    objects = _objects(text)
    first = list(itertools.islice(objects, _FIRST_OBJECTS))
    header = list(dict.fromkeys(key for _, one in first for key in one))
    yield 1, header
    for line, one in itertools.chain(first, objects):
        yield line, [_cell(one.get(key)) for key in header]


def _objects(text: io.TextIOWrapper) -> Iterator[tuple[int, Mapping[str, Any]]]:
    decoder = json.JSONDecoder()
    buffer, line = "", 1
    while True:
        piece = text.read(_PIECE)
        buffer += piece
        at = 0
        while True:
            start = at
            while start < len(buffer) and buffer[start] in "[,] \t\r\n":
                start += 1
            line += buffer.count("\n", at, start)
            at = start
            if at == len(buffer):
                break
            try:
                one, end = decoder.raw_decode(buffer, at)
            except json.JSONDecodeError:
                break  # it may go on in the next piece
            if not isinstance(one, dict):
                raise TransferError(f"line {line} is not an object with an address in it")
            yield line, one
            line += buffer.count("\n", at, end)
            at = end
        buffer = buffer[at:]
        if not piece or len(buffer) > _LONGEST_CELL + _PIECE:
            if buffer.strip():
                raise TransferError(f"line {line} is no JSON that can be read")
            return


def _cell(value: Any) -> str:
    """Write a JSON value as its cell in a CSV file would be."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(_cell, _plain(value)))
    return value if isinstance(value, str) else json.dumps(value)


def _plain(values: Sequence[Any]) -> list[Any]:
    """Take the names of tags that are objects with a name (Ghost, Kit)."""
    return [value.get("name", "") if isinstance(value, dict) else value for value in values]
