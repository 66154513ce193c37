"""Which tests say that they hold a rule or trigger a reason: read from their source, nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

KINDS = ("rule", "reason")


class Mark(NamedTuple):
    """One `pytest.mark.<kind>("<name>")` and the test that carries it. `file` is relative to the repository."""

    kind: str
    name: str
    file: str
    test: str


class UnreadableMark(ValueError):
    """A mark whose name is not a literal: nobody can list it without running the test."""


def scan(tests: Path) -> list[Mark]:
    """Marks of every test below `tests`, sorted, each once. Raises UnreadableMark.

    A mark counts for a test when it decorates it or its class, stands in `pytestmark`, or in a list of
    parameters that its decorators name.
    """
    found: set[Mark] = set()
    for path in sorted(tests.rglob("test_*.py")):
        file = path.relative_to(tests.parent).as_posix()
        found.update(_marks_of(ast.parse(path.read_text(encoding="utf-8")), file))
    return sorted(found)


def _marks_of(module: ast.Module, file: str) -> Iterator[Mark]:
    shared: dict[str, list[tuple[str, str]]] = {}
    for statement in module.body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    shared[target.id] = list(_literals(statement.value, file))
    everywhere = shared.pop("pytestmark", [])
    for statement in module.body:
        yield from _tests_of(statement, file, everywhere, shared)


def _tests_of(
    statement: ast.stmt, file: str, outer: list[tuple[str, str]], shared: dict[str, list[tuple[str, str]]]
) -> Iterator[Mark]:
    if not isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return
    mine = list(outer)
    for decorator in statement.decorator_list:
        mine += _literals(decorator, file)
        for node in ast.walk(decorator):
            mine += shared.get(node.id, []) if isinstance(node, ast.Name) else []
    if isinstance(statement, ast.ClassDef):
        for inner in statement.body:
            yield from _tests_of(inner, file, mine, shared)
    elif statement.name.startswith("test_"):
        for kind, name in mine:
            yield Mark(kind, name, file, statement.name)


def _literals(tree: ast.AST, file: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in KINDS:
            where = node.func.value
            if not (isinstance(where, ast.Attribute) and where.attr == "mark"):
                continue
            for argument in node.args:
                if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                    raise UnreadableMark(f"{file}:{node.lineno}: write the name of the {node.func.attr} as a literal")
                yield node.func.attr, argument.value
