import itertools
from dataclasses import dataclass

import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords

from landshift.mapping.classes import _group_bins, class_breaks, classify_susceptibility
from landshift.mapping.mosaic import mosaic_maps
from landshift.mapping.predict import map_susceptibility


@dataclass
class Answer:
    probability: np.ndarray
    sd: np.ndarray


class FakeModel:
    """A logistic model whose matrix product rounds differently for different shapes."""

    factors = ("slope", "relief", "wetness")
    weights = np.random.default_rng(1).normal(size=(3, 50)).astype(np.float32)

    def __init__(self):
        self.cells = 0

    def predict(self, matrix):
        assert matrix.dtype == np.float32
        self.cells += len(matrix)
        hidden = np.tanh(matrix @ self.weights)
        logit = hidden.mean(axis=1) + matrix[:, 0]
        return Answer(1 / (1 + np.exp(-logit)), np.abs(logit) + 0.1)


class ColumnModel:
    """The first factor is the answer, the second its uncertainty."""

    factors = ("first", "second")

    def predict(self, matrix):
        return Answer(matrix[:, 0], matrix[:, 1])


def make_grid(height, width, *, left=300_000, top=3_999_990, resolution=30, crs="EPSG:32643"):
    bounds = (left, top - height * resolution, left + width * resolution, top)
    return GeoBox.from_bbox(bounds, crs=crs, resolution=resolution, tight=True)


def make_dataset(values, grid, attrs=None):
    return xr.Dataset(
        {
            name: xr.DataArray(
                array.astype(np.float32), dims=("y", "x"), coords=xr_coords(grid), attrs=attrs
            )
            for name, array in values.items()
        }
    )


@pytest.fixture
def factors():
    rng = np.random.default_rng(7)
    values = {name: rng.normal(size=(90, 130)) for name in ("wetness", "slope", "unused", "relief")}
    values["slope"][:20, :30] = np.nan
    values["relief"][50, 60] = np.nan
    values["unused"][:] = np.nan
    return make_dataset(values, make_grid(90, 130), {"units": "degree", "long_name": "a factor"})


def test_factors_are_passed_in_the_models_order_and_attributes_are_the_maps_own():
    grid = make_grid(2, 2)
    first, second = np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([[1, 2], [3, 4.0]])
    data = make_dataset({"second": second, "first": first}, grid, {"units": "degree"})
    maps = map_susceptibility(ColumnModel(), data)
    np.testing.assert_array_equal(maps.susceptibility, first.astype(np.float32))
    np.testing.assert_array_equal(maps.uncertainty, second.astype(np.float32))
    assert maps.susceptibility.dtype == maps.uncertainty.dtype == np.float32
    assert maps.susceptibility.attrs["units"] == "1"
    assert maps.uncertainty.attrs["units"] == "logit"
    assert maps.odc.geobox == grid


def test_cell_without_a_factor_is_no_data(factors):
    maps = map_susceptibility(FakeModel(), factors)
    missing = np.isnan(factors.slope) | np.isnan(factors.relief)
    np.testing.assert_array_equal(np.isnan(maps.susceptibility), missing)
    np.testing.assert_array_equal(np.isnan(maps.uncertainty), missing)


@pytest.mark.parametrize("chunks", [(90, 130), (32, 32), (17, 130), (90, 7)])
def test_any_chunking_gives_the_same_bits(factors, chunks):
    whole = map_susceptibility(FakeModel(), factors)
    lazy = map_susceptibility(FakeModel(), factors.chunk(y=chunks[0], x=chunks[1]))
    assert lazy.chunks
    for name in whole:
        assert whole[name].to_numpy().tobytes() == lazy[name].to_numpy().tobytes()


def test_model_is_not_asked_about_blocks_without_data(factors):
    model = FakeModel()
    map_susceptibility(model, factors.where(False).chunk(y=30, x=30)).compute()
    assert model.cells == 0


def test_model_runs_once_for_both_variables(factors):
    model = FakeModel()
    map_susceptibility(model, factors.chunk(y=90, x=130)).compute()
    assert model.cells == 2 * 8192


def test_missing_factor_is_named(factors):
    with pytest.raises(ValueError, match="relief"):
        map_susceptibility(FakeModel(), factors.drop_vars("relief"))


@pytest.fixture
def susceptibility():
    values = np.random.default_rng(3).beta(0.3, 6, size=(700, 40)).astype(np.float32)
    values[:30] = np.nan
    values[30:60] = -0.0
    return make_dataset({"susceptibility": values}, make_grid(700, 40)).susceptibility


def test_quantile_breaks_are_exact_and_independent_of_chunks(susceptibility):
    valid = susceptibility.to_numpy()
    valid = valid[~np.isnan(valid)]
    expected = np.quantile(valid, [0.2, 0.4, 0.6, 0.8], method="inverted_cdf")
    assert class_breaks(susceptibility, "quantile") == pytest.approx(expected, rel=0, abs=0)
    assert class_breaks(susceptibility.chunk(y=64), "quantile") == pytest.approx(expected, abs=0)


