"""A small study whose maps are known, and the page that shows it."""

import json
import os
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from shapely.geometry import Point, box

from landshift.acquire.inventory.storage import write_inventory
from landshift.geodata.cog import write_cog
from landshift.geodata.geopackage import write_geopackage
from landshift.geodata.raster import write_factors, write_raster
from landshift.mapping.applicability import MASK_COLOURS
from landshift.mapping.classes import CLASS_COLOURS, class_breaks, classify_susceptibility
from landshift.report.viewer.page import Place, write_viewer

# These run in the environments of the browser's driver and of QGIS.
collect_ignore = ["browse.py", "render.py"]

ASSETS = Path(__file__).parents[2] / "workflow" / "viewer"
SCORE_ERROR = 0.4
GRID = GeoBox((200, 300), Affine(30, 0, 300_000, 0, -30, 5_006_000), "EPSG:32632")


def wrap(values, name, **attrs):
    """Place values of the shape of the grid on it."""
    return wrap_xr(values, GRID).rename(name).assign_attrs(attrs)


def write_target(folder, name, *, seed):
    """Write the maps of one target and list them as the viewer takes them."""
    folder.mkdir()
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[: GRID.height, : GRID.width]
    waves = np.sin(rows / 23) + np.cos(columns / 31) + generator.normal(0, 0.2, GRID.shape)
    susceptibility = (1 / (1 + np.exp(4 - 1.5 * waves))).astype(np.float32)
    susceptibility[:20, :30] = np.nan
    mapped = wrap(susceptibility, "susceptibility", units="1", long_name="susceptibility")
    sd = np.where(np.isnan(susceptibility), np.nan, 0.5 + columns / GRID.width).astype(np.float32)
    uncertainty = wrap(sd, "uncertainty", units="logit", long_name="sd of the logit")
    inside = np.where(np.isnan(susceptibility), 255, columns < 200).astype(np.uint8)
    breaks = class_breaks(mapped, "quantile")
    tags = {"prevalence": "0.02", "breaks": ", ".join(f"{limit:.6g}" for limit in breaks)}
    write_cog(mapped, folder / "susceptibility.tif", tags=tags)
    write_cog(uncertainty, folder / "uncertainty.tif", tags=tags)
    colours = dict(enumerate(CLASS_COLOURS, start=1))
    classes = classify_susceptibility(mapped, breaks)
    write_cog(classes, folder / "classes.tif", tags=tags, colours=colours)
    mask = wrap(inside, "applicability", units="1", long_name="inside", nodata=255)
    write_cog(mask, folder / "applicability.tif", tags=tags, colours=MASK_COLOURS)
    dem = wrap((800 + 200 * waves).astype(np.float32), "dem", units="m", long_name="elevation")
    write_raster(dem, folder / "dem.tif")
    points = [Point(300_000 + 450 * step, 5_001_000 + 200 * step) for step in range(1, 18)]
    table = gpd.GeoDataFrame(
        {"id": [str(step) for step in range(17)], "date": "2014"}, geometry=points, crs=GRID.crs
    )
    write_inventory(folder / "inventory.gpkg", table)
    squares = [box(300_000 + 3000 * i, 5_000_000, 303_000 + 3000 * i, 5_006_000) for i in range(3)]
    units = gpd.GeoDataFrame(
        {
            "rank": [2, 1, 3],
            "name": ["west", "middle", "east"],
            "susceptible_km2": [1.25, 4.5, 0.5],
        },
        geometry=squares,
        crs=GRID.crs,
    )
    write_geopackage(folder / "priorities.gpkg", {"priorities": units})
    drivers = pd.DataFrame(
        {"scope": ["map", "class 5", "class 5"], "factor": ["slope", "hand", "slope"]}
    ).assign(share=[1.0, 0.25, 0.75])
    drivers.to_csv(folder / "drivers.csv", index=False)
    kinds = ("susceptibility", "classes", "uncertainty", "applicability")
    coarse = GeoBox((50, 75), Affine(120, 0, 300_000, 0, -120, 5_006_000), GRID.crs)
    changes = {"slope": np.full(coarse.shape, 0.5), "hand": np.full(coarse.shape, -1.25)}
    changes["slope"][:, 40:] = 2
    layers = {key: wrap_xr(each.astype(np.float32), coarse) for key, each in changes.items()}
    write_factors(xr.Dataset(layers), folder / "local_drivers.tif")
    (folder / "model").mkdir()
    (folder / "model" / "manifest.json").write_text(json.dumps({"score_error": SCORE_ERROR}))
    return Place(
        name,
        {kind: folder / f"{kind}.tif" for kind in kinds},
        [folder / "dem.tif"],
        [folder / "inventory.gpkg"],
        priorities=folder / "priorities.gpkg",
        drivers=folder / "drivers.csv",
        local_drivers=folder / "local_drivers.tif",
        model=folder / "model",
    )


@pytest.fixture(scope="session")
def places(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    return [
        write_target(folder / name, name, seed=seed) for seed, name in enumerate(("ash", "elm"))
    ]


@pytest.fixture(scope="session")
def page(places, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "viewer.html"
    write_viewer(path, places, study="trial <1>", assets=ASSETS)
    return path


@pytest.fixture
def browse(page, tmp_path):
    """Open the page in a browser, take steps, and return what was seen."""
    browser = os.environ.get("LANDSHIFT_BROWSER")
    if not browser:
        pytest.skip("no browser: run `make test-web`")

    def take(*steps, page=page, ready=()):
        script = Path(__file__).with_name("browse.py")
        command = [browser, str(script), page, tmp_path / "view.png", *ready]
        done = subprocess.run(
            command, input=json.dumps(steps), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return take


@pytest.fixture
def listener():
    """Hear what reaches a port of this machine: its address and the paths asked for."""
    heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):  # the name that http.server calls
            heard.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments):
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", heard
        server.shutdown()


@pytest.fixture
def manifest():
    """State the origin of a small model, as its manifest does."""
    return {
        "region": "ash",
        "family": "ensemble",
        "learners": ["lr", "rf"],
        "factors": ["slope", "twi"],
        "units": ["degree", "ln(m)"],
        "target_factors": [],
        "target_classes": [],
        "sources": {"oak": "0123456789abcdef" * 4},
        "presences": 7,
        "prevalence": 0.02,
        "seed": 1,
        "version": "0.1.0",
    }
