"""Tests that can fail: change one operator or constant at a time, and see whether a test notices.

    python tests/mutants.py --count 300 --seed 1 --output results/mutants.csv
    python tests/mutants.py --again results/mutants.csv
    python tests/mutants.py --modules transfer/mixture.py evaluation/ --count 1000

A change is made in a copy of the checkout, and tests run there, in a process of their own that has
the libraries loaded. Of the tests nearest to the module, those that call the changed function run
first, the quickest before the others; then those of the rest of its room. Without a change every
test runs once, to see how long it takes and which functions it calls.

Changes that no test can notice are listed in ``tests/equivalent_mutants.csv``, each with why.
"""

import argparse
import ast
import copy
import csv
import hashlib
import importlib
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("transfer", "sampling", "mapping", "evaluation", "acquire")
SKIPPED = "not slow and not slurm and not faults and not web and not qgis and not deploy"
ELSEWHERE = ("workflow", "web", "slurm")
"""Folders of tests that run whole studies, browsers or clusters."""
MOST_SECONDS = 30
"""Tests of a change take no longer than this, as measured without it."""
LIBRARIES = (
    "dask.array", "geopandas", "hypothesis", "lightgbm", "matplotlib.pyplot", "numba",
    "odc.geo.xr", "pandas", "pyarrow", "pydantic", "pyogrio", "pystac_client", "rasterio",
    "requests", "rioxarray", "scipy.ndimage", "scipy.optimize", "scipy.stats", "shapely",
    "sklearn.ensemble", "xarray", "xgboost",
)  # fmt: skip
"""What every test would load again."""
KEY = ("module", "function", "before", "after")
STATES = ("noticed", "not noticed", "equivalent")
WATCHED = ROOT / "results" / "mutants_tests"
"""What tests call and how long they take."""
EQUIVALENT = ROOT / "tests" / "equivalent_mutants.csv"
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


@dataclass(frozen=True)
class Test:
    """A test as it ran without a change: its times [s] and the functions that it called."""

    name: str
    seconds: float
    setup: float
    calls: frozenset


class Watch:
    """Plugin of pytest that writes down how long each test takes, and which functions it calls.

    A test is also given what its fixtures and the loading of its file have called: another test
    may have needed them first.
    """

    def __init__(self, folder, output):
        self.folder, self.output = f"{folder}{os.sep}", output
        self.calls, self.items = defaultdict(set), []
        self.seconds, self.setup, self.failed = {}, {}, set()
        self.into = []

    def _trace(self, frame, event, argument):
        code = frame.f_code
        if self.into and code.co_filename.startswith(self.folder):
            place = code.co_filename.removeprefix(self.folder), code.co_firstlineno
            self.calls[self.into[-1]].add(place)

    def _watch(self, key):
        self.into.append(key)
        sys.settrace(self._trace)
        threading.settrace(self._trace)
        try:
            return (yield)
        finally:
            self.into.pop()
            if not self.into:
                sys.settrace(None)
                threading.settrace(None)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector):
        return (yield from self._watch(str(collector.path)))

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef, request):
        return (yield from self._watch(f"fixture {fixturedef.argname}"))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item, nextitem):
        self.items.append(item)
        return (yield from self._watch(item.nodeid))

    def pytest_runtest_logreport(self, report):
        times = self.seconds if report.when == "call" else self.setup
        times.setdefault(report.nodeid, report.duration)
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self):
        tests = []
        for item in self.items:
            if item.nodeid in self.seconds and item.nodeid not in self.failed:
                fixtures = [f"fixture {name}" for name in item.fixturenames]
                keys = [item.nodeid, str(item.path), *fixtures]
                calls = sorted(set().union(*(self.calls[key] for key in keys)))
                times = self.seconds[item.nodeid], self.setup[item.nodeid]
                tests.append((item.nodeid, *times, calls))
        self.output.write_text(json.dumps([tests, sorted(self.failed)]))


class Choice:
    """Plugin of pytest that runs chosen tests alone, in the order of their names here."""

    def __init__(self, names):
        self.places = {name: place for place, name in enumerate(names)}

    def pytest_collection_modifyitems(self, items):
        chosen = [item for item in items if item.nodeid in self.places]
        items[:] = sorted(chosen, key=lambda item: self.places[item.nodeid])


def run_tests(folder, files, plugin, seconds, kernels):
    """Run tests in a copy of the checkout: whether they passed, within a time.

    Parameters
    ----------
    folder, files
        The copy, and the files of tests in it.
    plugin
        A plugin for pytest.
    seconds
        Time after which they are stopped.
    kernels
        Folder of compiled kernels.
    """
    child = os.fork()
    if not child:
        code = 3
        try:
            os.setsid()
            os.chdir(folder)
            silent = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(silent, stream)
            os.environ |= {"PYTHONPATH": str(folder / "src"), "NUMBA_CACHE_DIR": str(kernels)}
            sys.modules["numba"].config.CACHE_DIR = str(kernels)
            sys.path[0] = str(folder / "src")
            # a compiled module would be taken for the changed one of the same second and size
            sys.dont_write_bytecode = isinstance(plugin, Choice)
            os.environ["PYTHONDONTWRITEBYTECODE"] = "1" if sys.dont_write_bytecode else ""
            stop = ["-x"] if isinstance(plugin, Choice) else []
            loaded = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
            options = ["-q", "-m", SKIPPED, "-p", "no:cacheprovider", *loaded, *stop]
            code = pytest.main([*options, *map(str, files)], plugins=[plugin])
        finally:
            os._exit(code)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) in (0, 5)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


