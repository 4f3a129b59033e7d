"""Writes our own style rules into the elements; the only file that knows premailer."""

import logging
import re

_KEEP = ' data-premailer="ignore"'


def inline(html: str, *, css: str) -> str:
    """Return ``html`` with ``css`` inlined and its own style blocks untouched.

    Without the marks premailer drops the dark rules for Outlook.com and inlines the compiler's
    resets into every cell; it may neither fetch nor read files.
    """
    from premailer import Premailer  # noqa: PLC0415 - it brings lxml and requests along

    marked = re.sub(r"<style\b", f"<style{_KEEP}", html)
    premailer = Premailer(
        marked,
        css_text=css,
        keep_style_tags=True,
        strip_important=False,
        remove_classes=False,
        disable_validation=True,
        disable_leftover_css=True,
        disable_basic_attributes=["width", "height", "bgcolor", "align", "valign"],
        exclude_pseudoclasses=True,
        disable_link_rewrites=True,
        preserve_internal_links=True,
        align_floating_images=False,
        allow_network=False,
        allow_loading_external_files=False,
        cssutils_logging_handler=logging.NullHandler(),
        cssutils_logging_level=logging.CRITICAL,
    )
    inlined: str = premailer.transform()
    return inlined.replace(_KEEP, "")
