"""Which script a text is written in, and which language its letters give away."""

import re
from collections.abc import Mapping

# Shares of another script in a text: up to the first it is quoted, from the second it is the prose.
_QUOTED, _PROSE = 0.06, 0.2
_LETTERS_PER_SIGN = {"han": 3, "kana": 2, "hangul": 2}  # what a sign says in Latin letters

_LETTERS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(f"[{ranges}]")
    for name, ranges in {
        "latin": "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff",
        "kana": "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fd-\u30ff\uff66-\uff9d",
        "han": "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff",
        "hangul": "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3",
        "arabic": "\u0620-\u064a\u0671-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06ff\u0750-\u077f",
        "cyrillic": "\u0400-\u052f",
        "hebrew": "\u05d0-\u05ea",
        "greek": "\u0370-\u03ff\u1f00-\u1fff",
        "thai": "\u0e01-\u0e3a\u0e40-\u0e4d",
        "devanagari": "\u0904-\u0939\u0958-\u0961",
    }.items()
}
_LANGUAGES: Mapping[str, frozenset[str]] = {
    script: frozenset(languages.split())
    for script, languages in {
        "kana": "ja",
        "han": "ja yue zh",
        "hangul": "ko",
        "arabic": "ar ckb fa ku ps sd ug ur",
        "cyrillic": "be bg kk ky mk mn ru sr tg tt uk uz",
        "hebrew": "he iw yi",
        "greek": "el",
        "thai": "th",
        "devanagari": "hi mr ne sa",
    }.items()
}

# Signs of Chinese that modern Japanese does not write, simplified and traditional. A long text
# without Kana is Chinese in any case; a headline may be Japanese.
_CHINESE = re.compile(
    "[这们个吗呢吧你她它么让说为时间问题际货组织经济发开关电业产变网络库设计测试订阅东车书长门应总战术还对过动"
    "样种进现实這們嗎麼讓與將對發關變總數樣點經爲啲咗]"
)
_SURELY_CHINESE = 30  # signs
_KANA_IN_JAPANESE = 0.15

# Letters that only some languages of a script have; those of still others make us say nothing.
_URDU = re.compile("[\u0679\u0688\u0691\u06ba\u06d2\u06d3\u06c1]")
_PERSIAN = re.compile("[\u067e\u0686\u0698\u06af\u06a9\u06cc]")
_ARABIC = re.compile("[\u0629\u0649\u0643\u064a\u0623\u0625]")
_OTHER_ARABIC = re.compile("[\u0695\u06b5\u06ce\u06c6\u069a\u0681\u0693\u06ab\u067c\u0689]")
_UKRAINIAN = re.compile("[\u0456\u0457\u0454\u0491]")
_RUSSIAN = re.compile("[\u044b\u044d\u0451]")
_BULGARIAN = re.compile("\u044a|\\b(?:\u0435|\u0441\u0435)\\b")
_OTHER_CYRILLIC = re.compile("[\u045e\u0452\u0458\u0459\u045a\u045b\u045f\u04d9\u0493\u049b]")
_RUSSIAN_WORD = re.compile(r"\b(?:\u0438|\u0441|\u0447\u0442\u043e|\u043a\u0430\u043a)\b")
_HINDI = re.compile(r"(?<!\S)(?:है|हैं|में|के|की|का|को|से|और)(?!\S)")


def script_of(text: str) -> str | None:
    """Return the script of the prose ("latin", "han"), or None without letters or for a mixture.

    Korean articles are full of English names, so a fifth of another script makes the prose.
    """
    said = {
        name: count * _LETTERS_PER_SIGN.get(name, 1)
        for name, count in _count(text).items()
        if count
    }
    total = sum(said.values())
    foreign = total - said.pop("latin", 0)
    if foreign <= _QUOTED * total:
        return "latin" if total else None
    return max(said, key=lambda name: said[name]) if foreign >= _PROSE * total else None


def can_be_written(language: str, *, script: str | None) -> bool:
    """Whether a language may have such letters; Latin ones stand in titles of every language."""
    return script in {None, "latin"} or language in _LANGUAGES[script or ""]


def language_by_letters(text: str, *, script: str) -> str | None:
    """Return the language of a text in another script than Latin, or None when it is unsure."""
    if script in {"han", "kana"}:
        return _chinese_or_japanese(text)
    if script == "arabic":
        return _of_arabic_letters(text)
    if script == "cyrillic":
        return _of_cyrillic_letters(text)
    if script == "devanagari":
        return "hi" if _HINDI.search(text) else None
    return {"hangul": "ko", "hebrew": "he", "greek": "el", "thai": "th"}.get(script)


def _count(text: str) -> Mapping[str, int]:
    if text.isascii():
        return {"latin": sum(map(str.isalpha, text))}
    return {name: len(letters.findall(text)) for name, letters in _LETTERS.items()}


def _chinese_or_japanese(text: str) -> str | None:
    kana, han = (len(_LETTERS[script].findall(text)) for script in ("kana", "han"))
    if kana >= _KANA_IN_JAPANESE * (kana + han):
        return "ja"
    return "zh" if han >= _SURELY_CHINESE or _CHINESE.search(text) else None


def _of_arabic_letters(text: str) -> str | None:
    if _OTHER_ARABIC.search(text):
        return None
    if _URDU.search(text):
        return "ur"
    persian, arabic = len(_PERSIAN.findall(text)), len(_ARABIC.findall(text))
    if persian == arabic:
        return None
    return "fa" if persian > arabic else "ar"


def _of_cyrillic_letters(text: str) -> str | None:
    if _OTHER_CYRILLIC.search(text):
        return None
    russian, ukrainian = len(_RUSSIAN.findall(text)), len(_UKRAINIAN.findall(text))
    if russian > 2 * ukrainian:
        return "ru"
    if ukrainian > 2 * russian:
        return "uk"
    plain = not ukrainian and not _BULGARIAN.search(text)
    return "ru" if plain and _RUSSIAN_WORD.search(text) else None
