"""Mutated configurations, files and models: whatever comes in, no traceback comes out.

`make fuzz CASES=100000` tries so many in all, most of the kinds that take least time, and prints
how many of each.
"""

import copy
import hashlib
import json
import math
import os
import zipfile
from collections import Counter

import numpy as np
import pytest
import rasterio
import yaml
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landshift.acquire.inventory.bounds import bound_landslides
from landshift.acquire.inventory.reading import read_inventory
from landshift.acquire.layers.checks import (
    check_codes,
    check_coverage,
    check_elevations,
    check_layer,
)
from landshift.geodata import grids
from landshift.geodata.alignment import align_raster
from landshift.geodata.grids import plan_grid
from landshift.geodata.raster import open_raster
from landshift.runtime.logs import explain_error
from landshift.sampling.shots import draw_shots
from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.storage import load_model, save_model

from .conftest import (
    CRS,
    NORTH,
    ROOT,
    WEST,
    check_text,
    make_hills,
    write_document,
    write_slides,
    write_tif,
)

CASES = int(os.environ.get("LANDSHIFT_FUZZ_CASES", "0"))
SHARES = {
    **{"configuration": 0.05, "raster": 0.16, "odd raster": 0.09},
    **{"a.csv": 0.1, "slides.gpkg": 0.1, "slides.geojson": 0.1, "slides.parquet": 0.1},
    **{"slides.shp": 0.07, "mask.tif": 0.03, "model": 0.06, "forged model": 0.03},
    **{"slides.xlsx": 0.03, "slides.ods": 0.03, "slides.kml": 0.03, "slides.kmz": 0.03},
    **{"slides.gpx": 0.03},
}
"""Share of each kind in the cases of `make fuzz`."""

TRIED = Counter()
TEMPLATE = yaml.safe_load((ROOT / "config/template.yaml").read_text())
# GDAL and PROJ warn about what the mutated files hold; the sentence comes from this package.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.one_of(st.integers(), st.floats(), st.text(max_size=3), st.none()), max_size=5),
    st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=5)), max_size=3),
    st.dates(),
)


SEEDS = st.integers(0, 2**32)


def try_cases(kind, few=40):
    """Choose how many cases of a kind are tried: a few in `make test`."""
    return settings(
        deadline=None,
        derandomize=True,
        max_examples=math.ceil(CASES * SHARES[kind]) if CASES else few,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@pytest.fixture(scope="module", autouse=True)
def few_cells():
    """Refuse regions of more than a million cells: to warp larger ones would only take longer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grids, "MOST_CELLS", 1_000_000)
        yield


@pytest.fixture(scope="module", autouse=True)
def report():
    yield
    print("\nspoilt inputs:", *(f"{kind} {count}" for kind, count in TRIED.items()), sep="\n  ")
    print("  in all", TRIED.total())


def only_explained(function, *args, **kwargs):
    """Call what may fail, but only with a sentence for the user."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        sentence = explain_error(error)
        if sentence is None:
            raise
        assert sentence and len(sentence) < 20_000


def list_paths(value, path=()):
    """List the paths of all keys and items of a configuration."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in pairs:
        yield (*path, key)
        if isinstance(below, dict | list):
            yield from list_paths(below, (*path, key))


PATHS = list(list_paths(TEMPLATE))


@try_cases("configuration", few=100)
@given(data=st.data())
def test_mutated_configurations(data):
    config = copy.deepcopy(TEMPLATE)
    for _ in range(data.draw(st.integers(1, 3))):
        *parents, last = data.draw(st.sampled_from(PATHS))
        place = config
        try:
            for key in parents:
                place = place[key]
            if data.draw(st.booleans()):
                place[last] = data.draw(VALUES)
            else:
                place[data.draw(st.text(max_size=8))] = place.pop(last)
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # an earlier mutation took this place away
    TRIED["configuration"] += 1
    only_explained(check_text, yaml.safe_dump(config))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with a sound file of every kind, to be spoilt under another name."""
    folder = tmp_path_factory.mktemp("fuzz")
    write_tif(folder / "a.tif", compress="deflate", predictor=3)
    write_tif(folder / "mask.tif", (make_hills() > 580).astype(np.uint8))
    csv = folder / "a.csv"
    csv.write_text("x,y,year,elev\n500100,4999900,2010,520\n500200,4999800,2011,510\n")
    for kind in ("gpkg", "geojson", "parquet", "shp"):
        write_slides(folder / f"slides.{kind}")
    for kind in ("xlsx", "ods", "kml", "kmz", "gpx"):
        write_document(folder / f"slides.{kind}")
    return folder


def mutate(seed, content):
    """Cut a file, change some of its bytes, or repeat a part of it."""
    generator = np.random.default_rng(seed)
    content = bytearray(content)
    for kind in generator.choice(["change", "change", "change", "cut", "repeat"], 6):
        if not content:
            break  # cut before its first byte
        at = int(generator.integers(len(content)))
        if kind == "change":
            content[at] = generator.integers(256)
        elif kind == "repeat":
            content[at:at] = content[at : at + 16]
        elif len(content) > 200:
            del content[at:]
    return bytes(content)


def acquire_dem(path):
    elevation = open_raster(path)
    check_elevations(elevation, origin=str(path))
    aligned = align_raster(elevation, plan_grid(elevation, resolution_m=30, crs=CRS))
    check_coverage(aligned, elevation.odc.geobox, origin=str(path))


@try_cases("raster", few=60)
@given(seed=SEEDS)
def test_mutated_rasters(files, seed):
    path = files / "spoilt.tif"
    path.write_bytes(mutate(seed, (files / "a.tif").read_bytes()))
    TRIED["raster"] += 1
    only_explained(acquire_dem, path)


def place_region(path, **stated):
    landslides, _ = read_inventory(path, **stated)
    bound_landslides(landslides, buffer_m=2000, origin=str(path))


@pytest.mark.parametrize(
    "name",
    ["a.csv", "mask.tif", "slides.gpkg", "slides.geojson", "slides.parquet", "slides.shp",
     "slides.xlsx", "slides.ods", "slides.kml", "slides.kmz", "slides.gpx"],
)  # fmt: skip
def test_mutated_inventories(files, name):
    path = files / f"spoilt.{name.split('.')[1]}"
    content = (files / name).read_bytes()
    if name == "slides.shp":
        for ending in ("shx", "dbf", "prj"):
            part = files / f"slides.{ending}"
            path.with_suffix(f".{ending}").write_bytes(part.read_bytes())

    @try_cases(name)
    @given(seed=SEEDS)
    def spoil(seed):
        path.write_bytes(mutate(seed, content))
        TRIED[name] += 1
        only_explained(place_region, path, crs=CRS)
        only_explained(read_inventory, path, date="year")

    spoil()


@pytest.mark.parametrize("name", ["slides.xlsx", "slides.ods", "slides.kmz"])
def test_mutated_members_of_archives(files, name):
    """What is spoilt within the archive, whose own checksums match."""
    path = files / f"spoilt.{name.split('.')[1]}"
    with zipfile.ZipFile(files / name) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}

    @try_cases(name)
    @given(member=st.sampled_from(sorted(members)), seed=SEEDS)
    def spoil(member, seed):
        with zipfile.ZipFile(path, "w") as archive:
            for each, content in members.items():
                archive.writestr(each, mutate(seed, content) if each == member else content)
        TRIED[name] += 1
        only_explained(place_region, path, crs=CRS)

    spoil()


