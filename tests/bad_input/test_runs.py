"""Runs that fail: the sentence stands on the screen and in the log, and the next run goes on.

The regions are sound and tiny; every test spoils one thing and asks for the layers alone.
"""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
import yaml

from landshift.acquire.virtual.regions import generate_virtual_region
from landshift.geodata.raster import write_raster

from .conftest import ROOT, write_slides

LAYERS = [f"results/tiny/regions/{name}/layers/dem.tif" for name in ("alder", "birch")]
INVENTORY = "results/tiny/regions/birch/inventory.gpkg"
ENDING = "What went wrong; all that was finished is kept:\n  "

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Files of two sound regions, and their configuration."""
    folder = tmp_path_factory.mktemp("world")
    regions = {}
    for name, west in (("alder", 600_000), ("birch", 500_000)):
        region = generate_virtual_region(
            name, seed=3, origin=(west, 4_998_080), crs="EPSG:32632", size=64, landslides=20
        )
        write_raster(region.layers.dem, folder / f"{name}.tif")
        write_slides(folder / f"{name}.shp", east=west - 500_000)
        regions[name] = {
            "role": "source" if name == "alder" else "target",
            "grid": {"resolution_m": 30},
            "layers": {"dem": {"file": f"{name}.tif"}},
            "inventory": {"file": f"{name}.shp"},
        }
    (folder / "far.csv").write_text("x,y\n500100,4999900\n500200,4999800\n900100,4999900\n")
    regions["birch"]["prevalence"] = 0.05
    config = {"study": "tiny", "regions": regions, "transfer": {"learners": ["lr"]}}
    (folder / "study.yaml").write_text(yaml.safe_dump(config))
    return folder


@pytest.fixture
def folder(world, tmp_path):
    """A copy of the sound files, to be spoiled."""
    return shutil.copytree(world, tmp_path / "study")


def list_command(*arguments):
    start = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    return [*start, "--cores", "2", *map(str, arguments), "--configfile", "study.yaml"]


def run(folder, *arguments, within=()):
    return subprocess.run(
        [*within, *list_command(*arguments)],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip


def spoil_study(folder, change):
    path = folder / "study.yaml"
    path.write_text(change(path.read_text()))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda text: text.replace("prevalence", "prevalense"),
            "regions.birch.prevalense: unknown key; did you mean `prevalence`?",
        ),
        (lambda text: text.replace("  birch:", "  alder:"), "regions.alder: stated twice, again"),
        (
            lambda text: text.replace("birch.tif", "brich.tif"),
            "regions.birch.layers.dem.file: brich.tif does not exist; correct the path of the file",
        ),
        (
            lambda text: text.replace("file: birch", "file: alder"),
            "regions.birch: is the same place as regions.alder (same dem and inventory), so a",
        ),
        (lambda text: text.replace("role: target", "role: [target"), "not valid JSON or YAML"),
        (
            lambda text: text.replace("file: birch.tif", "recipe: copernicus_dem").replace(
                "file: birch.shp", "file: far.csv\n      crs: EPSG:32632"
            ),
            "regions.birch.inventory: far.csv: its landslides lie more than 200 km apart, the "
            "farthest from the others in row 3 at longitude 14.",
        ),
    ],
    ids=["unknown key", "repeated key", "missing file", "same region", "no YAML", "far apart"],
)
def test_a_wrong_study_stops_before_the_first_job(folder, change, sentence):
    spoil_study(folder, change)
    result = run(folder)
    assert result.returncode != 0
    assert sentence in result.stdout
    assert "Traceback" not in result.stdout and "additionalProperties" not in result.stdout
    assert len(result.stdout.splitlines()) < 12
    assert not (folder / "results").exists()


def assert_failed(result, folder, log, sentence):
    assert result.returncode != 0
    assert "Traceback" not in result.stdout
    assert result.stdout.count(sentence) == 1
    assert ENDING + sentence in result.stdout
    text = (folder / "results/tiny/logs" / log).read_text()
    assert f"the job failed: {sentence}" in text and "Traceback" not in text


def test_a_cut_elevation_model_stops_its_region_alone(folder):
    sound = (folder / "birch.tif").read_bytes()
    (folder / "birch.tif").write_bytes(sound[:4000])
    result = run(folder, *LAYERS)
    sentence = "birch.tif: cannot be read to its end, so it is cut or damaged; fetch or copy it"
    assert_failed(result, folder, "acquire_dem/birch.log", sentence)
    assert (folder / LAYERS[0]).is_file() and not (folder / LAYERS[1]).exists()
    (folder / "birch.tif").write_bytes(sound)
    result = run(folder, *LAYERS)
    assert result.returncode == 0, result.stdout
    assert "1 of 1 steps" in result.stdout


@pytest.mark.parametrize("quiet", [[], ["--quiet", "rules"], ["--quiet", "all"]])
def test_an_inventory_elsewhere_is_named(folder, quiet):
    write_slides(folder / "birch.shp", east=70_000)
    result = run(folder, INVENTORY, *quiet)
    sentence = "birch.shp: none of 12 landslides is left: 12 outside the region; they span [570100"
    assert_failed(result, folder, "acquire_inventory/birch.log", sentence)


def test_a_changed_part_of_a_shapefile_is_read_again(folder):
    result = run(folder, INVENTORY)
    assert result.returncode == 0, result.stdout
    assert "Nothing to be done" in run(folder, INVENTORY).stdout
    cleaning = (folder / "results/tiny/regions/birch/inventory_cleaning.csv").read_text()
    assert "kept,12,landslides that are used" in cleaning
    table = (folder / "birch.dbf").read_bytes()
    later = time.time() + 5
    (folder / "birch.dbf").write_bytes(table.replace(b"2010", b"2011"))
    os.utime(folder / "birch.dbf", (later, later))
    assert "acquire_inventory" in run(folder, INVENTORY, "--dry-run").stdout


def require_namespaces(folder):
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", str(folder)]
    if not shutil.which("unshare") or subprocess.run(command, check=False).returncode:
        pytest.skip("this machine lets no user mount a file system of his own")


def test_a_full_disk_is_named(folder):
    require_namespaces(folder)
    (folder / "results").mkdir()
    mount = 'mount -t tmpfs -o size=20k none results; "$@"; status=$?; cp -r results kept; '
    within = ["unshare", "-rm", "sh", "-c", f"{mount} exit $status", "sh"]
    result = run(folder, *LAYERS, within=within)
    assert result.returncode != 0
    assert "Traceback" not in result.stdout
    kept = {path.name for path in (folder / "kept").rglob("*.tif")}
    assert kept <= {"dem.tif", "dem_detail.tif"}
    assert (
        ".tif: could not be written whole, most likely because the disk is full; free"
        in (result.stdout.split(ENDING)[1])
    )
    # with room again, the next run makes the rest
    shutil.rmtree(folder / "results")
    shutil.copytree(folder / "kept", folder / "results")
    again = run(folder, *LAYERS, "--rerun-incomplete")
    assert again.returncode == 0, again.stdout
    assert all((folder / layer).is_file() for layer in LAYERS)


@pytest.mark.parametrize("kind", ["read-only", "file"])
def test_results_that_cannot_be_written_are_named(folder, kind):
    if kind == "file":
        (folder / "results").touch()
        result = run(folder, *LAYERS)
        sentence = "results is a file, but results go to a folder of that name; rename it"
    else:
        require_namespaces(folder)
        (folder / "results").mkdir()
        within = ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o ro none results; exec "$@"', "x"]
        result = run(folder, *LAYERS, within=within)
        sentence = "results cannot be written, but results go there; change its permissions, or"
    assert result.returncode != 0
    assert sentence in result.stdout and "Traceback" not in result.stdout
    assert "acquire_dem" not in result.stdout


def test_a_killed_run_goes_on(folder):
    process = subprocess.Popen(
        list_command(), cwd=folder, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while not all((folder / layer).is_file() for layer in LAYERS):
            assert process.poll() is None
            time.sleep(0.05)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    layer = (folder / LAYERS[0]).read_bytes()
    locked = run(folder, *LAYERS)
    assert "--unlock" in locked.stdout and "Traceback" not in locked.stdout
    assert run(folder, "--unlock").returncode == 0
    result = run(folder, *LAYERS, INVENTORY)
    assert result.returncode == 0, result.stdout
    assert (folder / LAYERS[0]).read_bytes() == layer
    leftovers = [path.name for path in (folder / "results").rglob(".*")]
    assert [name for name in leftovers if name.endswith(".gpkg")] == []


@pytest.mark.parametrize("quiet", [["--quiet", "rules"], ["--quiet", "all"]])
def test_a_quiet_run_tells_what_went_wrong(folder, quiet):
    (folder / "alder.tif").write_bytes((folder / "alder.tif").read_bytes()[:3000])
    result = run(folder, *LAYERS, "--keep-going", *quiet)
    assert result.returncode != 0
    told = result.stdout.split(ENDING)[1].splitlines()[0]
    assert (
        told
        == "alder.tif: cannot be read to its end, so it is cut or damaged; fetch or copy it again"
    )
