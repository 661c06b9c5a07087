"""A sound study of small real files, which every case spoils in one way."""

import copy
import importlib.util
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import yaml
from rasterio.transform import from_origin

from landshift import study
from landshift.runtime.logs import explain_error

ROOT = Path(__file__).parents[2]
CRS = "EPSG:32632"
WEST, NORTH = 500_000.0, 5_000_000.0
"""North-western corner of the sound elevation model [m]."""


def load_main(name):
    """Load the `main` of a script, as a rule would run it."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"workflow/scripts/{name}.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script.main


def make_hills(cells=40):
    """Rolling hills of some hundred metres, as float32 [m]."""
    y, x = np.mgrid[:cells, :cells]
    return (500 + 100 * np.sin(x / 6) * np.cos(y / 8)).astype(np.float32)


def write_tif(path, values=None, **changes):
    """Write a sound GeoTIFF, but for the changes of its profile."""
    values = make_hills() if values is None else values
    tags = changes.pop("unit", None)
    profile = {
        "driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1,
        "dtype": values.dtype.name, "crs": CRS, "transform": from_origin(WEST, NORTH, 30, 30),
    } | changes  # fmt: skip
    with rasterio.open(path, "w", **profile) as sink:
        for band in sink.indexes:
            sink.write(values, band)
        if tags:
            sink.units = (tags,)
    return path


def write_slides(path, count=12, crs=CRS, east=0.0, north=0.0, **columns):
    """Write sound landslides on a diagonal, moved by some metres."""
    steps = np.arange(count) * 80.0 + 100.0
    points = gpd.points_from_xy(WEST + steps + east, NORTH - steps + north)
    table = gpd.GeoDataFrame(columns or {"year": [2010] * count}, geometry=points, crs=crs)
    table.to_parquet(path) if path.suffix == ".parquet" else table.to_file(path)
    return path


_DRIVERS = {".xlsx": "XLSX", ".ods": "ODS", ".kml": "KML", ".kmz": "LIBKML", ".gpx": "GPX"}


def write_document(path, table=None, count=4):
    """Write a workbook, a KML, a KMZ or a GPX: a table as it is, or sound landslides."""
    if table is None:
        steps = np.arange(count) * 0.001
        points = gpd.points_from_xy(9.002 + steps, 45.15 - steps, crs="EPSG:4326")
        table = gpd.GeoDataFrame({"name": ["slide"] * count}, geometry=points)
    if path.suffix in (".xlsx", ".ods") and "geometry" in table:
        table = pd.DataFrame({"x": table.geometry.x, "y": table.geometry.y})
    pyogrio.write_dataframe(table, path, driver=_DRIVERS[path.suffix])
    return path


def explain(function, *args, **kwargs):
    """Call what must fail; return the sentence that its user reads."""
    with pytest.raises(Exception) as caught:
        function(*args, **kwargs)
    sentence = explain_error(caught.value)
    assert sentence is not None, f"a traceback would reach the user: {caught.value!r}"
    return sentence


def check_text(text):
    """Check the text of a configuration as the workflow does."""
    study.check_text(text, "study.yaml")
    study.check_study(yaml.safe_load(text))


@pytest.fixture
def sound(tmp_path):
    """Write a sound study of two regions; returns its configuration."""
    regions = {}
    for name, role, east in (("alder", "source", 6000), ("birch", "target", 0)):
        write_tif(tmp_path / f"{name}.tif", transform=from_origin(WEST + east, NORTH, 30, 30))
        write_slides(tmp_path / f"{name}.gpkg", east=east)
        regions[name] = {
            "role": role,
            "grid": {"resolution_m": 30},
            "layers": {"dem": {"file": str(tmp_path / f"{name}.tif")}},
            "inventory": {"file": str(tmp_path / f"{name}.gpkg")},
        }
    regions["birch"]["prevalence"] = 0.05
    return {"study": "tiny", "regions": regions}


@pytest.fixture
def spoil(sound):
    """Copy the sound study with one key set, or removed where the value is None."""

    def change(path, value):
        config = copy.deepcopy(sound)
        *parents, last = path.split(".")
        place = config
        for key in parents:
            place = place.setdefault(key, {})
        if value is None:
            del place[last]
        else:
            place[last] = value
        return config

    return change
