"""The configuration: one file that says all, and errors that say where and what to write."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from digest.config import Configuration, every_setting, load
from digest.errors import ConfigurationError

SHIPPED = Path(__file__).resolve().parents[2] / "config.toml"
CANARY = "canary-b2a1f0c9d8e7"
MakeFile = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("DIGEST_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def refusal(make_file: MakeFile) -> Callable[[str], str]:
    """Read a configuration that must be refused; return the error, the folder taken off."""

    def read(text: str) -> str:
        path = make_file("config.toml", text)
        with pytest.raises(ConfigurationError) as caught:
            load(path)
        return str(caught.value).replace(str(path), "config.toml")

    return read


def leaves(data: Mapping[str, Any], at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Name every value of a parsed file."""
    for key, value in data.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*at, key))
        else:
            yield (*at, key)


def values(config: Configuration) -> dict[str, Any]:
    """Flatten a configuration to its settings, the folder of the file taken off."""
    flat = {}
    for setting in every_setting():
        value: Any = config
        for part in setting.path:
            value = getattr(value, part)
        flat[".".join(setting.path)] = value
    return flat


def test_the_shipped_file_says_exactly_the_defaults() -> None:
    said = values(load(SHIPPED))
    defaults = values(Configuration())
    folder = SHIPPED.parent
    assert said.pop("app.state") == str(folder / defaults.pop("app.state"))
    assert said.pop("carrier.folder.path") == folder / defaults.pop("carrier.folder.path")
    url = defaults.pop("database.url").replace("sqlite:///", f"sqlite:///{folder}/")
    assert said.pop("database.url") == url
    assert said == defaults


def test_the_shipped_file_has_every_setting_once_in_order_and_nothing_else() -> None:
    said = list(leaves(tomllib.loads(SHIPPED.read_text(encoding="utf-8"))))
    wanted = [setting.path for setting in every_setting() if setting.default is not None]
    assert said == wanted


def test_a_setting_without_a_value_stands_in_the_shipped_file_as_a_comment() -> None:
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    empty = [setting.path[-1] for setting in every_setting() if setting.default is None]
    assert empty
    for key in empty:
        assert sum(line.startswith(f"# {key} = ") for line in lines) == empty.count(key)


def test_every_section_and_setting_of_the_shipped_file_stands_below_a_comment() -> None:
    above = ""
    for line in SHIPPED.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            # A comment may speak for the few keys that follow it at once, but not for a section.
            assert above.startswith("#") or (above and "[" not in (above[0], line[0])), line
        above = line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "[selection]\nper_source = 3\nper_isue = 3\n",
            "config.toml:3: [selection] per_isue is unknown; did you mean per_issue?",
            id="key",
        ),
        pytest.param(
            "[database]\n\n[selektion]\nper_source = 1\n",
            "config.toml:3: [selektion] is unknown; did you mean selection?",
            id="section",
        ),
        pytest.param(
            "[carrier]\nkind = 'smtp'\n\n[carrier.smtp]\n# a comment\nhots = 'x'\n",
            "config.toml:6: [carrier.smtp] hots is unknown; did you mean host?",
            id="nested table",
        ),
        pytest.param(
            "[delivery.retry]\nfirst = 3\n[delivery.retries]\n",
            "config.toml:2: [delivery.retry] first is unknown",
            id="nested twice",
        ),
        pytest.param(
            "[carrier]\nsmtp.hots = 'x'\n",
            "config.toml:2: [carrier.smtp] hots is unknown; did you mean host?",
            id="dotted key",
        ),
        pytest.param(
            'web.port = 1\n"selection"."per_isue" = 1\n',
            "config.toml:2: [selection] per_isue is unknown; did you mean per_issue?",
            id="quoted key",
        ),
        pytest.param(
            "[delivery]\nbatch = 3\nretry = {first_minutes = 1, pause = 3}\n",
            "config.toml:3: [delivery.retry] pause is unknown; known here: deadline_hours,",
            id="inline table",
        ),
        pytest.param(
            "[[delivery]]\nbatch = 3\n",
            "config.toml:1: [delivery] is a section: write [delivery] on a line above its keys",
            id="list of tables",
        ),
        pytest.param(
            "carrier = 'smtp'\n",
            "config.toml:1: [carrier] is a section",
            id="value for a section",
        ),
        pytest.param(
            "[newsletter]\nname = '''\nper_isue = 1\n'''\n[selection]\nper_isue = 1\n",
            "config.toml:6: [selection] per_isue is unknown",
            id="text that looks like a key",
        ),
        pytest.param(
            "[selection]\ninclude_tags = [\n  'a',\n  'b',\n]\nexclude_tags = [\n  1,\n]\n",
            "config.toml:6: [selection] exclude_tags has a wrong type: it takes a list of texts",
            id="list of several lines",
        ),
        pytest.param(
            "[delivery]\nbatch = '50'\n",
            "config.toml:2: [delivery] batch has a wrong type: it takes a whole number, at least 1",
            id="text for a number",
        ),
        pytest.param(
            "[web]\nport = true\n",
            "config.toml:2: [web] port has a wrong type",
            id="truth for a number",
        ),
        pytest.param(
            "[selection]\nexclude_words = 'ad'\n",
            "config.toml:2: [selection] exclude_words has a wrong type",
            id="text for a list",
        ),
        pytest.param(
            "[newsletter]\nname = 2026-06-12\n",
            "config.toml:2: [newsletter] name has a wrong value: it takes a text in quotes",
            id="date for a text",
        ),
        pytest.param(
            "[carrier.smtp]\nsecurity = 'ssl'\n",
            "config.toml:2: [carrier.smtp] security has a wrong type: it takes one of",
            id="a word that is no choice",
        ),
        pytest.param(
            "[web]\nport = {number = 3}\n",
            "config.toml:2: [web] port has a wrong type",
            id="table for a number",
        ),
    ],
)
def test_what_does_not_belong_is_named_with_its_line(
    text: str, message: str, refusal: Callable[[str], str]
) -> None:
    assert refusal(text).startswith(message)


