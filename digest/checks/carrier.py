"""What to do about a carrier that does not answer as it should; pure."""

from digest.mail.outcome import Stage

_CURES = {
    Stage.CONNECT: "check host and port in [{at}], and that no firewall stands between",
    Stage.GREETING: "check port and helo_name in [{at}]; a port that begins with TLS, as 465,"
    ' needs security = "tls"',
    Stage.TLS: "set ca_file in [{at}] to the authority of the server's certificate, and host to"
    " the name that stands in it",
    Stage.AUTH: "set username and password in [{at}] to what the server knows; both empty where"
    " it asks for none",
}
_NO_STARTTLS = (
    'set [{at}] security to "tls" for a port that begins with TLS, as 465, or to "none" for a'
    " server on this machine"
)


def cure_of(trouble: str, *, name: str, kind: str) -> str:
    """Return what to change for what a carrier's check said, as "tls: ..."; empty: no idea.

    ``name`` is that of a section of ``[carriers]``, and empty for ``[carrier]``.
    """
    at = f"carriers.{name}.{kind}" if name else f"carrier.{kind}"
    stage = trouble.partition(":")[0]
    if stage == Stage.TLS and "STARTTLS" in trouble:
        return _NO_STARTTLS.format(at=at)
    return _CURES[Stage(stage)].format(at=at) if stage in _CURES else ""
