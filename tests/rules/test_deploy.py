"""What we ship for machines agrees with the program: commands, ports, paths, settings, limits."""

import json
import re
import shlex
import threading
import tomllib
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import typer

from digest.accounts.passwords import Passwords
from digest.app import App
from digest.cli import output
from digest.cli.main import app as program
from digest.clock import Clock
from digest.config import every_setting, load
from digest.service import site_of
from digest.web.console.mount import build_console
from digest.web.guard import LONGEST_BODY

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
TIMERS = sorted((DEPLOY / "systemd").glob("*.timer"))
NGINX = (DEPLOY / "nginx" / "digest.conf").read_text(encoding="utf-8")
CADDY = (DEPLOY / "caddy" / "Caddyfile").read_text(encoding="utf-8")
CONTAINER = (DEPLOY / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
COMPOSE = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
DEFAULTS = {setting.path: setting.default for setting in every_setting()}
WALL = re.compile("Protect|Private|Restrict(?!ed)|ReadWrite|NoNew|Lock|Capab|SystemCall|UMask")
PORT = DEFAULTS["web", "port"]
MEGABYTE = {"k": 1_000, "m": 1_000_000, "kb": 1_000, "mb": 1_000_000}


def unit(path: Path) -> dict[str, str]:
    """Return the service of a unit, by key."""
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign] # keys of units have capitals
    parser.read(path, encoding="utf-8")
    return dict(parser["Service"])


def said(keyword: str) -> list[str]:
    """Return what each instruction of this name in the Containerfile says."""
    return re.findall(rf"^{keyword} +(.+)$", CONTAINER, re.MULTILINE)


def command_of(words: list[str]) -> Any:
    """Follow a command line through the groups of commands; fails where one is unknown."""
    command: Any = typer.main.get_command(program)
    known = {name for one in command.params for name in one.opts}
    for word in words:
        if word.startswith("-"):
            assert word in known, f"no option {word} in {words}"
        elif below := getattr(command, "commands", None):
            assert word in below, f"no command {word} in {words}"
            command = below[word]
            known |= {name for one in command.params for name in one.opts}
    return command


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_there_is(path: Path) -> None:
    words = shlex.split(unit(path)["ExecStart"])
    if words[0] == "/bin/sh":
        words = shlex.split(words[2].removeprefix("exec "))
    assert words[0] == "/srv/digest/bin/digest"
    assert callable(command_of(words[1:]).callback)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_may_write_where_it_works_and_knows_our_exit_codes(path: Path) -> None:
    service = unit(path)
    assert service["ReadWritePaths"] == service["WorkingDirectory"] == "/srv/digest"
    given_up = service.get("RestartPreventExitStatus", "").split()
    assert given_up in ([], [str(output.USAGE), str(output.NEEDS_PERSON)])
    assert service.get("SuccessExitStatus", str(output.IN_PART)) == str(output.IN_PART)


def test_every_unit_stands_behind_the_same_walls() -> None:
    walls = [{key: value for key, value in unit(path).items() if WALL.match(key)} for path in UNITS]
    assert walls[0]["ProtectSystem"] == "strict"
    assert all(one == walls[0] for one in walls)


def test_a_timer_rings_for_a_unit_and_the_guide_names_units_that_there_are() -> None:
    names = {path.name for path in (*UNITS, *TIMERS)}
    assert {path.with_suffix(".service").name for path in TIMERS} <= names
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    named = set(re.findall(r"digest-\w+\.(?:service|timer)", guide))
    assert named
    assert named <= names


@pytest.mark.parametrize("text", [NGINX, CADDY], ids=["nginx", "caddy"])
def test_a_proxy_speaks_to_the_port_we_listen_on(text: str) -> None:
    assert set(re.findall(r"127\.0\.0\.1:(\d+)", text)) == {str(PORT)}
    assert DEFAULTS["web", "host"] == "127.0.0.1"


@pytest.mark.parametrize("text", [NGINX, CADDY], ids=["nginx", "caddy"])
def test_a_proxy_lets_through_what_we_take_and_little_more(text: str) -> None:
    sizes = re.findall(r"(?:client_max_body_size|max_size) +(\d+)(\w+)", text)
    usual, upload = sorted(int(number) * MEGABYTE[unit.lower()] for number, unit in sizes)
    assert LONGEST_BODY < usual < 3 * LONGEST_BODY
    assert upload - DEFAULTS["console", "upload_bytes"] in range(100_000, 2_000_000)


@pytest.mark.filterwarnings("ignore:Duplicate Operation ID")  # nobody reads these names
def test_a_proxy_names_addresses_that_there_are(tmp_path: Path) -> None:
    app = App(load(_configured(tmp_path)), clock=Clock(), stop=threading.Event())
    console = build_console(app, guest=None, passwords=Passwords())
    addresses = {*site_of(app).openapi()["paths"], *console.openapi()["paths"]}
    app.close()
    for exact in (*re.findall(r"location = (\S+)", NGINX), *re.findall(r"path (\S+)", CADDY)):
        assert exact in addresses
    (stream,) = re.findall(r"location ~ (\S+)", NGINX)
    assert any(re.search(stream, address) for address in addresses)
    (asked,) = re.findall(r"127\.0\.0\.1:\d+(/\w+)", CONTAINER)
    assert asked in addresses


def test_the_container_is_made_of_what_there_is() -> None:
    for copied in said("COPY"):
        if not copied.startswith("--from"):
            *sources, _ = copied.split()
            assert all((ROOT / source).exists() for source in sources), copied
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (postgres,) = project["optional-dependencies"]["postgres"]
    (installed,) = re.findall(r'"psycopg\[binary\]([^"]+)"', CONTAINER)
    assert postgres.endswith(f"]{installed}")
    (image,) = {said_.split()[0] for said_ in said("FROM")}
    assert (
        f"Programming Language :: Python :: {image.split(':')[1].split('-')[0]}"
        in (project["classifiers"])
    )


def test_the_container_listens_where_it_says_and_starts_a_command_that_there_is() -> None:
    assert said("EXPOSE") == [str(PORT)]
    assert f"127.0.0.1:{PORT}/" in CONTAINER
    (words,) = said("CMD")[-1:]
    assert command_of(json.loads(words)).name == "serve"
    assert re.findall(r"ports: (.+)", COMPOSE) == [f'["127.0.0.1:{PORT}:{PORT}"]']
    (place,) = said("VOLUME")
    assert re.findall(r"volumes: \[\"\w+:(.+)\"\]", COMPOSE) == [place]
    (file,) = re.findall(r"dockerfile: (.+)", COMPOSE)
    assert (ROOT / file).samefile(DEPLOY / "Containerfile")


def test_each_variable_is_one_of_a_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [word for line in said("ENV") for word in line.split()]
    given = dict(word.split("=", 1) for word in words if word.startswith("DIGEST_"))
    assert given.pop("DIGEST_CONFIG") == "/data/config.toml"
    given |= dict(re.findall(r"^ +(DIGEST_\w+): '(.+)'$", COMPOSE, re.MULTILINE))
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    config = load(_configured(tmp_path))  # it refuses a variable that it does not know
    assert config.web.host == "0.0.0.0"  # noqa: S104 - inside the container
    assert "172.16.0.0/12" in config.web.trusted_proxies


def _configured(folder: Path) -> Path:
    path = folder / "config.toml"
    path.write_text("", encoding="utf-8")
    return path
