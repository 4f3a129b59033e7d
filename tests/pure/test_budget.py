"""The budget: what is said less, in which order, and with how few drawings."""

from press import issue, post

from digest.mail.quoted import encode
from digest.render.budget import fit, folded, steps
from digest.render.view import Detail


def test_lowest_ranked_cards_lose_their_words_first_and_the_lead_none() -> None:
    found = steps(cards=4, full=3)
    told = [(d.full, d.whole_summaries, d.numbers, d.named) for d in found]
    assert told == [
        (3, None, True, None),
        (3, 2, True, None),
        (3, 1, True, None),
        (2, 1, True, None),
        (1, 1, True, None),
        (1, 1, False, None),
        (1, 1, False, 3),
        (1, 1, False, 2),
        (1, 1, False, 1),
    ]


def test_an_issue_of_one_card_has_little_to_lose() -> None:
    assert [(d.full, d.numbers) for d in steps(cards=1, full=12)] == [(1, True), (1, False)]


def test_the_first_detail_that_fits_is_found_by_few_drawings() -> None:
    details = steps(cards=400, full=200)
    pages = {detail: "x" * (len(details) - place) for place, detail in enumerate(details)}
    sizes = {detail: len(encode(page)) for detail, page in pages.items()}
    drawings: list[Detail] = []

    def draw(detail: Detail) -> str:
        drawings.append(detail)
        return pages[detail]

    for budget in (10_000, 700, 450, 300, 3):
        drawings.clear()
        found = fit(draw, details, budget=budget)
        wanted = next((d for d in details if sizes[d] <= budget), details[-1])
        assert found.detail == wanted
        assert len(drawings) <= 12


def test_what_is_counted_only_counts_posts_and_not_cards() -> None:
    of = issue([post(n) for n in range(1, 6)])
    assert folded(of, Detail(named=2)) == 3
    assert folded(of, Detail()) == 0
