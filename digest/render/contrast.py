"""Whether colours can be read on each other: the contrast ratio of WCAG 2.2."""

from collections.abc import Iterator, Mapping

from digest.render.theme import Colour

LEAST = 4.5  # WCAG 2.2, success criterion 1.4.3
_GROUNDS = ("page", "card", "tint")
_ON_BUTTON = "btnink"


def contrast(one: str, other: str) -> float:
    """Return the ratio of two colours written #rrggbb, from 1 (equal) to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def too_faint(colours: Mapping[str, Mapping[str, Colour]]) -> Iterator[str]:
    """Say of each text colour of a theme where it cannot be read, in light and in dark."""
    for name, text in colours["text"].items():
        for ground in ("btn",) if name == _ON_BUTTON else _GROUNDS:
            fill = colours["fill"][ground]
            for scheme, pair in (
                ("light", (text.light, fill.light)),
                ("dark", (text.dark, fill.dark)),
            ):
                ratio = contrast(*pair)
                if ratio < LEAST:
                    yield (
                        f"text {name} on {ground} has a contrast of {ratio:.1f} in {scheme};"
                        f" {LEAST} is the least that can be read"
                    )


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)  # noqa: PLR2004 - the curve of sRGB
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