def test_a_theme_and_a_language_of_ones_own_are_known(make_file: MakeFile) -> None:
    make_file("own/edition/mine/tokens.toml", "")
    make_file("own/locale/fr/mail.po", "")
    words = "[app]\ntemplates = 'own'\n[newsletter]\nlanguage = 'fr-CA'\n[email]\ntheme = 'mine'\n"
    config = load(make_file("config.toml", f"{words}languages = ['fr', 'de-AT', 'en']\n"))
    assert (config.email.theme, config.newsletter.language) == ("mine", "fr-CA")


def test_all_mistakes_are_told_at_once(refusal: Callable[[str], str]) -> None:
    told = refusal("[web]\nport = 'x'\nhots = 1\n[selection]\nper_isue = 1\n").splitlines()
    assert [line.split(" ")[0] for line in told] == [
        "config.toml:3:",
        "config.toml:5:",
        "config.toml:2:",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[web]\nport = 70000", "config.toml:2: [web] port = 70000 cannot work; it takes 0 to 65"),
        ("[carrier.smtp]\nport = 0", "config.toml:2: [carrier.smtp] port = 0 cannot work"),
        ("[delivery]\nconnections = 0", "config.toml:2: [delivery] connections = 0 cannot work"),
        ("[delivery]\nbatch = -1", "it takes at least 1"),
        ("[sources]\nper_host = 0", "[sources] per_host = 0 cannot work; it takes 1 to 100"),
        ("[sources]\ngap_seconds = -0.5", "[sources] gap_seconds = -0.5 cannot work"),
        ("[selection]\nper_source = -1", "[selection] per_source = -1 cannot work"),
        ("[selection]\nlate_days = 99999999", "[selection] late_days = 99999999 cannot work"),
        ("[http]\ndeadline = nan", "[http] deadline = nan cannot work"),
        ("[http]\ndeadline = inf", "[http] deadline = inf cannot work"),
        ("[parser]\nseconds = 0", "[parser] seconds = 0.0 cannot work"),
        ("[email]\nfull_posts = 0", "config.toml:2: [email] full_posts"),
        ("[app]\nsecret = 'short'", "config.toml:2: [app] secret is too short: it takes 24 char"),
        (
            "[email]\ntheme = 'weekli'",
            "config.toml:2: [email] theme = 'weekli' is no theme; did you mean weekly?",
        ),
        ("[email]\ntheme = ''", "[email] theme = '' is no theme; known here: compact, weekly"),
        (
            "[newsletter]\nlanguage = 'klingon'",
            "[newsletter] language names 'klingon', but the templates have no locale/klingon",
        ),
        ("[email]\nlanguages = ['en', 'xx']", "config.toml:2: [email] languages names 'xx'"),
        ("[email]\nlanguages = []", "config.toml:2: [email] languages is empty"),
        ("[schedule]\nlateness_hours = -1", "[schedule] lateness_hours = -1.0 cannot work"),
        ("[delivery.retry]\nfirst_minutes = -1", "config.toml:2: [delivery.retry] first_minutes"),
        ("[carrier.smtp.timeouts]\nconnect = 0", "[carrier.smtp.timeouts] connect = 0.0 cannot"),
        (
            "[database]\nbusy_timeout = -1",
            "[database] busy_timeout = -1.0 cannot work; it takes 0 to 86",
        ),
        (
            "[retention]\npending_days = 2",
            "pending_days = 2 cannot work; it takes 3 to 3,650",
        ),
        (
            "[retention]\nunasked_days = 4000",
            "unasked_days = 4000 cannot work; it takes 3",
        ),
        ("[api]\nrequests_per_minute = 0", "[api] requests_per_minute = 0 cannot work"),
        (
            "[console]\nidle_hours = 200",
            "idle_hours = 200 cannot work; it takes 1 to 168",
        ),
        ("[console]\ndays = 0", "[console] days = 0 cannot work; it takes 1 to 90"),
        ("[warmup]\ngrowth = 1.0", "growth = 1.0 cannot work; it takes more than 1, at most 10"),
        ("[warmup]\ngrowth = 10.5", "growth = 10.5 cannot work"),
        ("[database]\nurl = 'mysql://x'", "config.toml:2: [database] url is no address"),
        ("[database]\nurl = 'var/digest'", "config.toml:2: [database] url is no address"),
        (
            "[database]\nurl = 'postgresql+psycopg://u:p@h:port/n'",
            "config.toml:2: [database] url is no address",
        ),
        ("[newsletter]\nslug = ''", "config.toml:2: [newsletter] slug = '' takes small letters"),
        ("[newsletter]\nslug = 'a b'", "config.toml:2: [newsletter] slug = 'a b' takes"),
        ("[newsletter]\nname = ' '", "config.toml:2: [newsletter] name is empty"),
        ("[schedule]\nzone = 'Mars'", "config.toml:2: [schedule] zone = 'Mars' is no IANA time"),
        ("[schedule]\nzone = ''", "config.toml:2: [schedule] zone = '' is no IANA time zone"),
        ("[schedule]\ncron = 'often'", "config.toml:2: [schedule] cron = 'often' is no crontab"),
        ("[schedule]\n\ncron = '0 0 30 2 *'", "config.toml:3: [schedule] cron = '0 0 30 2 *' is"),
        (
            "[http]\nallow_networks = ['127.0.0.1:9911']",
            "[http] allow_networks: '127.0.0.1:9911' is no network; write it as 10.0.0.0/8",
        ),
        ("[console.oidc]\nallow_networks = ['10.0.0.1/8']", "'10.0.0.1/8' is no network; write it"),
        ('[http]\nuser_agent = "a\\nb"', "config.toml:2: [http] user_agent takes printable"),
        ("[carrier]\nkind = 'smpt'", "config.toml:2: [carrier] kind = 'smpt' does not exist; did"),
        ("[web]\npublic_url = 'example.org'", "config.toml:2: [web] public_url = 'example.org' is"),
        (
            "[sender]\nfrom_address = 'me'",
            "[sender] from_address = 'me': this is no address: it has no @",
        ),
        (
            "[carrier.smtp]\nhost = 'mail.example'\nusername = 'u'\nsecurity = 'none'",
            "config.toml:4: [carrier.smtp] security = 'none' would send the password in clear",
        ),
    ],
)
def test_a_value_with_which_nothing_would_work_is_refused(
    text: str, message: str, refusal: Callable[[str], str]
) -> None:
    assert message in refusal(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[web]\nport = \n", "config.toml:2: Invalid value (column 8)"),
        ("[web]\nport = 1\nport = 2\n", "config.toml:3: Cannot overwrite a value"),
        ("[web\n", "config.toml:1: "),
        ("[web]\nhost = '''\n\n", "config.toml:4: "),
    ],
)
def test_a_file_that_is_no_toml_is_refused_with_its_line(
    text: str, message: str, refusal: Callable[[str], str]
) -> None:
    assert refusal(text).startswith(message)


