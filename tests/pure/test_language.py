"""How the language of a post is told from its text and from what is stated."""
# ruff: noqa: RUF001 - letters of other scripts look like Latin ones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.posts.language import detect, direction, language_of

SENTENCES = {
    "ar": "لماذا نقلنا قاعدة البيانات إلى خادم جديد وكيف تعلمنا من الأخطاء",
    "cs": "Proč jsme přesunuli naši databázi na nový server a co jsme se při tom naučili.",
    "da": "Hvorfor vi flyttede vores database til en ny server, og hvad vi lærte af det.",
    "de": "Warum wir unsere Datenbank auf einen neuen Server umziehen und was dabei geschah.",
    "el": "Γιατί μεταφέραμε τη βάση δεδομένων μας σε νέο διακομιστή",
    "en": "Why we moved our database to a new server, and what we have learned from it.",
    "es": "Por qué movimos nuestra base de datos a otro servidor y lo que aprendimos con ello.",
    "fa": "چرا پایگاه داده را به سرور تازه بردیم و از این کار چه یاد گرفتیم",
    "fi": "Miksi siirsimme tietokannan uudelle palvelimelle ja mitä me siitä opimme.",
    "fr": "Pourquoi nous avons déplacé notre base de données et ce que nous en avons appris.",
    "he": "למה העברנו את מסד הנתונים לשרת חדש",
    "hi": "हमने अपना डेटाबेस नए सर्वर पर क्यों भेजा और इस से क्या सीखा है",
    "hu": "Miért költöztettük át az adatbázist egy új szerverre, és mit tanultunk meg ebből.",
    "id": "Mengapa kami memindahkan basis data ke server baru dan apa yang kami pelajari dari itu.",
    "it": "Perché abbiamo spostato la nostra base di dati e che cosa abbiamo imparato da questo.",
    "ja": "データベースを新しいサーバーに移した理由と、そこから学んだこと",
    "ko": "데이터베이스를 새 서버로 옮긴 이유와 배운 점",
    "nl": "Waarom wij onze database naar een nieuwe server verhuizen en wat we ervan leren.",
    "no": "Hvorfor vi flyttet databasen til en ny tjener, og hva vi har lært av det.",
    "pl": "Dlaczego przenieśliśmy naszą bazę danych na nowy serwer i czego się nauczyliśmy.",
    "pt": "Por que mudamos o nosso banco de dados para outro servidor e o que aprendemos com isso.",
    "ro": "De ce am mutat baza de date pe un server nou și ce am învățat din asta în acest an.",
    "ru": "Почему мы перенесли базу данных на новый сервер и чему научились",
    "sk": "Prečo sme presunuli našu databázu na nový server a čo sme sa pri tom naučili.",
    "sv": "Varför vi flyttade vår databas till en ny server och vad vi lärde oss av det.",
    "th": "ทำไมเราย้ายฐานข้อมูลไปยังเซิร์ฟเวอร์ใหม่",
    "tr": "Veritabanını neden yeni bir sunucuya taşıdık ve bundan çok şey öğrendik.",
    "uk": "Чому ми перенесли базу даних на новий сервер і чого навчилися",
    "ur": "ہم نے ڈیٹا بیس کو نئے سرور پر کیوں منتقل کیا اور اس سے کیا سیکھا",
    "vi": "Vì sao chúng tôi chuyển cơ sở dữ liệu sang máy chủ mới và những gì đã học được.",
    "zh": "我们为什么把数据库迁移到新的服务器，以及我们学到了什么",
}


@pytest.mark.parametrize(("language", "text"), SENTENCES.items())
def test_a_sentence_shows_its_language(language: str, text: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "🎉",
        "Kubernetes Operator Internals",
        "Introducing Quokka Pro",
        "Terraform v2.1.0",
        "東京電力決算",  # Chinese or Japanese
        "K3s traefik ingress: k3s 1.2 사용",  # a Korean note that is nearly all names
        "Защо местим базата данни на нов сървър и какво научихме",  # Bulgarian: unknown here
    ],
)
def test_a_text_that_shows_too_little_is_left_open(text: str) -> None:
    assert detect(text) is None


def test_names_of_products_do_not_hide_the_language_around_them() -> None:
    assert detect("Kubernetes와 Terraform으로 배포하는 방법") == "ko"
    assert detect("PostgreSQLのVACUUMとautovacuumの仕組み") == "ja"
    assert detect("Das Deployment mit Kubernetes und Helm ist nicht immer einfach") == "de"


def test_quoted_words_of_another_script_do_not_make_the_language() -> None:
    text = "The word kaizen (改善) is one that we use for what we do every week in our team, "
    text += "and what it means has changed a lot since the first of these meetings"
    assert detect(text) == "en"


@pytest.mark.parametrize(
    ("title", "summary", "stated", "language"),
    [
        # The page around it is in German, the post is not.
        ("Cold Reads", "Why the cache is slow and what we did about it.", ["de"], "en"),
        # A headline alone is not sure of itself.
        ("Snapshot Isolation Internals", None, ["de", "en"], "de"),
        ("Snapshot Isolation Internals", None, [None, "", "ja"], "ja"),
        ("Snapshot Isolation Internals", None, [], None),
        # What is stated more exactly than the text can show stays.
        ("Cold Reads", "Why the cache is slow and what we did about it.", ["en_GB"], "en-GB"),
        ("Cold Reads", "Why the cache is slow and what we did about it.", ["de", "en-US"], "en-US"),
        # Nynorsk and Bokmål are both Norwegian.
        ("Databasen", SENTENCES["no"], ["nb-NO"], "nb-NO"),
        # A language that has no such letters is a mistake of the template.
        ("東京電力決算", None, ["en", "ja"], "ja"),
        ("東京電力決算", None, ["en"], None),
        ("Защо местим базата данни", None, ["en", "bg"], "bg"),
    ],
)
def test_a_sure_text_beats_what_is_stated_and_an_unsure_one_takes_it(
    title: str, summary: str | None, stated: list[str | None], language: str | None
) -> None:
    assert language_of(title=title, summary=summary, stated=stated) == language


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "ltr"),
        ("de-AT", "ltr"),
        ("ar", "rtl"),
        ("fa-IR", "rtl"),
        ("he", "rtl"),
        ("ur_PK", "rtl"),
        ("ur-Latn", "ltr"),
        ("az-Arab-IR", "rtl"),
        ("", "ltr"),
    ],
)
def test_a_language_has_a_direction(language: str, expected: str) -> None:
    assert direction(language) == expected


@given(st.text(max_size=300))
def test_no_text_breaks_the_detector(text: str) -> None:
    found = detect(text)
    assert found is None or found in SENTENCES
    assert language_of(title=text, summary=None, stated=["en"]) in {found, "en", None}


@given(st.sampled_from(sorted(SENTENCES)), st.integers(min_value=1, max_value=6))
def test_a_language_is_never_taken_for_another_when_its_text_is_cut(
    language: str, words: int
) -> None:
    text = " ".join(SENTENCES[language].split()[:words])
    assert detect(text) in {language, None}