DTYPES = ["uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "float32", "float64",
          "complex64"]  # fmt: skip
NUMBERS = st.floats(width=32) | st.sampled_from([0.0, 30.0, -30.0, 1e-9, 1e9])
TRANSFORMS = st.sampled_from(
    [Affine(30, 0, WEST, 0, -30, NORTH), Affine(30, 0, WEST, 0, 30, NORTH)]
) | st.builds(Affine, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)


@try_cases("odd raster", few=60)
@given(
    dtype=st.sampled_from(DTYPES),
    shape=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    odd=st.sampled_from([0.0, np.inf, -np.inf, np.nan, 3e38]),
    transform=TRANSFORMS,
    crs=st.sampled_from([CRS, None, "EPSG:4326", "EPSG:2227", "EPSG:5186", "EPSG:3857"]),
)
def test_odd_rasters(files, dtype, shape, odd, transform, crs):
    values = np.random.default_rng(7).uniform(0, 100, shape).astype(dtype)
    if values.dtype.kind == "f":
        values.flat[0] = odd
    path = files / "odd.tif"
    try:
        write_tif(path, values, transform=transform, crs=crs)
    except (rasterio.errors.RasterioError, ValueError, SystemError, OverflowError):
        return  # no such file can be written
    TRIED["odd raster"] += 1
    only_explained(acquire_dem, path)
    only_explained(acquire_layer, path)


def acquire_layer(path):
    values = open_raster(path)
    check_layer(values, origin="odd", name="rainfall")
    check_codes(values, origin="odd")


def spoil_models(kind, models, folder, change):
    """Save models, and load them after each change of one of their files."""
    for number, model in enumerate(models):
        save_model(model, folder / str(number))
    paths = sorted(path for path in folder.rglob("*") if path.is_file())

    @try_cases(kind)
    @given(path=st.sampled_from(paths), seed=SEEDS)
    def spoil(path, seed):
        manifest = path.with_name("manifest.json")
        sound = {each: each.read_bytes() for each in {path, manifest}}
        path.write_bytes(change(path, mutate(seed, sound[path])))
        TRIED[kind] += 1
        try:
            only_explained(load_model, folder / path.relative_to(folder).parts[0])
        finally:
            for each, content in sound.items():
                each.write_bytes(content)

    spoil()


def test_mutated_models(source_models, target, tmp_path):
    shots = draw_shots(target.samples, region="cedar", seed=1, shots=10)
    tuned = fine_tune_target(source_models, shots, target.background, prevalence=0.05, seed=7)
    spoil_models("model", [*source_models, tuned], tmp_path, lambda path, content: content)


def test_mutated_models_that_state_their_own_hash(source_models, tmp_path):
    """What a stranger could make."""

    def forge(path, content):
        if path.name == "manifest.json":
            return content
        manifest = json.loads((path.parent / "manifest.json").read_text())
        manifest["files"][path.name] = hashlib.sha256(content).hexdigest()
        (path.parent / "manifest.json").write_text(json.dumps(manifest))
        return content

    spoil_models("forged model", source_models, tmp_path, forge)
