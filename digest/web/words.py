"""The words of the public pages: one table, every key in every language."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PageWords:
    """Every sentence of the public pages; names in braces are filled in."""

    language: str
    own_name: str
    all_issues: str
    unsubscribe_title: str
    unsubscribe_who: str
    unsubscribe_button: str
    unsubscribe_note: str
    done_title: str
    done_status: str
    done_status_erased: str
    undo_question: str
    undo_button: str
    undone_status: str
    no_return: str
    lost_title: str
    lost_text: str
    link_title: str
    link_text: str
    method_title: str
    method_text: str
    failed_title: str
    failed_text: str
    archive_title: str
    archive_empty: str
    archive_issue: str
    archive_post: str
    archive_posts: str
    withdrawn_title: str
    withdrawn_text: str
    date: str


ENGLISH = PageWords(
    language="en",
    own_name="English",
    all_issues="All issues",
    unsubscribe_title="Unsubscribe?",
    unsubscribe_who="{address} gets {newsletter}.",
    unsubscribe_button="Unsubscribe",
    unsubscribe_note="Without the button nothing happens.",
    done_title="You are unsubscribed",
    done_status="Done. {address} gets no more issues.",
    done_status_erased="Done. This address gets no more issues.",
    undo_question="By mistake?",
    undo_button="Undo",
    undone_status="Undone. {address} gets the next issue again.",
    no_return="To get issues again, ask for them with the address you used.",
    lost_title="There is no such page",
    lost_text="The address may have been cut off on its way. All issues are linked below.",
    link_title="This link does not work",
    link_text=(
        "A part of it seems to be missing. Open it from the email again, or copy it whole."
        " You can also reply to the issue with the word “unsubscribe”."
    ),
    method_title="This page cannot do that",
    method_text="Go back and use the button on the page.",
    failed_title="Something failed on our side",
    failed_text="Please try again in a few minutes. If you wanted to unsubscribe, do so once more.",
    archive_title="All issues",
    archive_empty="The first issue has not been sent yet.",
    archive_issue="Issue {number}",
    archive_post="{count} post",
    archive_posts="{count} posts",
    withdrawn_title="Issue {number} was withdrawn",
    withdrawn_text="It is no longer shown here. The other issues are.",
    date="d MMMM y",
)

GERMAN = PageWords(
    language="de",
    own_name="Deutsch",
    all_issues="Alle Ausgaben",
    unsubscribe_title="Abmelden?",
    unsubscribe_who="{address} bekommt {newsletter}.",
    unsubscribe_button="Abmelden",
    unsubscribe_note="Ohne den Knopf geschieht nichts.",
    done_title="Sie sind abgemeldet",
    done_status="Erledigt. {address} bekommt keine Ausgaben mehr.",
    done_status_erased="Erledigt. Diese Adresse bekommt keine Ausgaben mehr.",
    undo_question="Aus Versehen?",
    undo_button="Rückgängig machen",
    undone_status="Rückgängig gemacht. {address} bekommt die nächste Ausgabe wieder.",
    no_return="Um wieder Ausgaben zu bekommen, melden Sie sich mit Ihrer Adresse neu an.",
    lost_title="Diese Seite gibt es nicht",
    lost_text="Vielleicht wurde die Adresse unterwegs gekürzt. Unten geht es zu allen Ausgaben.",
    link_title="Dieser Link funktioniert nicht",
    link_text=(
        "Ein Teil davon scheint zu fehlen. Öffnen Sie ihn noch einmal aus der E-Mail oder kopieren"
        " Sie ihn ganz. Sie können auch auf die Ausgabe mit dem Wort „abmelden“ antworten."
    ),
    method_title="Das kann diese Seite nicht",
    method_text="Gehen Sie zurück und benutzen Sie den Knopf auf der Seite.",
    failed_title="Bei uns ist etwas schiefgegangen",
    failed_text=("Bitte versuchen Sie es in ein paar Minuten noch einmal, auch das Abmelden."),
    archive_title="Alle Ausgaben",
    archive_empty="Die erste Ausgabe ist noch nicht verschickt.",
    archive_issue="Ausgabe {number}",
    archive_post="{count} Beitrag",
    archive_posts="{count} Beiträge",
    withdrawn_title="Ausgabe {number} wurde zurückgezogen",
    withdrawn_text="Sie wird hier nicht mehr gezeigt. Die anderen Ausgaben schon.",
    date="d. MMMM y",
)

LANGUAGES = {words.language: words for words in (ENGLISH, GERMAN)}


def choose(asked: str | None, *, accepted: str, default: str) -> PageWords:
    """Choose the words: by what was asked for, by Accept-Language (RFC 9110 12.5.4), by default."""
    wishes = [asked or "", *_by_weight(accepted), default]
    for wish in wishes:
        words = LANGUAGES.get(wish.partition("-")[0].strip().lower())
        if words:
            return words
    return ENGLISH


def _by_weight(accepted: str) -> list[str]:
    weighted: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted[:500].split(",")):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.partition("=")[2] or 1)
        except ValueError:
            continue
        if quality > 0:
            weighted.append((-quality, place, tag))
    return [tag for _, _, tag in sorted(weighted)]
