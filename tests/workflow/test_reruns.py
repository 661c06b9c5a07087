"""What a change repeats: exactly the jobs behind it, with the results of a run from scratch."""

import copy
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas
import pytest
import yaml

from landshift.acquire.inventory.storage import write_inventory
from landshift.acquire.virtual.regions import generate_virtual_region
from landshift.geodata.raster import write_raster

from .conftest import ROOT
from .jobs import Job, assert_same_results, copy_checkout, follow, read_jobs

ROLES = {"alder": "source", "birch": "both", "cedar": "target", "elm": "source"}
ADDED = "dogwood"
TARGET = {"prevalence": 0.05, "shots": 8}
WATCHED = "cedar"
"""The region whose inventory is a folder."""
STAGES_OF_SOURCES = ("select_factors", "pretrain_sources")
PREPARATION = ("acquire_", "derive_")


@dataclass
class Study:
    """A study in its folder, and the checkout that it runs with."""

    folder: Path
    root: Path
    config: dict

    @property
    def file(self) -> Path:
        return self.folder / "study.yaml"

    @property
    def results(self) -> Path:
        return self.folder / "results" / "reruns"

    def save(self) -> None:
        self.file.write_text(yaml.safe_dump(self.config))

    def copy_to(self, folder: Path) -> "Study":
        """Copy a study with its results and its checkout, all times kept."""
        shutil.copytree(self.folder, folder / "study")
        shutil.copytree(self.root, folder / "checkout")
        return Study(folder / "study", folder / "checkout", copy.deepcopy(self.config))


@dataclass(frozen=True)
class Change:
    """A change of a study, the jobs it touches itself, and the jobs that it must spare."""

    apply: Callable[[Study], None]
    touches: Callable[[Job], bool] = lambda job: False
    spares: Callable[[Job], bool] = lambda job: False


def add_inventory(study):
    generated = geopandas.read_file(study.folder / "data" / f"{ADDED}.gpkg")
    moved = generated.translate(-3000 * len(ROLES) + 3000 * list(ROLES).index(WATCHED))
    generated.set_geometry(moved).to_file(study.folder / "data" / WATCHED / "winter.gpkg")


def shrink_inventory(region):
    def apply(study):
        path = study.folder / "data" / find_inventory(region)
        landslides = geopandas.read_file(path)
        landslides.iloc[:-3].to_file(path, driver="GPKG")

    return apply


def replace_by_an_older_file(study):
    path = study.folder / "data" / find_inventory("cedar")
    shrink_inventory("cedar")(study)
    os.utime(path, (0, 0))


def set_key(*path, value):
    def apply(study):
        entry = study.config
        for key in path[:-1]:
            entry = entry.setdefault(key, {})
        entry[path[-1]] = value
        study.save()

    return apply


def find_inventory(name):
    return f"{name}/first.gpkg" if name == WATCHED else f"{name}.gpkg"


def describe_region(name, role):
    layers = {"dem": {"file": f"data/{name}.tif"}}
    inventory = WATCHED if name == WATCHED else f"{name}.gpkg"
    described = {"role": role, "layers": layers, "inventory": {"file": f"data/{inventory}"}}
    return described | {"grid": {"resolution_m": 30}} | ({} if role == "source" else TARGET)


def add_region(role):
    return set_key("regions", ADDED, value=describe_region(ADDED, role))


def remove_region(study):
    del study.config["regions"]["alder"]
    study.save()


def append_comment(file):
    def apply(study):
        with (study.root / file).open("a") as stream:
            stream.write("# a remark\n")

    return apply


def touch_inputs(study):
    for path in (study.folder / "data").rglob("*"):
        os.utime(path)


def touch_checkout(study):
    for path in study.root.rglob("*"):
        os.utime(path)


def change_nothing(study):
    study.save()


