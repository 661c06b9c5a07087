"""Map a region of 100 million cells by the whole workflow; `make bench-large` lists its memory too.

The target is the elevation model of Emilia-Romagna at 10 m, with landslides that are invented, at
random places of some relief: its map says nothing about landslides there. The sources are two of
the real benchmark, on cells of 10 m.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import rasterio
import yaml
from factors import ROOT

DEM = "emilia_romagna_dem/dem_copernicus_10m_int16.tif"
SOURCES = ("ecuador", "korea")
CELL_M = 10
LANDSLIDES = 80
RADIUS = 5
"""Cells around a landslide in which the relief is measured."""
LEAST_RELIEF_M = 40
FOLDER = ROOT / "results" / "large"


def main() -> int:
    """Write the study and run it; returns the exit code of Snakemake."""
    if "LANDSHIFT_MIRROR" not in os.environ:
        sys.exit("LANDSHIFT_MIRROR is not set: the folder with copies of the public files")
    FOLDER.mkdir(parents=True, exist_ok=True)
    dem, inventory = Path(os.environ["LANDSHIFT_MIRROR"], DEM), FOLDER / "landslides.csv"
    invent_landslides(dem).to_csv(inventory, index=False)
    study = FOLDER / "study.yaml"
    study.write_text(yaml.safe_dump(describe_study(dem, inventory), sort_keys=False))
    command = ["snakemake", "--configfile", str(study), "--cores", str(os.cpu_count())]
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False).returncode


def invent_landslides(dem: Path) -> pd.DataFrame:
    """Draw random places of some relief: columns x and y, in the CRS of the elevation model."""
    with rasterio.open(dem) as source:
        elevation, transform = source.read(1, masked=True), source.transform
    generator = np.random.default_rng(3)
    places = []
    while len(places) < LANDSLIDES:
        row, column = (int(generator.integers(RADIUS, size - RADIUS)) for size in elevation.shape)
        around = elevation[row - RADIUS : row + RADIUS + 1, column - RADIUS : column + RADIUS + 1]
        if not around.mask.any() and np.ptp(around) > LEAST_RELIEF_M:
            places.append(transform @ (column + 0.5, row + 0.5))
    return pd.DataFrame(places, columns=["x", "y"])


def describe_study(dem: Path, inventory: Path) -> dict:
    """Describe the study as a configuration."""
    known = yaml.safe_load((ROOT / "config" / "benchmark.yaml").read_text())["regions"]
    sources = {
        name: {
            "role": "source",
            "grid": known[name]["grid"] | {"resolution_m": CELL_M},
            "layers": {"dem": known[name]["layers"]["dem"]},
            "inventory": known[name]["inventory"],
        }
        for name in SOURCES
    }
    target = {
        "role": "target",
        "grid": {"resolution_m": CELL_M},
        "layers": {"dem": {"file": str(dem)}},
        "inventory": {"file": str(inventory), "crs": "EPSG:32632", "x": "x", "y": "y"},
        "shots": LANDSLIDES // 2,
        "prevalence": 0.01,
    }
    return {
        "study": FOLDER.name,
        "regions": sources | {"emilia": target},
        "mosaic": {"crs": "EPSG:32632", "resolution_m": CELL_M},
        "priorities": {"grid_m": 5000},
    }


if __name__ == "__main__":
    sys.exit(main())
