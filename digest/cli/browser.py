"""Takes pictures of pages with the Chromium of this machine, when there is one."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from digest.errors import UsageError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    "--virtual-time-budget=2000",
)
_TALLEST = 16_000  # pixels; Chromium paints no more
_FIRST_HEIGHT = 1_000
_SECONDS = 60
# The page is framed, so that it is as narrow as a phone whatever the smallest window is.
_FRAME = """<!DOCTYPE html><html><head><meta charset="utf-8"><style>
html,body{{margin:0;background:#fff}}iframe{{border:0;display:block;width:{width}px;height:{height}px}}
</style></head><body><iframe id="mail" src="{page}"></iframe><script>
addEventListener("load", () => {{
  const mail = document.getElementById("mail").contentDocument.documentElement;
  document.title = "height " + mail.scrollHeight;
}});
</script></body></html>"""


def find_browser() -> str:
    """Return the path of a Chromium; raises `UsageError` when there is none."""
    for name in _NAMES:
        if path := shutil.which(name):
            return path
    raise UsageError(
        "a picture needs Chromium, and there is none on this machine: install it"
        " (apt install chromium), or leave --png out and open the page in your own browser"
    )


def take_picture(html: str, *, width: int, path: Path) -> None:
    """Write a picture of a page, all of it, ``width`` pixels wide, as PNG.

    Raises `UsageError` without a browser, `OSError` when it fails.
    """
    browser = find_browser()
    with tempfile.TemporaryDirectory(prefix="digest-") as name:
        folder = Path(name)
        page = folder / "mail.html"
        page.write_text(html, encoding="utf-8")
        frame = folder / "frame.html"
        frame.write_text(_FRAME.format(width=width, height=_FIRST_HEIGHT, page=page.name), "utf-8")
        height = _height(_run(browser, folder, "--dump-dom", frame.as_uri()))
        frame.write_text(_FRAME.format(width=width, height=height, page=page.name), "utf-8")
        picture = folder / "picture.png"
        _run(
            browser,
            folder,
            f"--screenshot={picture}",
            f"--window-size={width},{height}",
            frame.as_uri(),
        )
        if not picture.exists():
            raise OSError(f"{browser} took no picture; run it by hand to see why")
        path.write_bytes(picture.read_bytes())


def _height(dom: str) -> int:
    found = re.search(r"<title>height (\d+)</title>", dom)
    return min(int(found[1]), _TALLEST) if found else _TALLEST


def _run(browser: str, folder: Path, *arguments: str) -> str:
    flags = [*_FLAGS, "--allow-file-access-from-files", f"--user-data-dir={folder / 'profile'}"]
    if os.geteuid() == 0:  # its sandbox does not work for root
        flags.append("--no-sandbox")
    try:
        done = subprocess.run(  # noqa: S603 - the browser found above, on files of ours
            [browser, *flags, *arguments],
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            text=True,
            errors="replace",
        )
    except subprocess.TimeoutExpired as error:
        raise OSError(f"{browser} did not finish in {_SECONDS} seconds") from error
    return done.stdout
