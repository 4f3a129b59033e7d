"""The wheel is whole: installed and run from another folder, it needs nothing of the checkout."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEPENDENCIES = sysconfig.get_path("purelib")
pytestmark = pytest.mark.xdist_group("wheel")  # built once, by one worker


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
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment of its own; return its Python.

    The dependencies are lent by ours. A path that a `.pth` file adds has its own `.pth` files left
    alone, and so the one that leads from ours to the checkout does not count.
    """
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=True)
    (packages,) = folder.glob("lib/python3*/site-packages")
    (packages / "dependencies.pth").write_text(f"{DEPENDENCIES}\n", encoding="utf-8")
    flags = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    pip = [sys.executable, "-m", "pip", "install", *flags, "--target", str(packages), str(wheel)]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    if "No module named pip" in done.stderr:  # uv makes environments without it
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(packages)
    else:
        assert done.returncode == 0, done.stderr
    return folder / "bin" / "python"


def run(python: Path, *arguments: str, folder: Path) -> str:
    """Run that Python in a folder that is not the checkout; return what was printed."""
    assert not folder.is_relative_to(ROOT)
    done = subprocess.run(
        [python, *arguments],
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


def test_it_is_the_wheel_that_runs(python: Path, tmp_path: Path) -> None:
    script = "import digest, storage, subscribers as s; print(digest.__file__, storage, s)"
    told = run(python, "-c", script, folder=tmp_path)
    assert told.count(str(python.parents[1])) == 3
    assert str(ROOT / "digest") not in told


def test_it_makes_a_newsletter_from_another_folder(python: Path, tmp_path: Path) -> None:
    assert "New here?" in run(python, "-m", "digest", "--help", folder=tmp_path)
    run(python, "-m", "digest", "init", folder=tmp_path)
    shipped = (ROOT / "config.toml").read_text(encoding="utf-8")
    assert (tmp_path / "config.toml").read_text(encoding="utf-8") == shipped
    assert (tmp_path / "var" / "digest.sqlite3").is_file()
    assert "schema" in run(python, "-m", "digest", "migrate", folder=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.toml", "var"]


def test_it_shows_a_whole_week_from_another_folder(python: Path, tmp_path: Path) -> None:
    run(python, "-m", "digest", "demo", "--once", "--no-open", "-p", "0", folder=tmp_path)
    mails = list((tmp_path / "digest-demo" / "mail").glob("*.eml"))
    assert len(mails) == 5
    assert all(b"List-Unsubscribe-Post:" in path.read_bytes() for path in mails)
