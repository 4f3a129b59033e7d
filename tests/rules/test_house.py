"""The rules of the house that no other tool checks, over every file that git knows."""

import ast
import configparser
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("storage", "subscribers", "digest")
LONGEST_FILE, LONGEST_FUNCTION = 400, 40  # lines


def tracked(*patterns: str) -> list[Path]:
    """List the files of the project, new ones included, ignored ones not."""
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "-z",
    ]
    listed = subprocess.run(
        [*command, "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def module_id(path: Path) -> str:
    """Name a file from the root."""
    return str(path.relative_to(ROOT))


MODULES = {
    module_id(path): ast.parse(path.read_text(encoding="utf-8"))
    for path in tracked(*(f"{package}/*.py" for package in PACKAGES))
}


def calls(tree: ast.AST) -> Iterator[str]:
    """Name every function that is called, as written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def imports(tree: ast.AST) -> Iterator[str]:
    """Name every module that is imported, and every name from one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def called(pattern: re.Pattern[str]) -> set[str]:
    """Name the modules that call such a function."""
    return {n for n, tree in MODULES.items() if any(map(pattern.fullmatch, calls(tree)))}


def importing(*modules: str) -> set[str]:
    """Name the modules that import one of these, or something in it."""
    return {
        name
        for name, tree in MODULES.items()
        for module in imports(tree)
        if any(f"{module}.".startswith(f"{wanted}.") for wanted in modules)
    }


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Name every function, methods and inner ones included."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of what a function does; how it is called and what it says of itself not."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_there_are_modules_to_look_at() -> None:
    assert {name.split("/")[0] for name in MODULES} == set(PACKAGES)
    assert len(MODULES) > 100


def test_no_file_is_too_long() -> None:
    lengths = {name: len((ROOT / name).read_text("utf-8").splitlines()) for name in MODULES}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    assert [
        f"{name}: {function.name} has {body_lines(function)} lines"
        for name, tree in MODULES.items()
        # A migration is one long list of columns, and never changes again.
        if not name.startswith("digest/migrations/versions/")
        for function in functions(tree)
        if body_lines(function) > LONGEST_FUNCTION
    ] == []


def test_every_module_begins_with_one_sentence_on_one_line() -> None:
    first = {
        name: (ast.get_docstring(tree) or "").split("\n\n")[0] for name, tree in MODULES.items()
    }
    wrong = [name for name, words in first.items() if "\n" in words or not words.endswith(".")]
    assert wrong == []


def test_packages_hold_a_docstring_and_nothing_else() -> None:
    packages = {name: tree for name, tree in MODULES.items() if name.endswith("__init__.py")}
    assert packages
    full = [n for n, tree in packages.items() if len(tree.body) != 1 or not ast.get_docstring(tree)]
    assert full == []


def test_no_error_is_passed_over() -> None:
    # What can be ignored says so with contextlib.suppress, and names it.
    assert [
        f"{name}:{node.lineno}"
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or all(isinstance(inner, ast.Pass) for inner in node.body))
    ] == []


def test_only_the_clock_knows_the_time_and_waits() -> None:
    clock = re.compile(r"(date)?time\.(now|utcnow|today|time|sleep|monotonic)|date\.today|sleep")
    assert called(clock) == {"digest/clock.py"}


def test_only_the_command_line_prints() -> None:
    assert [
        name for name in called(re.compile("print")) if not name.startswith("digest/cli/")
    ] == []


def test_only_the_web_client_and_the_channel_know_the_library_behind_them() -> None:
    assert importing("httpx", "httpcore", "requests", "urllib3", "urllib.request") == {
        "digest/http.py",
        "digest/connection.py",
        "digest/providers/channel.py",
    }


def test_only_the_configuration_reads_the_environment() -> None:
    assert importing("os.environ", "os.getenv") == set()
    reading = {
        name
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv"}
    }
    assert reading == {
        "digest/config.py",
        "digest/cli/context.py",  # DIGEST_CONFIG says where the configuration is
        "digest/cli/output.py",  # TERM says what the terminal can show
        "digest/surroundings.py",  # what of it children may see that read strangers' words
    }


def test_no_file_is_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "shared"}
    assert {Path(name).stem for name in MODULES} & drawers == set()


def test_every_storey_and_every_room_stands_in_the_contract() -> None:
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter")
    storeys = contract["importlinter:contract:storeys"]["layers"].split()
    assert sorted(storeys) == sorted(PACKAGES)
    house = contract["importlinter:contract:house"]
    assert house["exhaustive"] == "true"
    rooms = re.findall(r"\w+", house["layers"])
    there = {
        name.split("/")[1].removesuffix(".py") for name in MODULES if name.startswith("digest/")
    }
    assert sorted(rooms) == sorted(there - {"__init__"})


def test_the_project_records_no_address_of_a_registry() -> None:
    # In pieces, so that this file is not the one that is found.
    patterns = [
        "index-" + "url",
        "/simple" + "/",
        "files." + "pythonhosted",
        '"' + 'resolved"',
    ]
    found = [
        f"{module_id(path)}: {pattern}"
        for path in tracked()
        for pattern in patterns
        if path.suffix not in {".png", ".ico", ".woff2"}
        and pattern in path.read_text(encoding="utf-8", errors="replace")
    ]
    # The one that is allowed tells the tool to leave the address out.
    assert [line for line in found if line != "Makefile: index-" + "url"] == []
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert makefile.count("index-" + "url") == makefile.count("--no-emit-index-" + "url")


def test_the_locks_carry_a_hash_for_every_package() -> None:
    for lock in (ROOT / "locks" / "run.txt", ROOT / "locks" / "dev.txt"):
        entries = re.split(r"\n(?=\S)", re.sub(r"#.*\n", "", lock.read_text(encoding="utf-8")))
        entries = [entry for entry in entries if "==" in entry]
        assert len(entries) > 20
        for entry in entries:
            assert "--hash=sha256:" in entry, entry.split()[0]
