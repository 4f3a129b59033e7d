"""What an element is to a reader, told by its name, class names and attributes; pure.

Themes disagree about everything but words: Ghost's ``post-card-title``, WordPress's
``entry-title``, a block theme's ``wp-block-post-title`` and a CSS module's ``BlogCard_title__x7f``
all hold the word "title". So the known markups are one vocabulary, not a list of themes.
"""

import re

from digest.sources.element import Element, vocabulary, words_in

HEADINGS = vocabulary("h1 h2 h3 h4 h5 h6")

TITLE = vocabulary("title headline heading subject")
CARD = vocabulary(
    "post posts entry entries article articles card hentry blog story archive feed item teaser"
    " episode news"
)
DATE = vocabulary(
    "date time published updated posted created timestamp datetime datepublished pubdate day"
    " calendar"
)
EXCERPT = vocabulary(
    "excerpt summary description desc teaser snippet deck dek abstract preview intro subtitle"
    " standfirst lede lead blurb subheading"
)
CONTENT = vocabulary("content body text prose markdown articlebody story")
TAGS = vocabulary(
    "tag tags category categories cat cats topic topics label labels badge badges chip chips"
    " pill pills taxonomy kicker eyebrow keywords terms articlesection hashtag rubrik rubrique"
    " kategorie schlagwort marke"
)
AUTHOR = vocabulary("author authors byline creator writer by autor")
PERSON = AUTHOR | {"avatar"}
MORE = vocabulary("more readmore continue")
META = vocabulary("meta metadata info footer details comments share social stats views")

_SIDE_TAGS = vocabulary("nav footer aside form dialog button select label")
_SIDE = vocabulary(
    "related recommended popular trending newsletter subscribe subscription signup cookie cookies"
    " consent comments breadcrumb breadcrumbs crumbs share sharing social ads sponsor sponsors"
    " promo"
)
_LAYOUT = vocabulary(  # the content may be wrapped in them as well: "content-sidebar-wrap"
    "sidebar widgets nav navbar navigation menu pagination pager paging paginate toc tagcloud modal"
    " popup footer toolbar dropdown search blogroll colophon"
)
_NAVIGATION = vocabulary("navigation contentinfo complementary search dialog banner")
# WordPress names its sidebars so; page builders call every part of a page "x-widget".
_WIDGET = re.compile(r"widget(?:$|_)|(?:.*-)?widget-area$")
# What a post is about is no part of the page: "post tag-newsletter", "hentry category-search".
_TAXONOMY = re.compile(r"(?:category|post_tag|tag|topic)-")
_WORD_BREAK = re.compile(r"[-_]+")

_LABEL_PATHS = r"tags?|categor(?:y|ies)|topics?|labels?|tagged|schlagwort|kategorie|sujet|etiqueta"
_LABEL_LINK = re.compile(
    rf"(?:^|/)(?:{_LABEL_PATHS})/?[/#][^/?#]|[?&](?:tag|category)=", re.IGNORECASE
)
_AUTHOR_LINK = re.compile(
    r"(?:^|/)(?:authors?|people|writers?|users?|members?)/(?!log-?in|register|sign|password)[^/?#]|/@[\w.-]+/?(?:\?|$)",
    re.IGNORECASE,
)
_ARCHIVE_LINK = re.compile(  # but /archives/123 is a post of WordPress, by its number
    r"(?:^|/)(?:series/[^/?#]|archives?/(?!\d+/?(?:$|[?#]))[^/?#])", re.IGNORECASE
)
_PAGING = re.compile(r"/page/\d+/?$|[?&](?:page|paged)=\d+$|/page\d+/?$", re.IGNORECASE)
_ADDRESS = re.compile(r"^(?:https?:|//|/|\.|\?|[^:#]+(?:[/?#]|$))", re.IGNORECASE)
_TOOL = re.compile(
    r"/(?:intent/|(?:sharer?|shareArticle|submit)(?:\.php)?/?\?|pin/create|wp-login|wp-admin"
    r"|cdn-cgi/)|replytocom|/(?:rss|feed)/?$"
    r"|/(?:(?:un)?subscribe|sign-?up|sign-?in|log-?in|checkout|cart|donate)/?(?:$|\?)"
    r"|\.(?:xml|rss|atom|json|png|jpe?g|gif|svg|webp|zip|css|js)$",
    re.IGNORECASE,
)
_NO_POST = vocabulary("tag author category next prev home license")
_ON = re.compile(
    r"^\W*(?:(?:read|continue|keep|mehr|weiter|lire|leer|leggi|ler|lees|more|full|view|see|learn)"
    r"(?!\w)|weiterlesen|阅读|閱讀|続き|もっと|더|читать|далее|ادامه|اقرأ|المزيد|$)",
    re.IGNORECASE,
)
_ON_LENGTH = 40  # characters


