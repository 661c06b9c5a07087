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

# Bottom to top. A module or subpackage imports from lower layers alone, never from its equals.
LAYERS = [
    {"gdal_drivers"},
    {"opening"},
    {
        "angles",
        "scratch",
        "arrays",
        "trees",
        "reading",
        "vector_files",
        "whole",
        "workers",
        "folders",
        "unfinished",
    }
    | {"map_classes", "rate_curves", "manifest", "checksums"},
    {"seeds", "factors", "fingerprint", "kernels", "study", "logs", "grids", "footprints"}
    | {"raster", "blocks", "elevation", "flow", "neighbourhood", "surface_fit", "virtual_terrain"}
    | {"infinite_slope", "horizon", "orientation", "ruggedness"}
    | {"blas", "gaussian_process", "preparation", "learners", "selection", "screening"}
    | {"class_scores", "spatial_blocks"},
    {"drainage_indices", "detail", "legends", "layer_checks", "geopackage", "pages"},
    {"inventory", "lines", "virtual", "terrain", "drainage", "proximity", "shots"}
    | {"stability", "surface"}
    | {"transfer", "mapping", "cog", "curves", "applicability", "applicability_mask", "skill"}
    | {"interval", "priorities", "exposure", "corridor"},
    {"acquire", "sampling", "models", "fused", "comparators", "figures", "class_coverage"}
    | {"drivers", "class_shares", "differences", "provenance", "held_out"},
    {"evaluation", "frozen", "site", "viewer", "catalogue", "model_card"},
    {"site_text", "styles", "study_summary"},
    {"commands"},
    {"__main__"},
]

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
    "pystac": "pystac-client",
    "pystac_client": "pystac-client",
    "rio_cogeo": "rio-cogeo",
    "sklearn": "scikit-learn",
    "xgboost": "xgboost-cpu",
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


def find_layer(module):
    """Find the layer of a module by the first part of its name."""
    top = module.split(".")[0]
    levels = [level for level, names in enumerate(LAYERS) if top in names]
    assert len(levels) == 1, f"give landshift.{top} one place in LAYERS of {__file__}"
    return levels[0]


@pytest.mark.parametrize(("module", "path"), [pair for pair in list_modules() if pair[0]])
def test_imports_point_downwards(module, path):
    own = module.split(".")[0]
    for name in list_imports(path):
        imported = find_module(name, dict(list_modules()))
        if imported and imported.split(".")[0] != own:
            assert find_layer(imported) < find_layer(module), f"{module} imports {name}"


def test_every_module_has_a_layer():
    for module, _ in list_modules():
        if module:
            find_layer(module)


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
    forbidden = {"snakemake", "yaml"}
    assert forbidden.isdisjoint(name.split(".")[0] for name in list_imports(path))


# What the Snakefile imports at every start.
LIGHT = ("study", "folders", "fingerprint", "kernels", "checksums", "manifest")


@pytest.mark.parametrize("module", LIGHT)
def test_what_the_snakefile_imports_needs_the_standard_library_alone(module):
    paths = [path for name, path in list_modules() if name.split(".")[0] == module]
    for path in paths:
        for name in list_imports(path):
            first, *rest = name.split(".")
            own = first == "landshift" and rest[0] in LIGHT
            assert own or first in sys.stdlib_module_names, f"{path.name} imports {name}"


def test_everything_imported_is_a_declared_dependency():
    declared = set(list_dependencies("cluster"))
    for module, path in list_modules():
        for name in list_imports(path):
            first = name.split(".")[0]
            if first not in sys.stdlib_module_names and first != "landshift":
                assert IMPORT_NAMES.get(first, first) in declared, f"{module} imports {first}"


def test_lock_holds_every_dependency():
    groups = [name.split("[")[0] for name in PROJECT["dependency-groups"]["dev"]]
    assert {*list_dependencies("cluster", "workflow"), *groups} <= set(read_lock())


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
