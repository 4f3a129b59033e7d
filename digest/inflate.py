"""Bounded decompression: a small body cannot become a large one."""

import io
import zlib
from collections.abc import Iterable

MAGIC = b"\x1f\x8b"
_GZIP = 16 + zlib.MAX_WBITS
_STEP = 65_536  # bytes unfolded at a time: a thousand times as much may lie in what is read at once


class TooLargeError(ValueError):
    """The content would grow beyond the limit."""


class DamagedError(ValueError):
    """The content is no gzip, or ends too early."""


def gunzip(chunks: Iterable[bytes], *, limit: int) -> bytes:
    """Return the content of a gzip stream, never holding more than ``limit`` bytes of it.

    Several members in a row are one content (RFC 1952, 2.2); padding behind the last is ignored.
    """
    engine = zlib.decompressobj(_GZIP)
    content = io.BytesIO()  # gives its content away without copying it
    for chunk in chunks:
        rest = chunk
        while rest:
            if engine.eof:
                if not rest.startswith(MAGIC):
                    return content.getvalue()
                engine = zlib.decompressobj(_GZIP)
            rest = _inflate(engine, rest, content, limit=limit)
    if not engine.eof:
        raise DamagedError("the compressed content was cut off")
    return content.getvalue()


def _inflate(engine: "zlib._Decompress", data: bytes, content: io.BytesIO, *, limit: int) -> bytes:
    """Add the next piece of what ``data`` unfolds to; return what is left of it."""
    try:
        content.write(engine.decompress(data, _STEP))
    except zlib.error as error:
        raise DamagedError(f"the content is no gzip ({error})") from error
    if content.tell() > limit:
        raise TooLargeError(f"the content unfolds to more than {limit} bytes")
    return engine.unconsumed_tail or engine.unused_data