@cache
def watch_tests(folder, path):
    """Run a file of tests without any change; those that fail could notice nothing.

    What was seen is kept, for as long as neither the package nor the file changes.
    """
    seen = WATCHED / f"{hash_sources(folder, path)}.json"
    if not seen.is_file():
        output = folder.parent / "watched.json"
        run_tests(folder, [path], Watch(folder, output), 1800, folder.parent / "kernels")
        if not output.is_file():
            raise SystemExit(f"the tests of {path} do not run without any change")
        WATCHED.mkdir(parents=True, exist_ok=True)
        output.replace(seen)
    tests, failed = json.loads(seen.read_text())
    if failed:
        print(f"left out, as they fail without any change: {', '.join(failed)}", flush=True)
    return [Test(*known, frozenset(map(tuple, calls))) for *known, calls in tests]


def hash_sources(folder, path):
    """Hash the package, a file of tests, and what fixtures it has."""
    digest = hashlib.sha256(path.read_bytes())
    for file in sorted([*(folder / "src").rglob("*.py"), *(folder / "tests").rglob("conftest.py")]):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def list_test_files(folder, path):
    """List the files of tests of a module: those nearest to it, and those of the rest of its room.

    The nearest are its own, else those of its room that import it, else others that do, if any.
    """
    module = ".".join(path.relative_to(folder / "src").with_suffix("").parts)
    room = folder / "tests" / module.split(".")[1]
    parent, _, name = module.rpartition(".")
    wanted = re.compile(rf"{re.escape(module)}\b|from {re.escape(parent)} import .*\b{name}\b")
    tests = sorted((folder / "tests").rglob("test_*.py"))
    users = [
        test
        for test in tests
        if wanted.search(test.read_text()) and test.parent.name not in ELSEWHERE
    ]
    own = [room / f"test_{path.stem}.py"]
    near = [test for test in users if test.parent == room]
    others = sorted({*room.glob("test_*.py"), *users})
    nearest = own if own[0].is_file() else near or users
    return nearest, [test for test in others if test not in nearest]


def choose_tests(folder, path, function):
    """Choose tests for a change in a function (its place): the nearest first, then others.

    They are those that call the function. For what stands outside functions (place 0), and for
    compiled ones, they are the nearest, and those that call anything of the module or of the users
    of its kernels.
    """
    nearest, others = list_test_files(folder, path)
    near = [test for file in nearest for test in watch_tests(folder, file)]
    place = path.relative_to(folder).as_posix()
    exact = [test for test in near if (place, function) in test.calls]
    yield exact if function else near
    far = [test for file in others for test in watch_tests(folder, file)]
    further = [test for test in far if (place, function) in test.calls]
    if not exact + further:
        users = {user.relative_to(folder).as_posix() for user in list_kernel_users(folder, path)}
        yield near if function else []
        further = [test for test in far if any(file in users for file, _ in test.calls)]
    yield further


def shorten(tests):
    """Put the quickest tests first, and leave out those that would take too long together."""
    chosen, total = [], 0.0
    for test in sorted(tests, key=lambda test: (test.seconds, test.name)):
        total += test.seconds
        if chosen and total > MOST_SECONDS:
            break
        chosen.append(test)
    return chosen


def list_kernel_users(folder, path):
    """List the modules with compiled kernels that use what a module holds, and so on.

    Their kernels do not notice that what they were compiled with has changed.
    """
    users, new = {path}, [path]
    while new:
        module = ".".join(new.pop().relative_to(folder / "src").with_suffix("").parts)
        for file in (folder / "src").rglob("*.py"):
            text = file.read_text()
            if file not in users and "numba" in text and f"from {module} import" in text:
                users.add(file)
                new.append(file)
    return sorted(users)


def copy_kernels(folder, path):
    """Copy the compiled kernels, but those that a change of a module concerns."""
    copied = Path(tempfile.mkdtemp(dir=folder.parent))
    stale = [f"{user.stem}.*" for user in list_kernel_users(folder, path)]
    kernels = folder.parent / "kernels"
    if kernels.is_dir():
        shutil.copytree(kernels, copied, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*stale))
    return copied


def find_function(tree, node):
    """Find the innermost function around a node: its name and its first line; none: "" and 0."""
    name, first = "", 0
    for inner in ast.walk(tree):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
            start = min([inner.lineno, *(part.lineno for part in inner.decorator_list)])
            if first < start <= node.lineno <= inner.end_lineno:
                name, first = inner.name, start
    return name, first


