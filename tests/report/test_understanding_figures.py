"""Figures of drivers and of trust: what they say, and whether everyone can read their colours."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from landshift.mapping.applicability import mask_applicability
from landshift.report.figures import corridors, drivers, style, trust
from landshift.report.figures.style import write_figure

from .test_figures import check_layout, find_text, make_map, make_region

# severe forms, Machado, Oliveira and Fernandes (2009), doi:10.1109/TVCG.2009.113
VISION = {
    "normal": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def see(colour, vision):
    """CIE L*a*b* of a colour as someone with that vision sees it."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(VISION[vision]) @ linear, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = (
        np.cbrt(value) if value > 0.008856 else 7.787 * value + 16 / 116
        for value in to_xyz @ seen / np.array([0.9505, 1, 1.089])
    )
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISION)
def test_bivariate_colours_stay_apart(vision):
    seen = [see(colour, vision) for colour in style.BIVARIATE]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 15


def test_bivariate_colours_darken_with_either_map():
    lightness = np.reshape([see(colour, "normal")[0] for colour in style.BIVARIATE], (3, 3))
    assert np.all(np.diff(lightness, axis=0) < -5) and np.all(np.diff(lightness, axis=1) < -5)


@pytest.mark.parametrize("shape", [(80, 120), (120, 60)])
def test_maps_of_trust_are_laid_out(shape):
    susceptibility, dem = make_region(*shape)
    index = make_map(np.random.default_rng(1).random(shape), "dissimilarity")
    index[:20, :20] = np.nan
    mask = mask_applicability(index, 0.75)
    shown = trust.plot_applicability(mask, dem, title="Applicability")
    check_layout(shown)
    outside = float((mask == 0).sum() / (mask != 255).sum())
    assert find_text(shown, f"outside ({outside:.1%})")
    both = trust.plot_bivariate_map(susceptibility, index, dem, title="Both")
    check_layout(both)
    assert find_text(both, "Susceptibility [1]") and find_text(both, "no data")


def make_drivers(factors=15):
    generator = np.random.default_rng(2)
    names = [f"factor_{number}" for number in range(factors)]
    scopes = ["map", *(f"class {code}" for code in range(1, 6)), "source alder", "source birch"]
    tables = [
        pd.DataFrame(
            {
                "scope": scope,
                "factor": names,
                "mean": generator.normal(size=factors),
                "share": generator.dirichlet(np.ones(factors)),
                "from_sources": generator.random(factors),
                "from_shots": generator.random(factors),
                "agreement": 0.42,
            }
        )
        for scope in scopes
    ]
    return pd.concat(tables, ignore_index=True)


@pytest.mark.parametrize("factors", [2, 15])
def test_drivers_show_the_strongest_first(factors):
    table = make_drivers(factors)
    figure = drivers.plot_drivers(table, title="Drivers")
    check_layout(figure)
    shares = table[table["scope"] == "map"].sort_values("share", ascending=False)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == [name.replace("_", " ") for name in shares["factor"][:12]]
    assert find_text(figure, "source birch (rank correlation 0.42)")
    lengths = {patch.get_width() for patch in figure.axes[0].patches}
    assert len(lengths) == 2 * len(labels)


@pytest.mark.parametrize("factors", [2, 15])
def test_dependence_has_a_panel_per_strong_factor(factors):
    table = make_drivers(factors)
    rows = [
        (name, "m", value, value / 3, value / 3 - 1, value / 3 + 1)
        for name in table["factor"].unique()
        for value in range(5)
    ]
    curves = pd.DataFrame(rows, columns=["factor", "units", "value", "mean", "low", "high"])
    figure = drivers.plot_dependence(curves, table, title="Dependence")
    check_layout(figure)
    assert sum(axes.get_visible() for axes in figure.axes) == min(factors, 6)


@pytest.mark.attack
@pytest.mark.parametrize("units", [r"$\frac{$", "$x$", "a$b", "m\n2"])
def test_units_of_others_are_text(units, tmp_path):
    rows = [
        (name, units, value, 0.1 * value, 0.0, 0.3)
        for name in ("factor_0", "factor_1")
        for value in range(5)
    ]
    curves = pd.DataFrame(rows, columns=["factor", "units", "value", "mean", "low", "high"])
    figure = drivers.plot_dependence(curves, make_drivers(2), title=f"{units} act")
    write_figure(figure, tmp_path / "a.png")
    assert any(units in axes.get_xlabel() for axes in figure.axes)


def test_classes_are_points_without_a_line_between_them():
    rows = [("factor_0", "class", code, 0.1 * code, 0.0, 0.3) for code in (2, 5, 11)]
    rows.append(("factor_1", "m", 1.0, 0.2, 0.1, 0.3))
    curves = pd.DataFrame(rows, columns=["factor", "units", "value", "mean", "low", "high"])
    figure = drivers.plot_dependence(curves, make_drivers(2), title="Dependence")
    [axes] = [each for each in figure.axes if each.get_xlabel() == "factor 0 [class]"]
    assert [line.get_linestyle() for line in axes.get_lines()] == ["-", "None"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["2", "5", "11"]


def test_drivers_without_the_map_are_refused():
    with pytest.raises(ValueError, match="scope 'map'"):
        drivers.plot_drivers(make_drivers().query("scope != 'map'"), title="Drivers")


def make_profile(name, steps, gap=None):
    begins = 100.0 * np.arange(steps)
    table = pd.DataFrame({"corridor": name, "from_m": begins, "to_m": begins + 100})
    table["mean"] = np.linspace(0.01, 0.2, steps)
    table["maximum"] = table["mean"] * 1.5
    return table if gap is None else table.drop(index=gap)


def test_corridors_have_a_panel_each_and_gaps_stay_open():
    profiles = pd.concat([make_profile("road", 8, gap=[3, 4]), make_profile("railway", 20)])
    figure = corridors.plot_corridors(profiles, [0.02, 0.05, 0.1, 0.15], title="Corridors")
    check_layout(figure)
    road, railway = figure.axes
    assert (road.get_title("left"), railway.get_title("left")) == ("road", "railway")
    for axes, gaps in ((road, 1), (railway, 0)):
        along, heights = axes.lines[0].get_data()
        assert np.isnan(along).sum() == np.isnan(heights).sum() == 2 * gaps
    along, heights = road.lines[0].get_data()
    assert (along[0], along[5], along[8]) == (0, 0.3, 0.5)
    assert heights[0] == heights[1] == pytest.approx(0.015)


def test_corridors_elsewhere_are_said_to_be():
    figure = corridors.plot_corridors(
        make_profile("road", 0), [0.02, 0.05, 0.1, 0.15], title="Corridors"
    )
    assert find_text(figure, "No corridor of the study crosses this region")
