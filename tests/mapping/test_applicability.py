"""Area of applicability against values computed by hand from its definition."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords
from scipy.spatial.distance import cdist

from landshift.mapping.applicability import (
    fit_applicability,
    map_dissimilarity,
    mask_applicability,
    share_outside,
)

FACTORS = ["slope", "relief"]


def tabulate(values, blocks, names=FACTORS):
    table = pd.DataFrame(values, columns=names).astype(np.float32)
    return table.assign(region="alder", block=blocks)


@pytest.fixture
def line():
    """Four cells on a line of slopes 0, 1, 2 and 5, each a block of its own."""
    return tabulate([[0, 3], [1, 3], [2, 3], [5, 3]], [0, 1, 2, 3])


def test_line_by_hand(line):
    found = fit_applicability(line, FACTORS, np.array([0.75, 0.25]))
    # slopes 0, 1, 2, 5: pairs 1, 2, 5, 1, 4, 3; mean 16 / 6; sd cancels, and relief never varies
    np.testing.assert_allclose(
        found.dissimilarity(np.array([[1.0, 3], [1.5, 3], [7.0, 9]])),
        np.array([0, 0.5, 2]) / (16 / 6),
    )
    # own distances 1, 1, 1, 3: quartiles 1 and 1.5, whisker 1.5 + 0.75
    assert found.threshold == pytest.approx(2.25 / (16 / 6))


def test_threshold_is_at_most_the_largest_index_of_training():
    even = tabulate([[0, 3], [1, 3], [2, 3], [3, 3]], [0, 1, 2, 3])
    found = fit_applicability(even, FACTORS, np.ones(2))
    assert found.threshold == pytest.approx(1 / (10 / 6))


def test_own_block_does_not_count(line):
    paired = line.assign(block=[0, 0, 1, 1])
    found = fit_applicability(paired, FACTORS, np.ones(2))
    # to the other block: 2, 1, 1, 4; quartiles 1 and 2.5, so the largest, 4, is inside
    assert found.threshold == pytest.approx(4 / (16 / 6))


def test_blocks_of_two_regions_are_not_one(line):
    mixed = line.assign(block=0, region=["alder", "alder", "birch", "birch"])
    assert fit_applicability(mixed, FACTORS, np.ones(2)).threshold == pytest.approx(4 / (16 / 6))


def test_weights_stretch_standardised_factors():
    generator = np.random.default_rng(5)
    values = generator.normal(size=(80, 2)) * [3, 100]
    cells = generator.normal(size=(40, 2)) * [3, 100]
    weights = np.array([0.2, 0.8])
    table = tabulate(values, np.arange(80) % 7)
    found = fit_applicability(table, FACTORS, weights)
    values = table[FACTORS].to_numpy(float)
    scale = weights / values.std(axis=0, ddof=1)
    between = cdist(values * scale, values * scale)
    mean = between.sum() / (80 * 79)
    np.testing.assert_allclose(
        found.dissimilarity(cells), cdist(cells * scale, values * scale).min(axis=1) / mean
    )


def test_classes_differ_or_not():
    names = ["slope", "rock"]
    values = [[0, 1], [0, 1], [0, 2], [0, 2]]
    found = fit_applicability(
        tabulate(values, [0, 1, 2, 3], names), names, np.ones(2), classes={"rock"}
    )
    # slope never varies: pairs differ in rock or not, 4 of 6 do, and all differences are equal
    np.testing.assert_allclose(
        found.dissimilarity(np.array([[0.0, 1], [0, 2], [0, 7]])), [0, 0, 1 / (4 / 6)]
    )


def test_class_factor_counts_as_much_as_a_measurement():
    generator = np.random.default_rng(3)
    names = ["slope", "rock"]
    codes = generator.choice([3, 8, 11], 600, p=[0.2, 0.5, 0.3])
    values = np.column_stack([generator.normal(size=600), codes])
    table = tabulate(values, np.arange(600) % 9, names)
    space = fit_applicability(table, names, np.ones(2), classes={"rock"}).space
    points = space.place(table[names].to_numpy(float)) @ space.axes.T
    slope, rock = points[:, :1], points[:, 1:]
    both = [np.mean(cdist(part, part) ** 2) for part in (slope, rock)]
    assert both[0] == pytest.approx(both[1], rel=0.01)


def test_map_is_the_same_for_any_chunks_and_keeps_gaps(line):
    found = fit_applicability(line, FACTORS, np.ones(2))
    grid = GeoBox.from_bbox((0, 0, 900, 600), crs="EPSG:32632", resolution=30, tight=True)
    generator = np.random.default_rng(1)
    layers = xr.Dataset(
        {
            name: xr.DataArray(
                generator.normal(3, 3, grid.shape).astype(np.float32),
                dims=("y", "x"),
                coords=xr_coords(grid),
            )
            for name in FACTORS
        }
    )
    layers["slope"][:4, :5] = np.nan
    whole = map_dissimilarity(found, layers)
    chunked = map_dissimilarity(found, layers.chunk(y=7, x=11)).compute()
    np.testing.assert_array_equal(whole, chunked)
    assert np.isnan(whole).sum() == 20
    mask = mask_applicability(whole, found.threshold)
    assert set(np.unique(mask)) == {0, 1, 255}
    outside = float((whole > np.float32(found.threshold)).sum() / np.isfinite(whole).sum())
    assert share_outside(mask) == pytest.approx(outside)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"block": 0}, "two spatial blocks"),
        ({"slope": np.nan}, "without a value"),
        ({"slope": 1.0}, "no distance"),
    ],
)
def test_useless_training_is_refused(line, change, message):
    with pytest.raises(ValueError, match=message):
        fit_applicability(line.assign(**change), FACTORS, np.ones(2))
