"""One place of a small finished study, against what is known of it."""

import json
import shutil
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords
from pyproj import Transformer
from scipy.special import logit

from landshift.__main__ import main
from landshift.acquire.inventory.storage import write_inventory
from landshift.geodata.raster import write_factors, write_raster
from landshift.mapping.applicability import UNKNOWN, mask_applicability
from landshift.mapping.classes import classify_susceptibility
from landshift.mapping.interval import map_interval
from landshift.mapping.predict import map_susceptibility
from landshift.report.site import Contribution, describe_site
from landshift.report.site_text import format_site
from landshift.sampling.shots import draw_shots
from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.storage import save_model

CRS = "EPSG:32632"
GRID = GeoBox.from_bbox((500000, 5200000, 500240, 5200180), crs=CRS, resolution=30, tight=True)
ROW, COLUMN = 2, 3
PLACE = (500000 + 30 * (COLUMN + 0.5), 5200180 - 30 * (ROW + 0.5))


def wrap(values, **attrs):
    return xr.DataArray(values, dims=("y", "x"), coords=xr_coords(GRID), attrs=attrs)


def locate(x, y):
    return Transformer.from_crs(CRS, 4326, always_xy=True).transform(x, y)


@pytest.fixture(scope="module")
def model(source_models, target):
    shots = draw_shots(target.samples, region="cedar", seed=1, shots=10)
    return fine_tune_target(
        source_models, shots, target.background, prevalence=0.05, seed=7, region="cedar"
    )


@pytest.fixture(scope="module")
def factors(model):
    generator = np.random.default_rng(4)
    layers = {
        name: wrap(generator.normal(size=GRID.shape).astype(np.float32), units="1")
        for name in model.factors
    }
    layers["slope"][0, 0] = np.nan
    return xr.Dataset(layers)


@pytest.fixture(scope="module")
def results(model, factors, target, tmp_path_factory):
    folder = tmp_path_factory.mktemp("results") / "small"
    maps, region = folder / "targets" / "cedar", folder / "regions" / "cedar"
    for each in (maps, region / "factors"):
        each.mkdir(parents=True)
    mapped = map_susceptibility(model, factors)
    index = wrap(np.where(np.isnan(mapped["susceptibility"]), np.nan, 0.3).astype(np.float32))
    index[ROW, COLUMN] = 0.9
    written = {
        **mapped,
        **map_interval(
            mapped["susceptibility"], mapped["uncertainty"], score_error=model.score_error
        ),
        "classes": classify_susceptibility(mapped["susceptibility"], (0.01, 0.03, 0.1, 0.3)),
        "dissimilarity": index,
        "applicability": mask_applicability(index, 0.5),
    }
    for name, data in written.items():
        write_raster(data.rename(name), maps / f"{name}.tif")
    write_factors(factors, region / "factors" / "terrain.tif")
    target.background.to_parquet(region / "background.parquet")
    shots = draw_shots(target.samples, region="cedar", seed=1, shots=10)
    shots.to_parquet(maps / "shots.parquet")
    save_model(model, maps / "model")
    x, y = PLACE
    landslides = gpd.GeoDataFrame(
        {"id": ["far", "near", "patch"], "date": ["2001", None, "2010-05-01"]},
        geometry=[
            shapely.Point(x, y - 80),
            shapely.Point(x + 30, y),
            shapely.box(x - 200, y - 10, x - 50, y + 10),
        ],
        crs=CRS,
    )
    write_inventory(region / "inventory.gpkg", landslides)
    return folder


@pytest.fixture(scope="module")
def site(results):
    return describe_site(results, *locate(*PLACE))


def test_maps_are_read_at_the_place(site, model, factors):
    values = np.array([[float(factors[name][ROW, COLUMN]) for name in model.factors]], np.float32)
    prediction = model.predict(values)
    assert site.target == "cedar"
    assert (site.x, site.y) == pytest.approx(PLACE, abs=1e-3)
    assert site.susceptibility == pytest.approx(prediction.probability[0], rel=1e-6)
    assert site.uncertainty == pytest.approx(prediction.sd[0], rel=1e-6)
    assert site.lower < site.susceptibility < site.upper
    breaks = np.array([0, 0.01, 0.03, 0.1, 0.3, 1])
    assert breaks[site.susceptibility_class - 1] < site.susceptibility
    assert site.susceptibility <= breaks[site.susceptibility_class]
    assert (site.dissimilarity, site.inside) == (pytest.approx(0.9), False)


