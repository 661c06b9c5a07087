"""The package as a whole: dependencies, layers, and what its files must not hold."""

import ast
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "landshift"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

# Bottom to top. A module imports from its own room and from rooms below it, never from its equals.
ROOMS = [
    {"runtime"},
    {"geodata"},
    {"factors"},
    {"acquire"},
    {"study", "sampling"},
    {"transfer"},
    {"mapping"},
    {"evaluation"},
    {"report"},
]
# They hand public names on, so they import from any room, and no room imports them.
FACES = {"__main__", "drainage", "models", "selection", "terrain"}

# Names that conda has for the same software.
CONDA_NAMES = {
    "dask": "dask-core",
    "matplotlib": "matplotlib-base",
    "snakemake": "snakemake-minimal",
    "xgboost-cpu": "py-xgboost-cpu",
}
IMPORT_NAMES = {
    "dask_jobqueue": "dask-jobqueue",
    "markdown_it": "markdown-it-py",
    "odc": "odc-geo",  # and odc-stac, which shares the name
    "pydantic_core": "pydantic",  # which pins it
    "pystac_client": "pystac-client",
    "sklearn": "scikit-learn",
    "xgboost": "xgboost-cpu",
    "yaml": "pyyaml",
}


LOCKED_FOR = {
    "python_full_version": "3.11.9",
    "platform_machine": "x86_64",
    "sys_platform": "linux",
    "platform_python_implementation": "CPython",
}


def read_lock():
    """Read the versions that the lock holds for Python 3.11 on Linux."""
    versions = {}
    pattern = re.compile(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)
    for name, version, marker in pattern.findall((ROOT / "requirements.lock").read_text()):
        if not marker or Marker(marker).evaluate(LOCKED_FOR):
            assert name not in versions, f"{name} is locked twice for Python 3.11"
            versions[name] = version
    return versions


def list_dependencies(*extras):
    """List the names of the declared dependencies, without versions and extras."""
    project = PROJECT["project"]
    requirements = [*project["dependencies"]]
    for extra in extras:
        requirements += project["optional-dependencies"][extra]
    return sorted(re.match(r"[a-z0-9-]+", requirement).group() for requirement in requirements)


def list_modules():
    """List the modules of the package: dotted name below it, and path."""
    modules = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        modules.append((".".join(part for part in parts if part != "__init__"), path))
    return modules