def test_quantile_classes_share_the_area_evenly(susceptibility):
    classes = classify_susceptibility(susceptibility, class_breaks(susceptibility, "quantile"))
    counts = np.bincount(classes.to_numpy().ravel(), minlength=6)
    assert counts[0] == 30 * 40
    np.testing.assert_allclose(counts[1:], 670 * 40 / 5, atol=1)


def test_natural_breaks_separate_groups():
    groups = np.repeat([0.05, 0.2, 0.4, 0.7, 0.95], 40)
    values = (groups + np.tile(np.linspace(-0.02, 0.02, 40), 5)).reshape(10, 20)
    grouped = make_dataset({"s": values}, make_grid(10, 20)).s
    breaks = class_breaks(grouped, "natural")
    for low, high, value in zip(
        [0.07, 0.22, 0.42, 0.72], [0.18, 0.38, 0.68, 0.93], breaks, strict=True
    ):
        assert low <= value <= high


def test_natural_grouping_is_optimal_against_every_partition():
    rng = np.random.default_rng(0)
    weights, centres = rng.integers(1, 9, 9).astype(float), np.sort(rng.random(9))

    def squares(start, end):
        part, mass = centres[start:end], weights[start:end]
        return np.sum(mass * (part - np.average(part, weights=mass)) ** 2)

    def total(first, second):
        return squares(0, first) + squares(first, second) + squares(second, 9)

    every = {(a, b): total(a, b) for a in range(1, 8) for b in range(a + 1, 9)}
    assert tuple(_group_bins(weights, centres, 3)) == min(every, key=every.get)


def test_natural_breaks_lie_above_the_last_value_of_each_group():
    # every value has a bin of 1/1024 of its own, and so many cells that the best groups are known
    places = np.array([0, 100, 180, 400, 430, 700, 860, 1023])
    cells = np.array([30, 9, 8, 20, 1, 25, 3, 24])

    def squares(start, end):
        own = np.repeat(places[start:end], cells[start:end])
        return np.sum((own - own.mean()) ** 2)

    every = {
        ends: sum(squares(*pair) for pair in itertools.pairwise((0, *ends, len(places))))
        for ends in itertools.combinations(range(1, len(places)), 4)
    }
    best = min(every, key=every.get)
    assert best == (1, 3, 5, 7)
    # 0 and 1 are in the map, so that the bins are those of [0, 1]
    values = np.repeat(np.append(places[:-1] / 1024 + 1e-4, 1.0), cells)
    values[0] = 0.0
    mapped = make_dataset({"s": values.reshape(10, 12)}, make_grid(10, 12)).s
    expected = [(places[end - 1] + 1) / 1024 for end in best]
    assert class_breaks(mapped, "natural") == pytest.approx(expected, rel=1e-6)
    with_gaps = mapped.pad(y=(0, 1), constant_values=np.nan)
    assert class_breaks(with_gaps, "natural") == class_breaks(mapped, "natural")


def test_fixed_breaks_are_kept():
    assert class_breaks(xr.DataArray([0.5]), [0.1, 0.2, 0.3, 0.4]) == (0.1, 0.2, 0.3, 0.4)


@pytest.mark.parametrize("rule", ["jenks", [0.1, 0.2, 0.3], [0.1, 0.2, 0.2, 0.3], [0, 0.2, 0.3, 1]])
def test_wrong_rule_is_refused(rule):
    with pytest.raises(ValueError, match=r"maps\.breaks"):
        class_breaks(xr.DataArray([0.5]), rule)


def test_breaks_of_an_empty_map_are_refused(susceptibility):
    for rule in ("quantile", "natural"):
        with pytest.raises(ValueError, match="no cell"):
            class_breaks(susceptibility.where(False), rule)


def test_class_includes_its_upper_break():
    values = np.array([[np.nan, 0.0, 0.1, 0.11], [0.2, 0.3, 0.4, 1.0]])
    data = make_dataset({"s": values}, make_grid(2, 4), {"units": "1"}).s
    classes = classify_susceptibility(data, [0.1, 0.2, 0.3, 0.4])
    np.testing.assert_array_equal(classes, [[0, 1, 1, 2], [2, 3, 4, 5]])
    assert classes.dtype == np.uint8
    assert classes.attrs["nodata"] == 0
    assert classes.attrs["units"] == "class"
    lazy = classify_susceptibility(data.chunk(x=1), [0.1, 0.2, 0.3, 0.4])
    np.testing.assert_array_equal(lazy, classes)


def make_maps(grid, seed=0):
    rng = np.random.default_rng(seed)
    return make_dataset(
        {"susceptibility": rng.random(grid.shape), "uncertainty": rng.random(grid.shape) + 0.5},
        grid,
    )


def test_tiles_of_a_region_make_the_whole():
    grid = make_grid(700, 600)
    whole = make_maps(grid)
    whole = whole.where(whole.susceptibility > 0.1)
    tiles = {
        f"tile{row}{column}": whole.isel(y=slice(row, row + 380), x=slice(column, column + 333))
        for row in (0, 350)
        for column in (0, 300)
    }
    mosaic = mosaic_maps(tiles, "EPSG:32643", 30)
    assert mosaic.odc.geobox == grid
    xr.testing.assert_identical(
        mosaic.susceptibility.compute(),
        whole.susceptibility.assign_attrs(mosaic.susceptibility.attrs),
    )
    np.testing.assert_array_equal(mosaic.uncertainty, whole.uncertainty)