def count_same(one, other):
    """Count the characters that two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def compare_lines(before, after):
    """Say how a line reads before and after a change, with what stands around the change."""
    before, after = ast.unparse(before).splitlines(), ast.unparse(after).splitlines()
    old, new = next((old, new) for old, new in zip(before, after, strict=True) if old != new)
    old, new = old.strip(), new.strip()
    start, end = count_same(old, new), count_same(old[::-1], new[::-1])
    start, end = max(start - 50, 0), max(end - 50, 0)
    return tuple(
        ("..." if start else "") + text[start : len(text) - end] + ("..." if end else "")
        for text in (old, new)
    )


def list_mutants(folder):
    """List all changes: module, and number of the place in it."""
    modules = [path for room in ROOMS for path in sorted((folder / room).rglob("*.py"))]
    return [
        (path, number)
        for path in modules
        for number in range(len(find_places(ast.parse(path.read_text()))))
    ]


def make_mutant(folder, path, number):
    """Make a change: the text of the changed module, where it is, and what it is."""
    before = ast.parse(path.read_text())
    after = copy.deepcopy(before)
    node, kind, index = find_places(after)[number]
    change(node, kind, index)
    function, first = find_function(before, node)
    old, new = compare_lines(before, after)
    row = {
        "module": path.relative_to(folder / "src" / "landshift").as_posix(),
        "line": node.lineno,
        "function": function,
        "before": old,
        "after": new,
    }
    return ast.unparse(after), first, row


def try_mutant(folder, path, text, function):
    """Put a changed text in the place of a module, and tell whether a test notices."""
    state, original = path.stat(), path.read_text()
    for tests in map(shorten, choose_tests(folder, path, function)):
        if not tests:
            continue
        names = [test.name for test in tests]
        files = dict.fromkeys(folder / name.partition("::")[0] for name in names)
        seconds = 5 * sum(test.setup + test.seconds for test in tests) + 20
        path.write_text(text)
        kernels = copy_kernels(folder, path)
        try:
            if not run_tests(folder, files, Choice(names), seconds, kernels):
                return True
        finally:
            path.write_text(original)
            os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
            shutil.rmtree(kernels, ignore_errors=True)
    return False


def load_libraries():
    """Load what tests need, with one thread: a process of several cannot be copied."""
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    sys.path[0] = str(ROOT / "src")
    drivers = importlib.import_module("landshift.runtime.gdal_drivers")
    drivers.switch_off_drivers()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in LIBRARIES:
            importlib.import_module(name)
    for name in [name for name in sys.modules if name.partition(".")[0] == "landshift"]:
        del sys.modules[name]


def read_keys(path, states=None):
    """Read the changes of a table, of chosen states."""
    with path.open(newline="") as table:
        return [
            tuple(row[name] for name in KEY)
            for row in csv.DictReader(table)
            if states is None or row["state"] in states
        ]


def main():
    """Try a seeded choice of changes, and write a table of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=300, help="how many changes in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", default="1/1", help="such as 1/2: every second of them")
    parser.add_argument("--modules", nargs="+", default=ROOMS, help="such as transfer/mixture.py")
    parser.add_argument("--again", type=Path, help="a table of before: those not noticed there")
    parser.add_argument("--output", type=Path, default=Path("results/mutants.csv"))
    chosen = parser.parse_args()
    part, parts = map(int, chosen.part.split("/"))
    load_libraries()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "checkout"
        names = shutil.ignore_patterns(".venv*", "results", ".git", ".snakemake", "__pycache__")
        shutil.copytree(ROOT, folder, ignore=names)
        package = folder / "src" / "landshift"
        modules = tuple(str(package / module) for module in chosen.modules)
        mutants = [mutant for mutant in list_mutants(package) if str(mutant[0]).startswith(modules)]
        picked = random.Random(chosen.seed).sample(mutants, min(chosen.count, len(mutants)))
        equivalent = set(read_keys(EQUIVALENT))
        again = chosen.again and set(read_keys(chosen.again, states=("not noticed",)))
        rows = []
        for path, number in (mutants if again else picked)[part - 1 :: parts]:
            text, function, row = make_mutant(folder, path, number)
            key = tuple(row[name] for name in KEY)
            if again and key not in again:
                continue
            if key in equivalent:
                row["state"] = "equivalent"
            else:
                noticed = try_mutant(folder, path, text, function)
                row["state"] = "noticed" if noticed else "not noticed"
            rows.append(row)
            print(*row.values(), sep=" | ", flush=True)
            chosen.output.parent.mkdir(parents=True, exist_ok=True)
            with chosen.output.open("w", newline="") as table:
                writer = csv.DictWriter(table, row)
                writer.writeheader()
                writer.writerows(rows)
    counts = {state: sum(row["state"] == state for row in rows) for state in STATES}
    print(f"{counts} of {len(rows)} changes, of {len(mutants)} possible ones")


if __name__ == "__main__":
    main()
