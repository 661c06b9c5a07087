"""Map a region from its factor files, or only read them, or also write; one line of JSON.

python map_region.py STEP WORK THREADS FILE...

STEP is `train` (a model of the default sizes on labels by a rule, into WORK), `read` (every block
of the factors), `copy` (read, and write two rasters without a model) or `map`.
"""

import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import dask
import numpy as np
import pandas as pd
import rasterio

from landshift.geodata.cog import write_cogs
from landshift.geodata.raster import BLOCK, read_factors
from landshift.mapping.compiled.model import compile_model
from landshift.mapping.predict import map_susceptibility
from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.pretraining import pretrain_sources
from landshift.transfer.storage import load_model, save_model

LEARNERS = ("rf", "lr", "xgb", "lgbm")
DRAWN_CELLS = 60_000
SHOTS = 50


class Copy:
    """In place of a model: the first two factors."""

    def __init__(self, factors: tuple[str, ...]) -> None:
        self.factors = factors

    def predict(self, matrix: np.ndarray) -> SimpleNamespace:
        """Return columns."""
        return SimpleNamespace(probability=matrix[:, 0], sd=matrix[:, 1])


def main(step: str, work: Path, threads: int, files: list[Path]) -> None:
    """Run a step and print its seconds."""
    dask.config.set(scheduler="threads", num_workers=threads)
    if step == "train":
        print(json.dumps(train(work, files)))
        return
    model = load_model(work / "model")
    start = time.perf_counter()
    layers = read_factors(files, names=model.factors, chunks=BLOCK)
    if step == "read":
        # one sum per row of blocks: every block is read, none is kept
        sums = [layers[name].isel(x=slice(None, None, 64)).sum() for name in model.factors]
        dask.compute(*sums)
    else:
        chosen = compile_model(model) if step == "map" else Copy(model.factors)
        targets = {name: work / f"{step}_{name}.tif" for name in ("susceptibility", "uncertainty")}
        write_cogs(map_susceptibility(chosen, layers), targets)
    print(json.dumps({"seconds": time.perf_counter() - start}))


def train(work: Path, files: list[Path]) -> dict:
    """Pre-train on halves of a drawn table and fine-tune on some cells of it."""
    cells = draw_cells(files)
    factors = sorted(cells.columns)
    spread = cells.std().replace(0, 1)
    scaled = (cells - cells.mean()) / spread
    generator = np.random.default_rng(1)
    chance = 1 / (1 + np.exp(1.5 - scaled[factors[:6]].sum(axis=1)))
    cells["presence"] = (generator.uniform(size=len(cells)) < chance).astype(np.int8)
    cells["region"] = np.where(np.arange(len(cells)) % 2, "alder", "birch")
    cells["x"], cells["y"], cells["block"] = np.arange(len(cells), dtype=float), 0.0, 0
    samples, rest = cells.iloc[:3000], cells.iloc[3000:]
    background = rest.iloc[:2000].drop(columns="presence")
    models = [
        pretrain_sources(samples, background, learner=learner, seed=1) for learner in LEARNERS
    ]
    shots = rest.iloc[2000:].groupby("presence").head(SHOTS)
    tuned = fine_tune_target(models, shots, background, prevalence=0.02, seed=1)
    save_model(tuned, work / "model")
    with rasterio.open(files[0]) as source:
        size = source.width * source.height
    return {"cells": size, "factors": len(factors), "labels": len(tuned.labels)}


def draw_cells(files: list[Path]) -> pd.DataFrame:
    """Draw cells with data in every factor from tiles spread over the region."""
    generator = np.random.default_rng(0)
    tables, found = [], 0
    with rasterio.open(files[0]) as source:
        windows = [window for _, window in source.block_windows(1)]
    for index in generator.permutation(len(windows)):
        columns = {}
        for file in files:
            with rasterio.open(file) as source:
                bands = source.read(window=windows[index]).astype(np.float32)
                columns |= dict(zip(source.descriptions, bands, strict=True))
        table = pd.DataFrame({name: band.ravel() for name, band in columns.items()}).dropna()
        tables.append(table.sample(min(len(table), 5000), random_state=int(index)))
        found += len(tables[-1])
        if found >= DRAWN_CELLS:
            break
    drawn = pd.concat(tables).sample(frac=1, random_state=0).reset_index(drop=True)
    if len(drawn) < 10_000:
        raise ValueError(f"{files}: {len(drawn)} cells have all factors, 10000 are needed")
    return drawn


if __name__ == "__main__":
    step, work, threads, *files = sys.argv[1:]
    main(step, Path(work), int(threads), [Path(file) for file in files])
