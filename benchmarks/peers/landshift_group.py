"""Landshift: the workflow's own script for a group of factors, ``terrain`` or ``drainage``."""

import importlib.util
import sys
from pathlib import Path

import rasterio
from adapter import Report, read_paths

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"


def load_main(group: str):
    """Load `main` of the script that the workflow runs."""
    path = SCRIPTS / f"derive_{group}_factors.py"
    specification = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.main


if __name__ == "__main__":
    dem, folder = read_paths()
    report = Report()
    load_main(sys.argv[3])(detail=dem, dem=dem, factors=folder / "factors.tif")
    with rasterio.open(folder / "factors.tif") as written:
        report.attributes += written.descriptions
    report.print()
