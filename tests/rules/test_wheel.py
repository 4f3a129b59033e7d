"""The wheel is whole: installed and run from another folder, it needs nothing of the checkout."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = sysconfig.get_path("purelib")
START = """\
import sys
sys.path[:0] = sys.argv[1:3]
import digest, storage, subscribers
for package in (digest, storage, subscribers):
    assert package.__file__.startswith(sys.argv[1]), package.__file__
del sys.argv[1:3]
from digest.cli.main import main
main()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, without a network and without an environment of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a folder of its own."""
    folder = tmp_path_factory.mktemp("installed")
    flags = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    pip = [sys.executable, "-m", "pip", "install", *flags, "--target", str(folder), str(wheel)]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    if "No module named pip" in done.stderr:  # uv makes environments without it
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    else:
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Give a folder that is not the checkout."""
    assert not tmp_path.is_relative_to(ROOT)
    return tmp_path


def run(installed: Path, *arguments: str, folder: Path) -> str:
    """Run the installed command in a folder; return what it printed."""
    # -I and -S: no path file leads to the checkout; PYTHONPATH and the folder are not looked at.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", START, str(installed), TOOLS, *arguments],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if not k.startswith(("DIGEST_", "PYTHON"))},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_wheel_carries_all_that_is_needed_and_no_tests(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for package in ("storage", "subscribers", "digest"):
        assert f"{package}/py.typed" in names
    assert "digest/shipped/config.toml" in names
    assert "digest/migrations/env.py" in names
    assert any(name.startswith("digest/migrations/versions/m0001") for name in names)
    for folder in ("templates", "digest/demo/content", "digest/demo/pages"):
        inside = f"digest/shipped/{folder}" if folder == "templates" else folder
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert f"{inside}/{path.relative_to(ROOT / folder)}" in names
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "storage",
        "subscribers",
        "digest",
    }
    assert not [name for name in names if Path(name).name.startswith(("test_", "conftest"))]


def test_the_wheel_says_its_license_and_its_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        read = {Path(n).name: archive.read(n).decode() for n in archive.namelist() if "-info/" in n}
    assert "License-Expression: MIT" in read["METADATA"]
    assert "digest = digest.cli.main:main" in read["entry_points.txt"]
    assert "MIT" in read["LICENSE"]


def test_it_makes_a_newsletter_from_another_folder(installed: Path, elsewhere: Path) -> None:
    assert "New here?" in run(installed, "--help", folder=elsewhere)
    run(installed, "init", folder=elsewhere)
    shipped = (ROOT / "config.toml").read_text(encoding="utf-8")
    assert (elsewhere / "config.toml").read_text(encoding="utf-8") == shipped
    assert (elsewhere / "var" / "digest.sqlite3").is_file()
    assert "schema" in run(installed, "migrate", folder=elsewhere)
    assert sorted(path.name for path in elsewhere.iterdir()) == ["config.toml", "var"]


def test_it_shows_a_whole_week_from_another_folder(installed: Path, elsewhere: Path) -> None:
    run(installed, "demo", "--once", "--no-open", "-p", "0", folder=elsewhere)
    mails = list((elsewhere / "digest-demo" / "mail").glob("*.eml"))
    assert len(mails) == 5
    assert all(b"List-Unsubscribe-Post:" in path.read_bytes() for path in mails)
