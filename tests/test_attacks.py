"""Attacks listed in docs/security.md are tests, and `make test-attack` runs them."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LISTED = re.findall(r"`([\w/]+\.py)::(\w+)`", (ROOT / "docs" / "security.md").read_text())
MARK = "pytest.mark.attack"


def list_marks(tree, function):
    """List what marks a test, itself or with all of its module."""
    marks = list(function.decorator_list)
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            marks.append(node.value)
    return [ast.unparse(mark) for mark in marks]


def read_attacks(path):
    """Read the names of the tests of a file, and of those that are marked as attacks."""
    tree = ast.parse(path.read_text())
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {test.name for test in tests}, {
        test.name
        for test in tests
        if test.name.startswith("test_") and MARK in list_marks(tree, test)
    }


@pytest.mark.parametrize(("file", "name"), LISTED)
def test_every_attack_of_the_page_is_a_test_and_is_run(file, name):
    tests, attacks = read_attacks(ROOT / "tests" / file)
    assert name in tests, f"docs/security.md names {name}, which {file} lacks"
    assert name in attacks, f"{file}: mark {name} with {MARK}"


def test_every_file_of_attacks_is_on_the_page():
    marked = {
        str(path.relative_to(ROOT / "tests"))
        for path in (ROOT / "tests").rglob("test_*.py")
        if read_attacks(path)[1]
    }
    assert marked == {file for file, _ in LISTED} and len(LISTED) > 50
