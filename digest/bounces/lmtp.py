"""Takes mail from the mail server of this machine, by LMTP (RFC 2033); it never answers any."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session

from digest.bounces.receive import LARGEST
from digest.errors import BusyError

log = logging.getLogger(__name__)

Take = Callable[[bytes, Sequence[str]], object]
"""Takes in a mail and its recipients; whatever it raises leaves the mail with the server."""


class _Door:
    """What aiosmtpd asks at each step of a conversation."""

    def __init__(self, take: Take) -> None:
        self._take = take

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        _server: LMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Take one recipient: with more of them the answers after the dot would be several."""
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient at a time"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: LMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take the mail; what is no bounce is taken, too, since an answer could begin a loop."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        try:
            await asyncio.to_thread(self._take, content, tuple(envelope.rcpt_tos))
        except Exception as error:
            log.error(  # noqa: TRY400 - the trace is for -v
                "a mail could not be taken in (%s); the mail server keeps it",
                type(error).__name__,
                exc_info=log.isEnabledFor(logging.DEBUG),
            )
            return "451 4.3.0 not now"
        return "250 2.0.0 taken"


class _Server(LMTP):
    """Takes lines of any length: a refusal would make a bounce of a bounce."""

    line_length_limit = LARGEST


def listen(
    take: Take, *, host: str, port: int, stop: threading.Event, ready: Callable[[int], None]
) -> None:
    """Listen until ``stop`` is set; ``ready`` is told the port.

    Raises `BusyError` when the address is taken.
    """
    asyncio.run(_listen(take, host=host, port=port, stop=stop, ready=ready))


async def _listen(
    take: Take, *, host: str, port: int, stop: threading.Event, ready: Callable[[int], None]
) -> None:
    loop = asyncio.get_running_loop()
    door = _Door(take)
    try:
        server = await loop.create_server(
            lambda: _Server(door, data_size_limit=LARGEST, hostname="digest", loop=loop), host, port
        )
    except OSError as error:
        raise BusyError(
            f"LMTP cannot start on {host}:{port} ({error.strerror}); see [bounces] lmtp_port"
        ) from error
    async with server:
        ready(int(server.sockets[0].getsockname()[1]))
        await asyncio.to_thread(stop.wait)
