"""What a full disk has no room for never gets its name, whatever writes it."""

import ast
import resource
import signal
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import landshift
from landshift.acquire.fetch.store import write_json
from landshift.geodata.geopackage import write_geopackage
from landshift.report.figures.style import write_figure
from landshift.report.texts.pages import write_page
from landshift.runtime.tables import write_csv
from landshift.transfer.storage import save_model

NOISE = np.random.default_rng(1).random(20_000)


def write_figure_of_noise(path):
    figure, axes = plt.subplots()
    axes.plot(NOISE)
    write_figure(figure, path)
    plt.close(figure)


def write_points(path):
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(NOISE, NOISE), crs="EPSG:32632")
    write_geopackage(path, {"landslides": points})


WRITERS = {
    "table.csv": lambda path: write_csv(pd.DataFrame({"noise": NOISE}), path),
    "record.json": lambda path: write_json({"noise": NOISE.tolist()}, path),
    "page.html": lambda path: write_page(path, "text\n" * 20_000, title="page"),
    "figure.png": write_figure_of_noise,
    "points.gpkg": write_points,
}
"""Writers of files; those of rasters and windows are tested in tests/geodata/test_whole.py."""


@contextmanager
def limited(size):
    """Let no file grow beyond a size [bytes], as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def list_files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("before", [None, b"what was there before"])
@pytest.mark.parametrize("limit", [0, 10_000])
@pytest.mark.parametrize("name", WRITERS)
def test_a_file_that_finds_no_room_has_no_name(tmp_path, name, limit, before):
    path = tmp_path / name
    if before:
        path.write_bytes(before)
    with limited(limit), pytest.raises(OSError, match=r"."):
        WRITERS[name](path)
    assert list_files(tmp_path) == ([path] if before else [])
    assert not before or path.read_bytes() == before
    WRITERS[name](path)
    assert path.stat().st_size > limit


@pytest.mark.parametrize("limit", [0, 500])
@pytest.mark.parametrize("learner", ["lr", "rf", "xgb", "lgbm"])
def test_a_model_that_finds_no_room_is_no_model(source_models, tmp_path, learner, limit):
    model = next(model for model in source_models if model.learner == learner)
    with limited(limit), pytest.raises(OSError, match=r"."):
        save_model(model, tmp_path / learner)
    assert list(tmp_path.iterdir()) == []


def find_writes(path):
    """Find calls that write a file, outside of `with unfinished(...)` and the like."""
    found = []
    kinds = {"to_csv", "to_parquet", "to_file", "write_text", "write_bytes", "savez_compressed"}

    def visit(node, safe):
        if isinstance(node, ast.With):
            names = {ast.unparse(item.context_expr).partition("(")[0] for item in node.items}
            safe = safe or bool(names & {"unfinished", "unfinished_raster", "create_raster"})
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            opened = node.func.attr == "open" and any(
                isinstance(word, ast.Constant) and word.value in ("w", "wb", "x")
                for word in [*node.args, *(key.value for key in node.keywords)]
            )
            if not safe and (node.func.attr in kinds or opened):
                found.append(f"{path.name}:{node.func.attr}")
        for child in ast.iter_child_nodes(node):
            visit(child, safe)

    visit(ast.parse(path.read_text()), False)
    return found


# Each of these writes into a folder or file that gets its name when all is there, or that is none
# of the product.
KNOWN = {
    "arrays.py:savez_compressed": "into memory",
    "arrays.py:write_bytes": "into the folder of a model, which is renamed when complete",
    "manifest.py:write_text": "likewise",
    "frozen.py:write_text": "the output of a job, which Snakemake removes if the job fails",
    "compiled_cache.py:write_text": "a stamp: a cut one is another one",
    "updates.py:open": "a lock",
    "files.py:open": "likewise",
    "transfers.py:open": "into a partial file",
    "running.py:open": "a log, which grows as the run goes on",
}


def test_no_other_path_writes_files():
    package = Path(landshift.__file__).parent
    found = {write for path in package.rglob("*.py") for write in find_writes(path)}
    assert found == set(KNOWN)
