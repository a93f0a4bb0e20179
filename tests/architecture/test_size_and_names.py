"""How large things may grow, and what they may be called."""

import ast
import re

from tests.architecture.sources import ROOT, sources

VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "core", "base", "manager", "types", "tools", "stuff"}


def test_no_module_or_folder_is_named_after_nothing() -> None:
    folders = {part for source in sources() for part in source.path.relative_to(ROOT).parts[:-1]}

    assert {source.path.stem for source in sources()} & VAGUE == set()
    assert folders & VAGUE == set()


def test_a_module_has_at_most_250_lines() -> None:
    assert {source.name for source in sources() if len(source.text.splitlines()) > 250} == set()


def test_a_function_has_at_most_50_lines() -> None:
    """A migration may list all columns of all tables."""
    long = {
        (source.name, function.name)
        for source in sources()
        for function in source.functions()
        if (function.end_lineno or 0) - function.lineno + 1 > 50 and "migrations/" not in source.name
    }

    assert long == set()


def test_a_function_takes_at_most_5_parameters() -> None:
    """Keyword-only parameters are what wiring binds (`partial`) or an HTTP query names: they do not count."""
    wide = {
        (source.name, function.name)
        for source in sources()
        for function in source.functions()
        if len([a for a in (*function.args.posonlyargs, *function.args.args) if a.arg not in ("self", "cls")]) > 5
    }

    assert wide == set()


def test_a_public_function_or_class_says_what_it_is() -> None:
    silent = {
        (source.name, node.name)
        for source in sources()
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    }

    assert silent == set()


def test_only_messages_runs_over_files_and_turns_of_work_catch_everything() -> None:
    broad = [
        source.name
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "Exception"))
    ]

    assert set(broad) == {
        "shared/src/radquarry/bus/delivery.py",
        "services/exporter/src/radquarry/exporter/runs/guarding.py",
        "services/exporter/src/radquarry/exporter/delivery/turn.py",
        "services/exporter/src/radquarry/exporter/files/working.py",
    }


def test_tests_wait_on_events_and_patch_nothing() -> None:
    forbidden = re.compile(r"time\.sleep\(|mock\.patch|mocker\.|monkeypatch\.setattr|@patch\(")
    files = [path for path in (ROOT / "tests").rglob("*.py") if path.parent.name != "architecture"]
    guilty = [path.name for path in files if forbidden.search(path.read_text("utf-8"))]

    assert files
    assert guilty == []