def test_a_missing_file_is_refused_with_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.toml cannot be read .*'digest init'"):
        load(tmp_path / "none.toml")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes("[newsletter]\nname = 'Café'\n".encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"config\.toml is not in UTF-8"):
        load(path)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes("[newsletter]\nname = 'Café'\n".encode("utf-8-sig"))
    assert load(path).newsletter.name == "Café"


def test_the_environment_wins_over_the_file(
    make_file: MakeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_file(
        "config.toml", "[selection]\nper_source = 3\nper_issue = 4\n[carrier.smtp]\nhost = 'a'\n"
    )
    monkeypatch.setenv("DIGEST_SELECTION__PER_SOURCE", "7")
    monkeypatch.setenv("DIGEST_DELIVERY__RETRY__FIRST_MINUTES", "0.5")
    monkeypatch.setenv("DIGEST_EMAIL__LANGUAGES", '["en", "de"]')
    monkeypatch.setenv("DIGEST_CARRIER__SMTP__SECURITY", "tls")
    monkeypatch.setenv("DIGEST_CARRIER__SMTP__CA_FILE", "ca.pem")
    config = load(path)
    assert (config.selection.per_source, config.selection.per_issue) == (7, 4)
    assert config.delivery.retry.first_minutes == 0.5
    assert config.email.languages == ("en", "de")
    assert (config.carrier.smtp.host, config.carrier.smtp.security) == ("a", "tls")
    assert config.carrier.smtp.ca_file == path.parent / "ca.pem"


def test_a_secret_may_come_from_a_file(
    make_file: MakeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_file("config.toml", "[carrier.smtp]\npassword = 'in the file'\nusername = 'u'\n")
    secret = make_file("secret", f"{CANARY}\n")
    old = make_file("old", f'["{CANARY}", "two"]\n')
    monkeypatch.setenv("DIGEST_CARRIER__SMTP__PASSWORD_FILE", str(secret))
    monkeypatch.setenv("DIGEST_APP__OLD_SECRETS_FILE", str(old))
    config = load(path)
    assert config.carrier.smtp.password == CANARY
    assert config.carrier.smtp.username == "u"
    assert config.app.old_secrets == (CANARY, "two")
    monkeypatch.setenv("DIGEST_CARRIER__SMTP__PASSWORD", "said outright")
    assert load(path).carrier.smtp.password == "said outright"  # noqa: S105 - a test's own


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "DIGEST_SELECTION__PER_SORCE",
            "1",
            "DIGEST_SELECTION__PER_SORCE is unknown; did you mean DIGEST_SELECTION__PER_SOURCE?",
        ),
        ("DIGEST_SELECTION", '{"per_source": 1}', "the variable DIGEST_SELECTION is unknown"),
        ("DIGEST_WEB__PORT", "many", "environment DIGEST_WEB__PORT: [web] port has a wrong value"),
        ("DIGEST_WEB__PORT", "many", "it takes a whole number, 0 to 65,535"),
        ("DIGEST_WEB__PORT", "70000", "environment DIGEST_WEB__PORT: [web] port = 70000 cannot"),
        ("DIGEST_EMAIL__LANGUAGES", "en,de", "environment DIGEST_EMAIL__LANGUAGES: [email] lang"),
        ("DIGEST_SCHEDULE__ZONE", "Mars", "environment DIGEST_SCHEDULE__ZONE: [schedule] zone"),
        (
            "DIGEST_CARRIER__SMTP__PASSWORD_FILE",
            CANARY,
            "PASSWORD_FILE names a file that cannot be read (No such file or directory)",
        ),
    ],
)
def test_a_wrong_variable_is_named(
    name: str,
    value: str,
    message: str,
    refusal: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, value)
    told = refusal("")
    assert message in told
    assert CANARY not in told


