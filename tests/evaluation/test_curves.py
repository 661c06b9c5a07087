import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords
from shapely.geometry import Point, box
from sklearn.metrics import roc_auc_score

from landshift.evaluation.rate_curves import (
    area_under_curve,
    landslide_share_at,
    prediction_rate_curve,
    truth_auc,
)
from landshift.geodata.cells import sample_points

CRS = "EPSG:32643"


def make_map(values):
    values = np.asarray(values, np.float32)
    height, width = values.shape
    bounds = (0, 0, width * 10, height * 10)
    grid = GeoBox.from_bbox(bounds, crs=CRS, resolution=10)
    return xr.DataArray(values, dims=("y", "x"), coords=xr_coords(grid), name="susceptibility")


def make_points(*cells, height):
    """Points at (row, column), off the cell's centre."""
    places = [Point(column * 10 + 3, (height - row) * 10 - 8) for row, column in cells]
    return gpd.GeoDataFrame(geometry=places, crs=CRS)


def rows(curve):
    return curve[["area_share", "landslide_share"]].to_numpy().tolist()


def test_curve_counted_by_hand():
    # Ten cells with data, falling from 1.0 to 0.1; landslides in the 1st, 3rd and 8th.
    ranked = make_map([[1.0, 0.9, 0.8, 0.7, 0.6, np.nan], [0.5, 0.4, 0.3, 0.2, 0.1, np.nan]])
    points = make_points((0, 0), (0, 2), (1, 2), height=2)
    curve = prediction_rate_curve(ranked, points)
    third = 1 / 3
    expected = [
        [0, 0], [0.1, third], [0.2, third], [0.3, 2 * third], [0.7, 2 * third], [0.8, 1], [1, 1],
    ]  # fmt: skip
    np.testing.assert_allclose(rows(curve), expected)
    # Below the corners: 1/60 + 1/30 + 1/20 + 4/15 + 1/12 + 1/5.
    assert area_under_curve(curve) == pytest.approx(0.65)
    assert landslide_share_at(curve, 0.5) == pytest.approx(2 / 3)


def test_equal_cells_enter_together():
    tied = make_map([[0.9, 0.5, 0.5, 0.5, 0.1]])
    curve = prediction_rate_curve(tied, make_points((0, 1), (0, 0), height=1))
    np.testing.assert_allclose(rows(curve), [[0, 0], [0.2, 0.5], [0.8, 1], [1, 1]])


def test_map_without_contrast_is_the_diagonal():
    curve = prediction_rate_curve(make_map(np.full((4, 5), 0.3)), make_points((1, 1), height=4))
    assert rows(curve) == [[0, 0], [1, 1]]
    assert area_under_curve(curve) == 0.5


def test_several_landslides_in_a_cell_all_count():
    curve = prediction_rate_curve(
        make_map([[0.9, 0.5]]), make_points((0, 0), (0, 0), (0, 1), height=1)
    )
    np.testing.assert_allclose(rows(curve), [[0, 0], [0.5, 2 / 3], [1, 1]])


def test_points_off_the_map_are_left_out_and_counted():
    ranked = make_map([[0.9, 0.5, np.nan]])
    points = make_points((0, 0), (0, 2), (5, 5), (0, -1), height=1)
    curve = prediction_rate_curve(ranked, points)
    assert curve.attrs["points_left_out"] == 3
    np.testing.assert_allclose(rows(curve), [[0, 0], [0.5, 1], [1, 1]])
    np.testing.assert_array_equal(
        sample_points(ranked, points), np.float32([0.9, np.nan, np.nan, np.nan])
    )


def test_points_in_another_crs_are_moved():
    ranked = make_map(np.arange(20).reshape(4, 5) / 20)
    points = make_points((1, 3), (2, 2), height=4)
    np.testing.assert_allclose(sample_points(ranked, points.to_crs(4326)), [0.4, 0.6])


def test_curve_is_the_same_by_blocks_and_has_the_area_of_the_ranks():
    rng = np.random.default_rng(0)
    values = np.round(rng.random((900, 40)), 2)
    data = make_map(values)
    cells = np.column_stack([rng.integers(0, 900, 60), rng.integers(0, 40, 60)])
    points = make_points(*cells.tolist(), height=900)
    curve = prediction_rate_curve(data, points)
    lazy = prediction_rate_curve(data.chunk(y=100, x=15), points)
    assert curve.equals(lazy)
    hits = values[cells[:, 0], cells[:, 1]][:, None]
    ranks = (values.ravel() < hits).mean(axis=1) + (values.ravel() == hits).mean(axis=1) / 2
    assert area_under_curve(curve) == pytest.approx(ranks.mean())
    assert (np.diff(curve.area_share) > 0).all()


def test_no_landslide_on_the_map_is_refused():
    with pytest.raises(ValueError, match="none of the 1 landslides"):
        prediction_rate_curve(make_map([[0.5]]), make_points((7, 7), height=1))


def test_polygons_are_refused():
    polygons = gpd.GeoDataFrame(geometry=[box(0, 0, 10, 10)], crs=CRS)
    with pytest.raises(ValueError, match="Polygon"):
        prediction_rate_curve(make_map([[0.5]]), polygons)


def test_truth_auc_equals_brute_force():
    rng = np.random.default_rng(5)
    score, probability = np.round(rng.random(80), 1), rng.random(80)
    chance = np.outer(probability, 1 - probability)
    np.fill_diagonal(chance, 0)
    ordered = (score[:, None] > score) + 0.5 * (score[:, None] == score)
    expected = (chance * ordered).sum() / chance.sum()
    assert truth_auc(score, probability) == pytest.approx(expected, rel=1e-12)


def test_truth_auc_of_certain_labels_is_the_auc():
    rng = np.random.default_rng(6)
    labels, score = rng.integers(0, 2, 300), np.round(rng.random(300), 1)
    assert truth_auc(score, labels) == pytest.approx(roc_auc_score(labels, score))


def test_truth_auc_is_what_drawn_labels_give_on_average():
    rng = np.random.default_rng(8)
    probability = rng.beta(0.5, 3, 2000)
    score = probability + rng.normal(0, 0.1, 2000)
    drawn = [roc_auc_score(rng.random(2000) < probability, score) for _ in range(200)]
    assert truth_auc(score, probability) == pytest.approx(np.mean(drawn), abs=0.005)


def test_truth_auc_leaves_out_missing_cells_and_keeps_shape():
    score = np.array([[0.1, 0.9], [np.nan, 0.5]])
    probability = np.array([[0.0, 1.0], [1.0, np.nan]])
    assert truth_auc(score, probability) == 1
    assert truth_auc(-score, probability) == 0


@pytest.mark.parametrize(
    ("score", "probability", "message"),
    [
        ([0.1, 0.2], [0.1], "shape"),
        ([0.1, 0.2], [0.1, 1.2], "0-1"),
        ([0.1, 0.2], [0.0, 0.0], "no pair"),
        ([np.nan], [0.5], "no pair"),
    ],
)
def test_truth_auc_refuses(score, probability, message):
    with pytest.raises(ValueError, match=message):
        truth_auc(np.array(score), np.array(probability))
