"""Small synthetic regions with a known rule of failure, and models pre-trained on them."""

import os

import numpy as np
import pandas as pd
import pytest

from landshift.evaluation.benchmark.run import RegionTables
from landshift.runtime.compiled_cache import drop_stale_kernels
from landshift.study.learners import LEARNERS
from landshift.transfer.pretraining import pretrain_sources

drop_stale_kernels()

# A `make` that a test starts is not a part of the one that started the tests.
for _name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
    os.environ.pop(_name, None)

FACTORS = ("curvature", "noise", "relief", "slope", "wetness")
UNITS = {"curvature": "1/m", "noise": "1", "relief": "m", "slope": "degree", "wetness": "1"}
RULE = np.array([0.0, 0.0, 0.5, 1.6, 0.8])
"""Effect of each factor on the logit of failure."""


def draw_cells(region, count, *, seed, offset=0.0, rule=RULE):
    """Cells of a 9 km square whose factors shift by `offset`, with blocks of a 3 x 3 checker."""
    generator = np.random.default_rng([seed, count])
    place = generator.uniform(0, 9000, (count, 2)).round(2)
    values = generator.normal(size=(count, len(FACTORS)))
    chance = 1 / (1 + np.exp(2 - values @ rule))
    cells = pd.DataFrame((values + offset).astype(np.float32), columns=list(FACTORS))
    cells.insert(0, "region", region)
    cells.insert(1, "x", place[:, 0])
    cells.insert(2, "y", place[:, 1])
    cells.insert(3, "block", (place // 3000 @ [3, 1]).astype(np.int16))
    cells.insert(4, "presence", (generator.uniform(size=count) < chance).astype(np.int8))
    return cells


def draw_region(region, *, seed, samples=600, background=300, offset=0.0, rule=RULE):
    """Tables of a synthetic region, as `landshift.sampling.draw` draws them."""
    unlabelled = draw_cells(region, background, seed=seed + 1000, offset=offset, rule=rule)
    return RegionTables(
        draw_cells(region, samples, seed=seed, offset=offset, rule=rule),
        unlabelled.drop(columns="presence"),
    )


@pytest.fixture(scope="session")
def sources():
    """Two source regions of different level."""
    return {"alder": draw_region("alder", seed=1), "birch": draw_region("birch", seed=2, offset=1)}


@pytest.fixture(scope="session")
def target():
    """A target region that fails by the rule of the sources."""
    return draw_region("cedar", seed=3, samples=900, offset=-0.5)


@pytest.fixture(scope="session")
def source_tables(sources):
    """Samples and background of all sources, joined."""
    return (
        pd.concat([tables.samples for tables in sources.values()], ignore_index=True),
        pd.concat([tables.background for tables in sources.values()], ignore_index=True),
    )


@pytest.fixture(scope="session")
def source_models(source_tables):
    """A pre-trained model of each learner."""
    return [
        pretrain_sources(*source_tables, learner=learner, seed=42, units=UNITS)
        for learner in LEARNERS
    ]


@pytest.fixture(scope="session")
def make_region():
    """Draw further regions."""
    return draw_region


@pytest.fixture
def folder_bytes():
    """Content of every file below a folder, by relative path."""

    def read(folder):
        return {
            str(file.relative_to(folder)): file.read_bytes()
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }

    return read
