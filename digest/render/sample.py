"""An invented issue that uses every part of the templates, to try them on."""

from dataclasses import replace
from datetime import date

from digest.editions.issue import Also, Earlier, Issue, IssuePost, NewsletterSettings, Surplus

_BLOGS = ("Plain Systems", "Field Log", "Schaltplan")
_TOPICS = ("Storage", "Operations", "Networking")
_TITLES = (
    "Counting Cold Reads",
    "Snapshots at Noon — What a Busy Hour Does to Copy-on-Write",
    "The Second Replica Is Never Read",
    "Who Paged Whom: Ten Months of Alerts, Sorted by Whether Anybody Did Anything About Them",
    "Runbooks That Run",
    "if (a < b && c > d) { {{ 7 * 7 }} } </mj-text>",
    "What the Load Balancer Forgot",
    "Notes on a Retransmission (2026)",
    "ذاكرة لا تنسى",
    "Was ein Pufferspeicher verschweigt",
)
_SUMMARY = "A year of disk traces. One setting explains half of them, and it costs nothing."

_WORST_POSTS, _LONGEST_TITLE = 88, 201

_ABROAD = {
    "ذاكرة لا تنسى": ("ar", "سنة من القياسات. إعداد واحد يفسر نصفها."),
    "Was ein Pufferspeicher verschweigt": ("de", "Drei Messungen, zwei davon falsch."),
}


def sample_issue(newsletter: NewsletterSettings, *, posts: int = 10) -> Issue:
    """Return issue 24 of Friday, 12 June 2026, with this many posts of three blogs."""
    return Issue(
        newsletter=newsletter,
        period="2026-W24",
        number=24,
        day=date(2026, 6, 12),
        posts=tuple(_post(place) for place in range(posts)),
        surplus=(Surplus(source=_BLOGS[1], posts=4),),
        introduction="Two posts this week measure what a cache really saves.\n\nBoth find little.",
    )


def worst_issue(newsletter: NewsletterSettings) -> Issue:
    """Return an issue as hard as a week can be: 88 posts, titles of 201 characters, no summaries.

    Every fourth title is written from right to left, and some are one word without a break.
    """
    posts = tuple(replace(_bare(place), title=_long_title(place)) for place in range(_WORST_POSTS))
    return replace(sample_issue(newsletter), posts=posts, introduction=None)


def _bare(place: int) -> IssuePost:
    """Return a post of which little is known."""
    return replace(
        _post(place), summary=None, why=None, author=None, minutes=None, also=(), earlier=None
    )


def _long_title(place: int) -> str:
    """Return 201 characters: Arabic, one word, or many."""
    words = ("ذاكرة لا تنسى شيئا ", "Donaudampfschifffahrt", "How queues fill, and why ")
    piece = words[0] if place % 4 == 0 else words[1] if place % 11 == 1 else words[2]
    return (piece * _LONGEST_TITLE)[:_LONGEST_TITLE].rstrip().ljust(_LONGEST_TITLE, "…")


def _post(place: int) -> IssuePost:
    title = _TITLES[place % len(_TITLES)]
    language, summary = _ABROAD.get(title, ("en", _SUMMARY))
    post = IssuePost(
        post_id=place + 1,
        url=f"https://blog.example/2026/06/post-{place + 1}?from=feed&part=1",
        title=title,
        source=_BLOGS[place * 7 // 3 % len(_BLOGS)],
        summary=None if place % 7 == 3 else summary,  # noqa: PLR2004 - now and then one has none
        author="Jo Writer" if place % 4 == 1 else None,
        topic=None if place % 9 == 8 else _TOPICS[place // 4 % len(_TOPICS)],  # noqa: PLR2004 - nor a topic
        day=date(2026, 6, 8 + place % 4) if place % 3 else None,
        minutes=3 + place % 9 if place % 5 else None,
        language=language,
    )
    if place == 0:
        return replace(post, why="the only post this week with its raw data attached.")
    return _with_company(post) if place == 1 else post


def _with_company(post: IssuePost) -> IssuePost:
    also = Also(post_id=1001, url="https://blog.example/warm", title="Warm Reads", source=_BLOGS[2])
    earlier = Earlier(url="https://blog.example/2024/cold", title="Colder Reads", year=2024)
    return replace(post, also=(also,), earlier=earlier)
