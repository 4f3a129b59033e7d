"""The configuration of the demo, so that the other commands work in its folder too."""

PUBLIC_URL = "https://digest.example"


def settings_text(*, smtp_port: int) -> str:
    """Return the config.toml of a demo whose mailbox listens on this port."""
    return f"""\
# Written by `digest demo`. Try here:  digest issue list   digest audit   digest source list

[newsletter]
name = "The Weekly Dive"
tagline = "Engineering deep dives from five sample blogs"

[email]
languages = ["en", "de"]

[http]
allow_networks = ["127.0.0.0/8"]

[sources]
per_host = 5
gap_seconds = 0.0

[carrier]
kind = "smtp"

[carrier.smtp]
host = "127.0.0.1"
port = {smtp_port}
security = "none"

[web]
public_url = "{PUBLIC_URL}"

[app]
state = "."

[database]
url = "sqlite:///digest.sqlite3"
"""
