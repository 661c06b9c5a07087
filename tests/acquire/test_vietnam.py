"""Real class codes without an elevation model: 28 million cells, two systems, three origins.

A study of two halves of one area: the west teaches, the east is mapped.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import pytest
import rasterio
import yaml
from scipy.spatial import cKDTree

from landshift.acquire.inventory.reading import read_inventory
from landshift.acquire.inventory.storage import load_inventory

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("LANDSHIFT_MIRROR", ROOT.parent / "shared/data")) / "vietnam_vgtb"
CODES = {
    "slope_class": "Hangneigung",
    "aspect_class": "Hangausrichtung",
    "plan_curvature_class": "Kruemmung_planar",
    "profile_curvature_class": "Profilkruemmung",
    "wetness_class": "TWI",
    "stream_power_class": "SPI",
    "lithology": "Lithologie",
    "soil": "Boden",
    "land_cover": "Landbedeckung",
    "rainfall_class": "Niederschlag",
    "road_class": "Abstand_Strassen",
    "river_class": "Abstand_Gewaesser",
}
REGIONS = ("west", "east")
TOLERANCE = 0.13
"""GDAL's warp may miss a place by an eighth of a cell [cells]."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not FOLDER.is_dir(), reason="the mirror of real data is not beside the repository"
    ),
]


def describe_half(role, bounds, **target):
    # one raster, one legend: a code means the same in both halves
    codes = {
        name: {"file": str(FOLDER / f"{file}.tif"), "kind": "class", "legend": "vgtb"}
        for name, file in CODES.items()
    }
    return target | {
        "role": role,
        "grid": {"resolution_m": 30, "bounds": bounds},
        "layers": codes | {"extent": {"file": str(FOLDER / "Hangneigung.tif")}},
        "inventory": {
            "file": str(FOLDER / "Hangrutschungen.tif"),
            "surveyed": {"file": str(FOLDER / "Viewshed.tif")},
        },
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vietnam")
    with rasterio.open(FOLDER / "Hangneigung.tif") as source:
        west, south, east, north = source.bounds
    middle = west + 1960 * 30
    study = {
        "study": "vietnam",
        "regions": {
            "west": describe_half("source", [west, south, middle, north]),
            "east": describe_half(
                "target", [middle, south, east, north], prevalence=0.001, shots=30
            ),
        },
        "factors": {"groups": ["ground", "surface"]},
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(study))
    command = [
        sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile",
        "--directory", folder, "--cores", "2", "--configfile", folder / "study.yaml",
    ]  # fmt: skip
    done = subprocess.run(
        list(map(str, command)), cwd=ROOT, text=True, check=False,
        env=os.environ | {"XDG_CACHE_HOME": str(folder / "home")},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return folder / "results/vietnam"


def read(path):
    with rasterio.open(path) as source:
        return source.read(1), source.nodata, source.transform, source.crs


def look_up(path, x, y, crs):
    """Look up the cells of a raster by hand: codes with 0 as none, and the distance to an edge."""
    values, nodata, transform, own = read(path)
    if own != crs:
        x, y = pyproj.Transformer.from_crs(crs, own, always_xy=True).transform(x, y)
    columns, rows = ~transform * (x, y)
    edge = np.minimum(np.abs(columns - np.round(columns)), np.abs(rows - np.round(rows)))
    columns, rows = np.floor(columns).astype(int), np.floor(rows).astype(int)
    height, width = values.shape
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    found = np.zeros(x.shape, np.int64)
    found[inside] = values[rows[inside], columns[inside]]
    return np.where(found == nodata, 0, found), edge


def list_centres(transform, shape):
    columns, rows = np.meshgrid(np.arange(shape[1]) + 0.5, np.arange(shape[0]) + 0.5)
    return transform * (columns, rows)


@pytest.mark.parametrize("region", REGIONS)
def test_codes_are_brought_onto_one_grid_cell_by_cell(results, region):
    extent, _, transform, crs = read(results / f"regions/{region}/layers/extent.tif")
    _, _, own, _ = read(FOLDER / "Hangneigung.tif")
    shift = ~own @ transform
    assert max(abs(cells - round(cells)) for cells in (shift.c, shift.f)) < 1e-3
    x, y = list_centres(transform, extent.shape)
    for name, file in CODES.items():
        codes, nodata, placed, system = read(results / f"regions/{region}/layers/{name}.tif")
        assert placed == transform and system == crs and codes.shape == extent.shape
        expected, _ = look_up(FOLDER / f"{file}.tif", x, y, crs)
        np.testing.assert_array_equal(np.where(codes == nodata, 0, codes), expected, err_msg=name)
    np.testing.assert_array_equal(np.isfinite(extent), look_up_slopes(x, y, crs) != 0)
    # from another zone
    surveyed, _, _, _ = read(results / f"regions/{region}/surveyed.tif")
    expected, edge = look_up(FOLDER / "Viewshed.tif", x, y, crs)
    differs = np.isfinite(surveyed) != (expected == 1)
    assert (edge[differs] < TOLERANCE).all() and differs.mean() < 1e-3


def look_up_slopes(x, y, crs):
    return look_up(FOLDER / "Hangneigung.tif", x, y, crs)[0]


@pytest.mark.parametrize("region", REGIONS)
def test_absences_lie_where_landslides_could_be_seen(results, region):
    samples = pd.read_parquet(results / f"regions/{region}/samples.parquet")
    absences = samples[samples["presence"] == 0]
    x, y = absences["x"].to_numpy(), absences["y"].to_numpy()
    seen, edge = look_up(FOLDER / "Viewshed.tif", x, y, rasterio.CRS.from_epsg(32649))
    assert ((seen == 1) | (edge < TOLERANCE)).all() and (seen == 1).mean() > 0.99
    landslides, _ = load_inventory(results / f"regions/{region}/inventory.gpkg")
    places = landslides.representative_point().get_coordinates().to_numpy()
    assert cKDTree(places).query(np.column_stack([x, y]))[0].min() > 100


def test_the_map_covers_all_cells_with_codes_and_finds_unseen_landslides(results):
    susceptibility, _, _, _ = read(results / "targets/east/susceptibility.tif")
    known = np.ones(susceptibility.shape, bool)
    for name in CODES:
        codes, nodata, _, _ = read(results / f"regions/east/layers/{name}.tif")
        known &= codes != nodata
    np.testing.assert_array_equal(np.isfinite(susceptibility), known)
    assert known.sum() > 5_000_000
    assert 0 <= np.nanmin(susceptibility) < np.nanmax(susceptibility) <= 1
    classes = pd.read_csv(results / "targets/east/classes.csv")
    print(classes.to_string())
    unseen = [column for column in classes if column.endswith("_density")][-1]
    assert classes[unseen].iloc[-1] > 1.5 > classes[unseen].iloc[0]


def test_landslide_cells_are_an_inventory(results):
    path = FOLDER / "Hangrutschungen.tif"
    slides, _ = read_inventory(path)
    assert slides.crs.to_epsg() == 32648
    values, nodata, _, _ = read(path)
    assert slides.area.sum() == pytest.approx(((values != 0) & (values != nodata)).sum() * 900)
    kept = [len(load_inventory(results / f"regions/{name}/inventory.gpkg")[0]) for name in REGIONS]
    assert sum(kept) == len(slides)