def test_percentile_counts_less_susceptible_cells(site, model, factors):
    mapped = map_susceptibility(model, factors)["susceptibility"].values
    below = np.sum(mapped < mapped[ROW, COLUMN])
    assert site.percentile == pytest.approx(100 * (below + 0.5) / 47)


def test_contributions_make_the_susceptibility(site, factors):
    total = site.base + sum(each.contribution for each in site.contributions)
    assert total + site.prevalence_shift == pytest.approx(logit(site.susceptibility), abs=1e-5)
    sizes = [abs(each.contribution) for each in site.contributions]
    assert sizes == sorted(sizes, reverse=True)
    slope = next(each for each in site.contributions if each.factor == "slope")
    assert slope.value == pytest.approx(float(factors["slope"][ROW, COLUMN]))
    assert slope.units == "degree"


def test_nearest_landslides_come_with_distance_and_direction(site):
    found = [
        (each.id, each.date, round(each.distance_m, 3), round(each.direction_degree, 3))
        for each in site.landslides
    ]
    assert found == [
        ("near", None, 30, 90),
        ("patch", "2010-05-01", 50, 270),
        ("far", "2001", 80, 180),
    ]


def test_pushes_come_from_the_shots(site):
    assert len(site.pushes) == 5
    assert all((each.push > 0) == each.landslide for each in site.pushes)


def test_a_negligible_lower_bound_is_zero_to_a_reader(site):
    bound = replace(site, lower=2.4e-12, upper=0.13)
    assert "(90 % interval 0 to 0.13;" in format_site(bound)
    assert "(90 % interval 0.0021 to 0.13;" in format_site(replace(bound, lower=0.0021))


def test_text_says_what_matters(site):
    text = format_site(site)
    assert "OUTSIDE" in text and "30 m E: near (date unknown)" in text
    assert f"{site.susceptibility_class} of 5, {site.class_name}" in text
    assert "slope = " in text and "degree" in text
    assert max(map(len, text.splitlines())) <= 110


def test_text_names_factors_by_words(site):
    wet = Contribution("twi", 6.5, "ln(m)", 0.25)
    text = format_site(replace(site, contributions=[wet]))
    assert "+0.25  topographic wetness index (twi) = 6.5 ln(m)\n" in text


def test_command_prints_text_or_json(results, site, capsys):
    place = [str(each) for each in locate(*PLACE)]
    command = ["site", "small", *place, "--results", str(results.parent)]
    assert main(command) == 0
    assert capsys.readouterr().out == format_site(site)
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["landslides"][0]["id"] == "near"


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (locate(500000 - 40, 5200100), "lies outside all maps .*cedar"),
        (locate(500015, 5200165), "lies in cedar, but on a cell without data"),
        ((46.9, 190.0), "no place on Earth; state degrees, longitude first"),
    ],
)
def test_places_off_the_map_are_refused(results, place, message):
    with pytest.raises(ValueError, match=message):
        describe_site(results, *place)


def test_command_explains_a_study_that_is_not_there(tmp_path, capsys):
    assert main(["site", "none", "-9", "46.9", "--results", str(tmp_path)]) == 1
    assert "run the study first" in capsys.readouterr().err


@pytest.fixture
def command(results, tmp_path):
    """A study without the maps of applicability, and what describes a place of it."""
    study = shutil.copytree(results, tmp_path / "small")
    for name in ("dissimilarity", "applicability"):
        (study / "targets" / "cedar" / f"{name}.tif").unlink()
    place = [str(each) for each in locate(*PLACE)]
    return study, ["site", "small", *place, "--results", str(tmp_path)]


def test_applicability_is_unknown_without_the_data_of_the_sources(command, capsys):
    study, words = command
    (study / "sources" / "frozen").mkdir(parents=True)
    assert main(words) == 0
    assert f"applicability   {UNKNOWN}\n" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert described["applicability"] == UNKNOWN
    assert described["dissimilarity"] is None and described["inside"] is None


def test_command_names_what_an_unfinished_study_lacks(command, capsys):
    _, words = command
    assert main(words) == 1
    error = capsys.readouterr().err
    assert "lacks targets/cedar/dissimilarity.tif, targets/cedar/applicability.tif" in error
    assert "run snakemake" in error


def test_command_names_a_map_that_cannot_be_read(command, capsys):
    study, words = command
    (study / "targets" / "cedar" / "susceptibility.tif").write_text("no map")
    assert main(words) == 1
    assert "susceptibility.tif" in capsys.readouterr().err
