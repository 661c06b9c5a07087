import itertools
import math
from pathlib import Path
from unittest.mock import patch

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords
from shapely.geometry import Point

from landshift.mapping.classes import classify_susceptibility
from landshift.report.figures import curves, maps, style
from landshift.report.figures import map_frame as furniture


def make_map(values, name, crs="EPSG:32643"):
    height, width = values.shape
    bounds = (340_000, 3_820_020, 340_000 + width * 30, 3_820_020 + height * 30)
    grid = GeoBox.from_bbox(bounds, crs=crs, resolution=30, tight=True)
    return xr.DataArray(
        values.astype(np.float32), dims=("y", "x"), coords=xr_coords(grid), name=name
    )


def make_region(height, width):
    rows, columns = np.indices((height, width))
    dem = 800 + 300 * np.sin(rows / 15) * np.cos(columns / 20) + 2 * rows
    values = 1 / (1 + np.exp(3 + 3 * np.cos(rows / 7) * np.sin(columns / 9)))
    values[:20, :20] = np.nan
    return make_map(values, "susceptibility"), make_map(dem, "dem")


def make_points(count, seed=0):
    rng = np.random.default_rng(seed)
    places = [
        Point(x, y) for x, y in rng.uniform((340_700, 3_820_700), (342_500, 3_822_500), (count, 2))
    ]
    return gpd.GeoDataFrame(geometry=places, crs="EPSG:32643").to_crs(4326)


def make_benchmark(targets=("ecuador", "balakot", "korea"), close=False):
    rng = np.random.default_rng(1)
    methods = {
        ("fine_tuned", "ensemble"): 0.76,
        ("fine_tuned", "rf"): 0.78,
        ("local_only", "gp"): 0.74,
        ("local_only", "rf"): 0.70,
        ("pooled", "xgb"): 0.73,
        ("zero_shot", "ensemble"): 0.68,
    }
    rows = [
        (target, family, method, regime, shots, draw, 0.75 if close else auc + rng.normal(0, 0.02))
        for target in targets
        for (method, family), auc in methods.items()
        for regime in ("inductive", "transductive")
        for shots in (5, 10, 20, 50)
        for draw in range(5)
    ]
    names = ["target", "family", "method", "regime", "shots", "draw", "auc"]
    return pd.DataFrame(rows, columns=names)