def test_relative_paths_are_below_the_file(make_file: MakeFile) -> None:
    path = make_file(
        "deep/config.toml",
        "[app]\ntemplates = 'mine'\n[database]\nurl = 'sqlite:///a.sqlite3'\n"
        "[carrier.smtp]\nca_file = '/etc/ca.pem'\n",
    )
    config = load(path)
    assert config.app.templates == str(path.parent / "mine")
    assert config.database.url == f"sqlite:///{path.parent}/a.sqlite3"
    assert config.carrier.smtp.ca_file == Path("/etc/ca.pem")
    assert load(make_file("b.toml", "")).app.templates == ""


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "digest", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("text", "environment", "message"),
    [
        ("[web]\nprot = 1\n", {}, "config.toml:2: [web] prot is unknown; did you mean port?"),
        ("[web]\nport = 'x'\n", {}, "config.toml:2: [web] port has a wrong type"),
        ("[web]\nport = -1\n", {}, "config.toml:2: [web] port = -1 cannot work"),
        ("[web\n", {}, "config.toml:1: "),
        ("", {"DIGEST_WEB__PROT": "1"}, "did you mean DIGEST_WEB__PORT?"),
        ("", {"DIGEST_APP__SECRET_FILE": "/none"}, "DIGEST_APP__SECRET_FILE names a file that"),
        ("", {"DIGEST_CONFIG": "none.toml"}, "none.toml cannot be read"),
    ],
)
def test_a_wrong_configuration_ends_the_command_with_2(
    text: str, environment: dict[str, str], message: str, make_file: MakeFile
) -> None:
    done = run(make_file("config.toml", text).parent, "audit", **environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_without_a_configuration_ends_the_command_with_2(tmp_path: Path) -> None:
    done = run(tmp_path, "audit")
    assert done.returncode == 2
    assert "there is no config.toml" in done.stderr
    assert "digest init" in done.stderr
