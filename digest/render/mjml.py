"""MJML to HTML, with the traps of the compiler closed."""

from mjml import mjml2html

from digest.errors import TemplateError

_DOCTYPE = "<!doctype html>"


def to_html(source: str, *, name: str, words: str = "what this template writes") -> str:
    """Compile MJML; ``name`` is the template that wrote it, ``words`` say what it is about.

    No web fonts, no includes. The doctype is written in capitals because premailer drops it
    otherwise (premailer#156), and with it standards mode. Raises `TemplateError`.
    """
    try:
        html = mjml2html(source, fonts={})
    except ValueError as error:
        raise TemplateError(
            f"MJML cannot read {words} ({error}); look for an unclosed tag, an"
            " attribute without quotes or a bare '<'",
            name=name,
        ) from error
    return html.replace(_DOCTYPE, _DOCTYPE.replace("doctype", "DOCTYPE"), 1)
