"""Tests that can fail: change one operator or constant at a time, and see whether a test notices.

    python tests/mutants.py --count 300 --seed 1 --output results/mutants.csv

A change is made in a copy of the checkout, and the tests that import the changed module run there.
Libraries for this patch functions while they run, which compiled functions do not see.
"""

import argparse
import ast
import copy
import csv
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("transfer", "sampling", "mapping", "evaluation", "acquire")
SKIPPED = "not slow and not slurm and not faults and not web and not qgis and not deploy"
MOST_SECONDS = 900
OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.And: ast.Or, ast.Or: ast.And, ast.Lt: ast.LtE, ast.LtE: ast.Lt,
    ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot,
    ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.USub: ast.UAdd,
}  # fmt: skip


def find_places(tree):
    """List what can be changed in a module: a node and what to do with it."""
    places = []

    def visit(node):
        if isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom):
            return
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("_log.", "logger.")):
            return
        # a union of types is no sum
        typed = isinstance(node, ast.BinOp) and "None" in ast.unparse(node)
        operates = isinstance(node, ast.BinOp | ast.UnaryOp | ast.BoolOp)
        if operates and type(node.op) in OPERATORS and not typed:
            places.append((node, "op", 0))
        if isinstance(node, ast.Compare):
            places.extend(
                (node, "ops", index) for index, op in enumerate(node.ops) if type(op) in OPERATORS
            )
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            places.append((node, "value", 0))
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    visit(child)

    visit(tree)
    return places


def change(node, kind, index):
    """Change a node in place."""
    if kind == "op":
        node.op = OPERATORS[type(node.op)]()
    elif kind == "ops":
        node.ops[index] = OPERATORS[type(node.ops[index])]()
    elif isinstance(node.value, bool):
        node.value = not node.value
    else:
        node.value = node.value + 1 if isinstance(node.value, int) else node.value * 1.5 + 0.1


def find_tests(folder, path):
    """Find the tests of a module: its own if it has some, else those of its room that import it."""
    module = ".".join(path.relative_to(folder / "src").with_suffix("").parts)
    own = folder / "tests" / module.split(".")[1] / f"test_{path.stem}.py"
    if own.is_file():
        return [own]
    parent, _, name = module.rpartition(".")
    wanted = re.compile(rf"{re.escape(module)}\b|from {re.escape(parent)} import .*\b{name}\b")
    tests = sorted((folder / "tests").rglob("test_*.py"))
    users = [test for test in tests if wanted.search(test.read_text())]
    near = [test for test in users if test.parent == own.parent]
    return near or users or sorted(own.parent.glob("test_*.py"))


def run_tests(folder, tests, kernels):
    """Tell whether the tests pass in a copy of the checkout, with compiled kernels in a folder."""
    environment = os.environ | {
        "PYTHONPATH": str(folder / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NUMBA_CACHE_DIR": str(kernels),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-m", SKIPPED, "-p", "no:cacheprovider"]
    try:
        ended = subprocess.run(
            [*command, *map(str, tests)], cwd=folder, env=environment, check=False,
            capture_output=True, timeout=MOST_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    return ended.returncode in (0, 5)


def list_mutants(folder):
    """List all changes: module, and number of the place in it."""
    modules = [path for room in ROOMS for path in sorted((folder / room).rglob("*.py"))]
    return [
        (path, number)
        for path in modules
        for number in range(len(find_places(ast.parse(path.read_text()))))
    ]


@cache
def check_tests(folder, tests):
    """Check that tests pass without any change: those that do not could notice nothing."""
    if not run_tests(folder, tests, folder.parent / "kernels"):
        raise SystemExit(f"these tests fail without any change: {', '.join(map(str, tests))}")
    return True


def try_mutant(folder, path, number):
    """Make a change, run the tests, and take the change back: what, and whether it was noticed."""
    text = path.read_text()
    tree = ast.parse(text)
    node, kind, index = find_places(tree)[number]
    before = copy.deepcopy(node)
    change(node, kind, index)
    tests = find_tests(folder, path)
    check_tests(folder, tuple(tests))
    path.write_text(ast.unparse(tree))
    # a compiled kernel does not notice that one of another file, which it calls, has changed
    fresh = "numba" in text
    kernels = Path(tempfile.mkdtemp(dir=folder.parent)) if fresh else folder.parent / "kernels"
    try:
        noticed = not run_tests(folder, tests, kernels)
    finally:
        path.write_text(text)
        if fresh:
            shutil.rmtree(kernels)
    return {
        "module": path.relative_to(folder / "src" / "landshift").as_posix(),
        "line": before.lineno,
        "before": ast.unparse(before)[:80],
        "after": ast.unparse(node)[:80],
        "noticed": noticed,
    }


def main():
    """Try a seeded choice of changes, and write a table of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=300, help="how many changes in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", default="1/1", help="such as 1/2: every second of them")
    parser.add_argument("--output", type=Path, default=Path("results/mutants.csv"))
    chosen = parser.parse_args()
    part, parts = map(int, chosen.part.split("/"))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "checkout"
        names = shutil.ignore_patterns(".venv*", "results", ".git", ".snakemake", "__pycache__")
        shutil.copytree(ROOT, folder, ignore=names)
        mutants = list_mutants(folder / "src" / "landshift")
        picked = random.Random(chosen.seed).sample(mutants, min(chosen.count, len(mutants)))
        rows = []
        for path, number in picked[part - 1 :: parts]:
            rows.append(try_mutant(folder, path, number))
            print(*rows[-1].values(), sep=" | ", flush=True)
            chosen.output.parent.mkdir(parents=True, exist_ok=True)
            with chosen.output.open("w", newline="") as table:
                writer = csv.DictWriter(table, rows[0])
                writer.writeheader()
                writer.writerows(rows)
    noticed = sum(row["noticed"] for row in rows)
    print(f"{noticed} of {len(rows)} changes were noticed, of {len(mutants)} possible ones")


if __name__ == "__main__":
    main()