def list_imports(path):
    """List every dotted name that a file imports, at its top or inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: import by the full name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def find_level(module):
    """Find the level of a module by its room."""
    room = module.split(".")[0]
    levels = [level for level, names in enumerate(ROOMS) if room in names]
    assert len(levels) == 1, f"{module} lies in no room; the rooms are in ROOMS of {__file__}"
    return levels[0]


IN_ROOMS = [pair for pair in list_modules() if pair[0] and pair[0] not in FACES]


@pytest.mark.parametrize(("module", "path"), IN_ROOMS)
def test_imports_point_downwards(module, path):
    own = module.split(".")[0]
    for name in list_imports(path):
        imported = find_module(name, dict(list_modules()))
        if imported and imported.split(".")[0] != own:
            assert find_level(imported) < find_level(module), f"{module} imports {name}"


def test_at_most_six_files_lie_at_the_top():
    assert {path.stem for path in PACKAGE.glob("*.py")} <= {"__init__", *FACES}
    assert len(list(PACKAGE.glob("*.py"))) <= 6


def test_every_room_says_what_it_is_for():
    for path in PACKAGE.rglob("__init__.py"):
        assert len(ast.get_docstring(ast.parse(path.read_text())) or "") > 20, path


@pytest.mark.parametrize("path", [*PACKAGE.rglob("*.py"), *(ROOT / "workflow").rglob("*.py")])
def test_names_are_imported_from_where_they_are_defined(path):
    # By names that a room hands on, nobody could tell which modules a job uses.
    modules = dict(list_modules())
    for name in list_imports(path):
        module = find_module(name, modules)
        if module and name != f"landshift.{module}" and path.parent != PACKAGE:
            defined = name.removeprefix(f"landshift.{module}.")
            assert re.search(rf"\b{defined}\b", modules[module].read_text()), f"{path}: {name}"
            lazy = (
                modules[module].name == "__init__.py" and "hand_on(" in modules[module].read_text()
            )
            assert not lazy, f"{path} imports {name} by its room"


def test_no_cycles_within_a_subpackage():
    paths = dict(list_modules())
    graph = {
        module: {find_module(name, paths) for name in list_imports(path)} - {None}
        for module, path in paths.items()
        if module
    }
    TopologicalSorter(graph).prepare()


def find_module(name, modules):
    """Find the module of the package that an imported dotted name stands for, if it is one."""
    first, *parts = name.split(".")
    if first != "landshift":
        return None
    candidates = (".".join(parts[:stop]) for stop in range(len(parts), 0, -1))
    return next((candidate for candidate in candidates if candidate in modules), None)


@pytest.mark.parametrize(("module", "path"), list_modules())
def test_library_knows_nothing_of_the_workflow(module, path):
    # Only the study reads YAML: its text is checked before Snakemake's reader is trusted with it.
    forbidden = {"snakemake"} if module.startswith("study.") else {"snakemake", "yaml"}
    assert forbidden.isdisjoint(name.split(".")[0] for name in list_imports(path))


def list_loaded(statements):
    """List the packages that a new process has loaded after some imports."""
    code = f"import sys\n{statements}\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return set(run.stdout.split()) - sys.stdlib_module_names


def test_what_the_snakefile_imports_is_light():
    paths = [ROOT / "Snakefile", *(ROOT / "workflow/rules").glob("*.smk")]
    lines = [line for path in paths for line in path.read_text().splitlines()]
    statements = "\n".join(line for line in lines if line.startswith("from landshift"))
    assert statements.count("\n") > 5
    assert list_loaded(statements) <= {"landshift", *list_loaded("import snakemake.cli")}


def test_everything_imported_is_a_declared_dependency():
    declared = set(list_dependencies("cluster", "archives"))
    for module, path in list_modules():
        for name in list_imports(path):
            first = name.split(".")[0]
            if first not in sys.stdlib_module_names and first != "landshift":
                assert IMPORT_NAMES.get(first, first) in declared, f"{module} imports {first}"


def test_every_declared_dependency_is_imported():
    imported = {name.split(".")[0] for _, path in list_modules() for name in list_imports(path)}
    used = {IMPORT_NAMES.get(name, name) for name in imported} | {"odc-stac"}  # odc.stac
    # with which distributed makes the certificates of its jobs
    assert set(list_dependencies("cluster", "archives")) - used == {"cryptography"}


def test_lock_holds_every_dependency():
    groups = [name.split("[")[0] for name in PROJECT["dependency-groups"]["dev"]]
    assert {*list_dependencies("cluster", "workflow", "archives"), *groups} <= set(read_lock())


@pytest.mark.parametrize("name", ["landshift.dockerfile", "landshift.def"])
def test_container_definitions_hold_the_conda_environment(name):
    stated = [f"#   {line}" for line in (ROOT / "envs/landshift.yaml").read_text().splitlines()]
    written = (ROOT / "envs" / name).read_text().splitlines()
    start = written.index(stated[0])
    assert written[start : start + len(stated)] == stated, "write it by snakemake --containerize"


def test_conda_environment_equals_the_lock():
    environment = yaml.safe_load((ROOT / "envs/landshift.yaml").read_text())
    locked = read_lock()
    expected = [
        f"{CONDA_NAMES.get(name, name)} ={locked[name]}"
        for name in list_dependencies("cluster", "workflow")
    ]
    assert environment["dependencies"] == ["python =3.11", "pip", *sorted(expected)]


def list_tracked_files():
    """List the text files that git tracks, or skip where this is no clone."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True
    )
    if listing.returncode:
        pytest.skip("not a git clone")
    binary = {".png", ".jpg", ".tif", ".gpkg", ".parquet", ".ubj", ".npz", ".zip"}
    paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    return [path for path in paths if path.suffix not in binary and path.is_file()]


def test_no_file_names_a_package_registry():
    # Written in parts, so that this file does not find itself.
    hosts = ["py" + "pi.org", "python" + "hosted.org", "anaconda" + ".org", "npmjs" + ".org"]
    options = ["--index" + "-url", "--extra-index" + "-url", "--find" + "-links"]
    pattern = re.compile("|".join(re.escape(text) for text in hosts + options))
    named = [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in list_tracked_files()
        if (found := pattern.search(path.read_text(encoding="utf-8")))
    ]
    assert named == []


def test_version_is_in_the_changelog():
    from landshift import __version__

    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()