CHANGES = {
    "inventory of a target": Change(
        shrink_inventory("cedar"),
        touches=lambda job: (job.rule, job.place) == ("acquire_inventory", "cedar,inventory"),
        spares=lambda job: (
            job.rule in STAGES_OF_SOURCES or job.place.startswith(("alder", "birch"))
        ),
    ),
    "further inventory in the folder of a target": Change(
        add_inventory,
        touches=lambda job: (job.rule, job.place) == ("acquire_inventory", "cedar,inventory"),
        spares=lambda job: (
            job.rule in STAGES_OF_SOURCES or job.place.startswith(("alder", "birch"))
        ),
    ),
    "older file in place of the inventory of a target": Change(
        replace_by_an_older_file,
        touches=lambda job: (job.rule, job.place) == ("acquire_inventory", "cedar,inventory"),
        spares=lambda job: (
            job.rule in STAGES_OF_SOURCES or job.place.startswith(("alder", "birch"))
        ),
    ),
    "inventory of a source": Change(
        shrink_inventory("alder"),
        touches=lambda job: (job.rule, job.place) == ("acquire_inventory", "alder,inventory"),
        spares=lambda job: (
            job.rule == "acquire_dem"
            or job.rule.startswith("derive_")
            or (job.rule == "draw_samples" and job.place != "alder")
        ),
    ),
    "option of a factor": Change(
        set_key("factors", "stability", "cohesion_kpa", value=4),
        touches=lambda job: job.rule in ("derive_stability_factors", "write_configuration"),
        spares=lambda job: (
            job.rule.startswith("acquire_")
            or job.rule in ("derive_terrain_factors", "derive_drainage_factors")
        ),
    ),
    "licence of a layer": Change(
        set_key("regions", "cedar", "layers", "dem", "licence", value="CC-BY-4.0"),
        touches=lambda job: (
            (job.rule, job.place) == ("acquire_dem", "cedar") or job.rule == "write_configuration"
        ),
        spares=lambda job: job.place.startswith(("alder", "birch")),
    ),
    "rule of the classes": Change(
        set_key("maps", "breaks", value=[0.02, 0.05, 0.1, 0.2]),
        touches=lambda job: (
            job.rule in ("map_susceptibility", "mosaic_maps", "write_configuration")
        ),
        spares=lambda job: job.rule.startswith(
            ("draw_", "fine_tune_", *PREPARATION, *STAGES_OF_SOURCES)
        ),
    ),
    "module of the library": Change(
        append_comment("src/landshift/sampling/selection.py"),
        touches=lambda job: job.rule in ("select_factors", "run_transfer_benchmark"),
        spares=lambda job: job.rule.startswith(("draw_", *PREPARATION)),
    ),
    "script of a rule": Change(
        append_comment("workflow/scripts/plot_prediction_rate.py"),
        touches=lambda job: job.rule == "plot_prediction_rate",
        spares=lambda job: job.rule != "plot_prediction_rate",
    ),
    "seed": Change(
        set_key("seed", value=8),
        touches=lambda job: job.rule in ("draw_samples", "write_configuration"),
        spares=lambda job: job.rule.startswith(PREPARATION),
    ),
    "added source": Change(
        add_region("source"),
        touches=lambda job: (
            job.place.startswith(ADDED)
            or job.rule in (*STAGES_OF_SOURCES, "run_transfer_benchmark", "write_configuration")
        ),
        spares=lambda job: (
            job.rule.startswith(("draw_", *PREPARATION)) and not job.place.startswith(ADDED)
        ),
    ),
    "added target": Change(
        add_region("target"),
        touches=lambda job: (
            job.place.startswith(ADDED) or job.rule in ("mosaic_maps", "write_configuration")
        ),
        spares=lambda job: job.place.startswith(tuple(ROLES)),
    ),
    "removed source": Change(
        remove_region,
        touches=lambda job: (
            job.rule in (*STAGES_OF_SOURCES, "run_transfer_benchmark")
            or job.rule in ("write_configuration", "write_data")
        ),
        spares=lambda job: job.rule.startswith(("draw_", *PREPARATION)),
    ),
    "touched files": Change(touch_inputs),
    "fresh clone": Change(touch_checkout),
    "nothing": Change(change_nothing),
}
CHANGES_OF_RESULTS = [name for name in CHANGES if CHANGES[name].touches is not Change.touches]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Three regions that are read from files, and the files of a fourth."""
    folder = tmp_path_factory.mktemp("study")
    for index, name in enumerate((*ROLES, ADDED)):
        region = generate_virtual_region(
            name, seed=3, origin=(500_000 + 3000 * index, 5_000_000), crs="EPSG:32632",
            size=64, landslides=30,
        )  # fmt: skip
        write_raster(region.layers.dem, folder / "data" / f"{name}.tif")
        file = folder / "data" / find_inventory(name)
        file.parent.mkdir(exist_ok=True)
        write_inventory(file, region.inventory)
    config = {
        "study": "reruns",
        "regions": {name: describe_region(name, ROLES[name]) for name in ROLES},
        "factors": {"groups": ["terrain", "drainage", "stability"]},
        "samples": {"blocks": 4, "background_cells": 200},
        "transfer": {"learners": ["lr"], "background_cells": 50},
        "mosaic": {"crs": "EPSG:32632", "resolution_m": 30},
        "benchmark": {"targets": ["birch"], "shots": [5], "draws": 1, "regimes": ["inductive"]},
    }
    root = tmp_path_factory.mktemp("checkout")
    copy_checkout(ROOT, root)
    made = Study(folder, root, config)
    made.save()
    return made


@pytest.fixture(scope="module")
def plan(run_snakemake):
    """List the jobs that Snakemake plans for a study, all of them or those that are due."""

    def list_jobs(study, *arguments):
        result = run_snakemake(
            "--dry-run", *arguments, "--configfile", study.file,
            folder=study.folder, root=study.root,
        )  # fmt: skip
        assert result.returncode == 0, result.stdout
        return read_jobs(result.stdout)

    return list_jobs


@pytest.fixture(scope="module")
def plan_all(plan):
    """List all jobs of a study; which they are depends on its regions alone."""
    known = {}

    def list_jobs(study):
        regions = tuple((name, region["role"]) for name, region in study.config["regions"].items())
        if regions not in known:
            known[regions] = plan(study, "--forceall")
        return known[regions]

    return list_jobs


@pytest.fixture(scope="module")
def run(run_snakemake):
    """Run a study and list the jobs that ran."""

    def run_jobs(study, *arguments):
        result = run_snakemake(
            "--cores", "2", *arguments, "--configfile", study.file,
            folder=study.folder, root=study.root,
        )  # fmt: skip
        assert result.returncode == 0, result.stdout
        return read_jobs(result.stdout)

    return run_jobs


@pytest.fixture(scope="module")
def recorded(study, plan, run, tmp_path_factory):
    """Make a study that Snakemake takes for finished, though its files are empty."""
    made = study.copy_to(tmp_path_factory.mktemp("recorded"))
    jobs = plan(made)
    for output in sorted(output for job in jobs for output in job.outputs):
        path = made.folder / output
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix:
            path.touch()
        else:
            path.mkdir()
    assert run(made, "--touch", "--forceall") == jobs
    return made


@pytest.fixture(scope="module")
def finished(study, run, tmp_path_factory):
    """Make a study that has run."""
    made = study.copy_to(tmp_path_factory.mktemp("finished"))
    run(made)
    return made


def expect(change, jobs):
    """Choose the jobs that a change is to repeat, and check that it spares what it should."""
    assert {"acquire_dem", "map_susceptibility", "mosaic_maps"} <= {job.rule for job in jobs}
    expected = follow(jobs, {job for job in jobs if change.touches(job)})
    assert not {str(job) for job in expected if change.spares(job)}
    return expected


def name_all(jobs):
    return sorted(map(str, jobs))


@pytest.mark.parametrize("name", CHANGES)
def test_change_plans_exactly_what_depends_on_it(recorded, plan, plan_all, tmp_path, name):
    changed = recorded.copy_to(tmp_path)
    CHANGES[name].apply(changed)
    expected = expect(CHANGES[name], plan_all(changed))
    assert name_all(plan(changed)) == name_all(expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES_OF_RESULTS)
def test_incremental_run_equals_one_from_scratch(finished, plan_all, run, tmp_path, name):
    changed = finished.copy_to(tmp_path)
    CHANGES[name].apply(changed)
    expected = expect(CHANGES[name], plan_all(changed))
    assert name_all(run(changed)) == name_all(expected)
    assert run(changed) == set()
    anew = changed.copy_to(tmp_path / "anew")
    shutil.rmtree(anew.folder / "results")
    shutil.rmtree(anew.folder / ".snakemake")
    run(anew)
    assert_same_results(anew.results, changed.results)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["touched files", "fresh clone", "nothing"])
def test_what_changes_nothing_runs_nothing(finished, run, tmp_path, name):
    changed = finished.copy_to(tmp_path)
    CHANGES[name].apply(changed)
    assert run(changed) == set()


@pytest.mark.slow
def test_old_results_without_records_are_kept(finished, run, tmp_path):
    changed = finished.copy_to(tmp_path)
    shutil.rmtree(changed.folder / ".snakemake")
    touch_checkout(changed)
    assert run(changed) == set()


@pytest.mark.parametrize(
    "lost",
    ["regions/*/inventory.gpkg", "regions/*/factors/drainage.tif", "regions/*/samples.parquet",
     "sources/*/lr", "targets/*/model", "targets/*/shots.parquet"],
)  # fmt: skip
def test_what_a_failed_job_left_behind_is_not_taken_for_finished(recorded, plan, tmp_path, lost):
    """Snakemake removes the output of a job that fails; maps made of it before are still there."""
    changed = recorded.copy_to(tmp_path)
    assert not plan(changed)
    [path, *_] = sorted(changed.results.glob(lost))
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    wanted = path.relative_to(changed.folder).as_posix()
    assert any(wanted in job.outputs for job in plan(changed))