def read_texts(figure):
    """List what is really drawn: ticks beyond an axis exist but are not."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    drawn = []

    def record(text, renderer):
        drawn.append(text)

    with patch.object(Text, "draw", record):
        figure.draw(renderer)
    # Of an annotation the text alone, without its leader.
    return [
        (text.get_text(), Text.get_window_extent(text, renderer))
        for text in drawn
        if text.get_visible() and text.get_text()
    ]


def find_text(figure, part):
    return [text for text, _ in read_texts(figure) if part in text]


def check_layout(figure):
    texts = read_texts(figure)
    for text, box in texts:
        assert box.x0 >= 0 and box.y0 >= 0, text
        assert box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1, text
    for (one, first), (other, second) in itertools.combinations(texts, 2):
        assert not first.padded(-1).overlaps(second.padded(-1)), (one, other)


SHAPES = [(120, 120), (160, 120), (70, 160), (40, 200), (300, 90)]


@pytest.mark.parametrize("shape", SHAPES)
def test_maps_of_any_shape_have_no_overlapping_text(shape):
    susceptibility, dem = make_region(*shape)
    points, shots = make_points(4000), make_points(10, seed=1)
    check_layout(
        maps.plot_susceptibility_map(
            susceptibility, dem, title="Balakot", shots=shots, landslides=points
        )
    )
    classes = classify_susceptibility(susceptibility, [0.01, 0.05, 0.1, 0.3])
    check_layout(maps.plot_classes(classes, dem, title="Balakot", shots=shots, landslides=points))


def test_susceptibility_map_says_what_it_shows():
    susceptibility, dem = make_region(120, 120)
    figure = maps.plot_susceptibility_map(
        susceptibility, dem, title="Balakot", shots=make_points(7), landslides=make_points(1200)
    )
    for part in (
        "Balakot",
        "Susceptibility [1]",
        "fine-tuning (7)",
        "landslide (1,200)",
        "N",
        "Easting [km]",
        "Northing [km]",
        "EPSG:32643",
        "cell size 30 m",
        " km",
    ):
        assert find_text(figure, part), part


def test_class_map_states_the_share_of_area():
    values = np.repeat([0.05, 0.15, 0.25, 0.35, 0.45], [10, 20, 30, 30, 10]).reshape(1, 100)
    tall = np.repeat(values, 50, axis=0)
    classes = classify_susceptibility(make_map(tall, "s"), [0.1, 0.2, 0.3, 0.4])
    dem = make_map(np.zeros_like(tall), "dem")
    figure = maps.plot_classes(classes, dem, title="Plain")
    assert find_text(figure, "very low (10%)")
    assert find_text(figure, "moderate (30%)")


def test_lazy_map_gives_the_same_picture_as_an_eager_one(tmp_path):
    susceptibility, dem = make_region(120, 140)
    for name, (values, heights) in {
        "eager": (susceptibility, dem),
        "again": (susceptibility, dem),
        "lazy": (susceptibility.chunk(y=50, x=33), dem.chunk(y=64)),
    }.items():
        figure = maps.plot_susceptibility_map(values, heights, title="Balakot")
        style.write_figure(figure, tmp_path / f"{name}.png")
    eager = (tmp_path / "eager.png").read_bytes()
    assert eager == (tmp_path / "again.png").read_bytes() == (tmp_path / "lazy.png").read_bytes()
    assert b"Software" not in eager
    assert len(list(tmp_path.iterdir())) == 3


def test_other_grid_or_no_data_is_refused():
    susceptibility, dem = make_region(60, 60)
    with pytest.raises(ValueError, match="grid"):
        maps.plot_susceptibility_map(susceptibility, dem[:-1], title="Balakot")
    with pytest.raises(ValueError, match="no cell"):
        maps.plot_susceptibility_map(susceptibility.where(False), dem, title="Balakot")


def test_map_without_contrast_is_drawn():
    flat = make_map(np.full((60, 60), 0.2), "susceptibility")
    figure = maps.plot_susceptibility_map(flat, flat * 0, title="Plain")
    check_layout(figure)


@pytest.mark.parametrize("colours", [style.SUSCEPTIBILITY, style.UNCERTAINTY, style.CLASSES])
def test_colours_darken_steadily_for_greyscale_print(colours):
    rgb = colours(np.linspace(0, 1, 5))[:, :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lightness = 116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16
    assert (np.diff(lightness) < -8).all()


def test_logit_norm_spaces_odds_evenly():
    norm = maps.logit_norm(0.01, 0.99)
    np.testing.assert_allclose(norm([0.01, 0.5, 0.99]), [0, 0.5, 1], atol=1e-9)
    np.testing.assert_allclose(norm.inverse(norm([0.1, 0.3])), [0.1, 0.3])


def test_plane_facing_the_light_is_bright_and_flat_ground_is_neutral():
    rows, columns = np.indices((9, 9))
    towards = furniture.shade_relief((rows + columns) * 20.0, 30)
    away = furniture.shade_relief(-(rows + columns) * 20.0, 30)
    flat = furniture.shade_relief(np.zeros((9, 9)), 30)
    assert towards[4, 4] > flat[4, 4] > away[4, 4]
    assert flat[4, 4] == pytest.approx(math.sin(math.radians(45)))
    colours = np.full((9, 9, 4), 0.5)
    np.testing.assert_allclose(furniture.shade_colours(colours, flat), colours)


@pytest.mark.parametrize(
    ("limit", "length"), [(999, 500), (1000, 1000), (7300, 5000), (25_000, 20_000)]
)
def test_scale_bar_has_a_round_length(limit, length):
    assert furniture._round_length(limit) == pytest.approx(length)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_transfer_curves_label_lines_directly(count):
    targets = [f"region {index}" for index in range(count)]
    figure = curves.plot_transfer_curves(make_benchmark(targets), resamples=50)
    check_layout(figure)
    assert len(find_text(figure, "fine-tuned")) == math.ceil(count / 3)
    assert find_text(figure, "local only\n(Gaussian process)")
    assert find_text(figure, "pooled\n(XGBoost)")


def test_labels_of_equal_lines_are_moved_apart():
    check_layout(curves.plot_transfer_curves(make_benchmark(close=True), resamples=10))


def test_transfer_curve_is_the_mean_over_draws_within_its_interval():
    table = make_benchmark()
    rows = table[table.regime == "transductive"]
    line = curves._summarise(rows, "korea", "fine_tuned", "ensemble", [5, 10], 500, 3)
    own = rows[(rows.target == "korea") & (rows.method == "fine_tuned")]
    own = own[(own.family == "ensemble") & (own.shots == 5)]
    assert line.mean[0] == pytest.approx(own.auc.mean())
    assert (line.low < line.mean).all() and (line.mean < line.high).all()
    again = curves._summarise(
        rows.sample(frac=1, random_state=0), "korea", "fine_tuned", "ensemble", [5, 10], 500, 3
    )
    np.testing.assert_array_equal(line.low, again.low)


def test_method_without_shots_is_a_level_line():
    table = make_benchmark(["korea"])
    zero = table[(table.method == "zero_shot") & (table.shots == 5)].assign(shots=0)
    table = pd.concat([table[table.method != "zero_shot"], zero])
    line = curves._summarise(
        table[table.regime == "inductive"], "korea", "zero_shot", "ensemble", [5, 50], 20, 0
    )
    assert (
        line.mean[0] == line.mean[1] == pytest.approx(zero[zero.regime == "inductive"].auc.mean())
    )
    check_layout(curves.plot_transfer_curves(table, regime="inductive", resamples=20))


def test_benchmark_without_a_column_or_rows_is_refused():
    table = make_benchmark()
    with pytest.raises(ValueError, match="draw"):
        curves.plot_transfer_curves(table.drop(columns="draw"))
    with pytest.raises(ValueError, match="sideways"):
        curves.plot_transfer_curves(table, regime="sideways")


def test_prediction_rate_chart_states_the_areas():
    curve = pd.DataFrame({"area_share": [0, 0.2, 1], "landslide_share": [0, 0.8, 1]})
    chance = pd.DataFrame({"area_share": [0, 1], "landslide_share": [0, 1]})
    figure = curves.plot_prediction_rate({"fine-tuned": curve, "zero-shot": chance})
    assert find_text(figure, "area under the curve 0.80\n40% in the first 10%")
    assert find_text(figure, "area under the curve 0.50")
    with pytest.raises(ValueError, match="1 to 5"):
        curves.plot_prediction_rate({})


def test_figures_leave_no_global_state():
    for path in Path(style.__file__).parent.glob("*.py"):
        assert "pyplot" not in path.read_text(), path