def has(element: Element, role: frozenset[str]) -> bool:
    """Whether one of these words is among the element's names."""
    return not role.isdisjoint(element.names)


def is_beside(element: Element) -> bool:
    """Whether the element holds nothing of the page's list, but stands around it."""
    if element.beside is None:
        plain = not element.attributes and element.tag != "form"  # as most elements are
        element.beside = element.tag in _SIDE_TAGS if plain else _stands_beside(element)
    return element.beside


def _stands_beside(element: Element) -> bool:
    if element.get("role") in _NAVIGATION:
        return True
    words = element.names
    if any(map(_TAXONOMY.match, element.classes)):
        words = words_in(name for name in element.classes if not _TAXONOMY.match(name))
    if "id" in element.attributes:
        words = words.union(_WORD_BREAK.split(element.get("id").lower()))
    if element.tag == "form":
        return not _is_most_of_page(element)
    if element.tag in _SIDE_TAGS:
        return not (element.tag == "aside" and "featured" in words)
    is_content = element.tag in {"html", "body", "main", "article"} or "main" in words
    if is_content or element.get("role") in {"main", "feed"} or _is_most_of_page(element):
        return False  # "sidebar-right" may be how the page is laid out
    if not _SIDE.isdisjoint(words):
        return True
    is_widget = any(_WIDGET.match(name) for name in element.classes)
    return (is_widget or not _LAYOUT.isdisjoint(words)) and not _holds_content(element)


def _is_most_of_page(element: Element) -> bool:
    return 2 * (element.end - element.start) > len(element.order)


def _holds_content(element: Element) -> bool:
    return any(inner.tag in {"main", "article"} for inner in element.elements())


def is_outside(element: Element) -> bool:
    """Whether the element, or one around it, stands beside the page's list."""
    return is_beside(element) or any(is_beside(around) for around in element.ancestors())


def may_lead_to_post(anchor: Element) -> bool:
    """Whether a link could be a post's: no fragment, mail, share button, tag or next page."""
    href = anchor.get("href").strip()
    if not _ADDRESS.match(href) or not _NO_POST.isdisjoint(anchor.get("rel").lower().split()):
        return False
    path = href.partition("?")[0].partition("#")[0]
    elsewhere = (_LABEL_LINK, _AUTHOR_LINK, _ARCHIVE_LINK)
    return not (
        _TOOL.search(href) or _PAGING.search(href) or any(p.search(path) for p in elsewhere)
    )


def is_label_link(anchor: Element) -> bool:
    """Whether a link leads to a tag or category."""
    rel = anchor.get("rel").lower().split()
    return "tag" in rel or "category" in rel or bool(_LABEL_LINK.search(anchor.get("href")))


def is_author(element: Element) -> bool:
    """Whether an element is called an author, or a user's name, or says that it is a person."""
    kind = element.get("typeof") or element.get("itemtype")  # RDFa, microdata
    return (
        has(element, AUTHOR)
        or {"user", "name"} <= element.names
        or kind.endswith((":Person", "/Person"))
    )


def is_author_link(anchor: Element) -> bool:
    """Whether a link leads to all posts of one author."""
    rel = anchor.get("rel").lower().split()
    return "author" in rel or bool(_AUTHOR_LINK.search(anchor.get("href")))


def leads_on(anchor: Element) -> bool:
    """Whether a link says no more than "Read more" in some language, or only an arrow."""
    shown = anchor.text
    return len(shown) <= _ON_LENGTH and (has(anchor, MORE) or bool(_ON.match(shown)))


def is_pill(element: Element) -> bool:
    """Whether utility classes draw a small box with round corners: a label."""
    classes = element.classes
    return any(name.startswith("rounded") for name in classes) and any(
        name.startswith("px-") for name in classes
    )