def test_smaller_uncertainty_wins_and_a_tie_goes_to_the_first_name():
    left, right = make_grid(1, 4), make_grid(1, 4, left=300_060)
    nan = np.nan
    maps = {
        "beech": make_dataset(
            {
                "susceptibility": np.array([[0.1, 0.1, 0.1, nan]]),
                "uncertainty": np.array([[1.0, 1.0, 1.0, nan]]),
            },
            left,
        ),
        "alder": make_dataset(
            {
                "susceptibility": np.array([[0.9, 0.9, 0.9, 0.9]]),
                "uncertainty": np.array([[1.0, 2.0, 2.0, 2.0]]),
            },
            right,
        ),
    }
    mosaic = mosaic_maps(maps, "EPSG:32643", 30)
    expected = np.array([[0.1, 0.1, 0.9, 0.9, 0.9, 0.9]], np.float32)
    np.testing.assert_array_equal(mosaic.susceptibility, expected)
    np.testing.assert_array_equal(mosaic.uncertainty, [[1, 1, 1, 2, 2, 2]])
    turned = mosaic_maps(dict(reversed(maps.items())), "EPSG:32643", 30)
    xr.testing.assert_identical(mosaic.compute(), turned.compute())
    assert "smaller uncertainty" in mosaic.attrs["overlap_rule"]
    assert mosaic.attrs["targets"] == "alder, beech"


def make_plane(grid):
    """A map that is linear in easting and northing, so that bilinear warping is exact."""
    x, y = np.meshgrid(grid.coords["x"].values, grid.coords["y"].values)
    plane = (x - 300_000) / 1e5 + (y - 3_900_000) / 1e6
    return make_dataset({"susceptibility": plane, "uncertainty": plane + 1}, grid)


def test_warping_puts_values_where_they_belong_without_seams():
    source = make_plane(make_grid(640, 610, left=300_011, top=4_000_007, resolution=28.5))
    mosaic = mosaic_maps({"only": source}, "EPSG:32643", 30).compute()
    grid = mosaic.odc.geobox
    assert grid.affine.c % 30 == grid.affine.f % 30 == 0
    expected = make_plane(grid).susceptibility
    inner = {"y": slice(3, -3), "x": slice(3, -3)}
    np.testing.assert_allclose(mosaic.susceptibility[inner], expected[inner], atol=2e-7)


def test_warped_mosaic_is_independent_of_chunks_and_reaches_other_zones():
    source = make_maps(make_grid(300, 280, crs="EPSG:32642", left=700_000))
    whole = mosaic_maps({"only": source}, "EPSG:32643", 40).compute()
    lazy = mosaic_maps({"only": source.chunk(y=64, x=100)}, "EPSG:32643", 40).compute()
    xr.testing.assert_identical(whole, lazy)
    share = float((~np.isnan(whole.susceptibility)).sum()) * 40**2 / (300 * 280 * 30**2)
    assert share == pytest.approx(1, abs=0.02)


def test_coarser_mosaic_averages():
    source = make_maps(make_grid(80, 80))
    mosaic = mosaic_maps({"only": source}, "EPSG:32643", 60)
    # The first row of cells lies halfway in a row of the mosaic.
    means = source.susceptibility.isel(y=slice(21, 61), x=slice(20, 60)).coarsen(y=2, x=2).mean()
    inside = mosaic.susceptibility.sel(y=means.y, x=means.x, method="nearest")
    np.testing.assert_allclose(inside, means, atol=1e-6)


def test_mosaic_of_far_apart_targets_is_refused():
    maps = {"near": make_maps(make_grid(4, 4)), "far": make_maps(make_grid(4, 4, top=9_000_000))}
    maps["far"] = make_maps(make_grid(4, 4, left=3_000_000, top=9_000_000))
    with pytest.raises(ValueError, match=r"EPSG:32643 at 30 m would have 1.5e\+10 cells") as error:
        mosaic_maps(maps, "EPSG:32643", 30)
    assert "resolution_m" in str(error.value)


def test_mosaic_in_degrees_is_refused():
    maps = {"only": make_maps(make_grid(4, 4))}
    with pytest.raises(ValueError, match=r"mosaic\.crs: is in degrees \(EPSG:4326\)"):
        mosaic_maps(maps, "EPSG:4326", 30)
    with pytest.raises(ValueError, match=r"mosaic\.crs: .* whose unit is US survey foot"):
        mosaic_maps(maps, "EPSG:2263", 30)
    with pytest.raises(ValueError, match=r"mosaic\.crs EPSG:99999 is unknown"):
        mosaic_maps(maps, "EPSG:99999", 30)


def test_mosaic_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        mosaic_maps({}, "EPSG:32643", 30)
