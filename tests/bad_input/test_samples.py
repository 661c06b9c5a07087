"""Landslides that are too few, too close or of one kind: real files, handed to the jobs behind."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from rasterio.transform import from_origin

from landshift.acquire.fetch.store import Store
from landshift.evaluation.benchmark.splits import draw_split
from landshift.geodata.raster import open_raster, write_factors

from .conftest import CRS, NORTH, WEST, explain, load_main, make_hills, write_slides, write_tif

SETTINGS = {"background_cells": 200, "buffer_m": 60, "thinning_m": 30, "blocks": 6}


def write_layers(folder, count=12, **columns):
    """Write an elevation model, a factor file and an inventory of one region."""
    dem = write_tif(folder / "dem.tif", make_hills(60))
    slope = open_raster(dem).assign_attrs(units="degree", long_name="slope")
    write_factors(xr.Dataset({"slope": slope}), folder / "terrain.tif")
    write_slides(folder / "slides.gpkg", count, **columns)
    return folder


def draw(folder, *, factors=("terrain.tif",), surveyed=None, **settings):
    """Acquire the inventory of `write_layers` and draw its samples."""
    entry = {"file": str(folder / "slides.gpkg"), "merge_m": 0}
    if "kind" in gpd.read_file(folder / "slides.gpkg"):
        entry |= {"label": "kind", "presence": ["slide"]}
    load_main("acquire_inventory")(
        entry=entry, dem=folder / "dem.tif", store=Store(folder),
        inventory=folder / "inventory.gpkg", cleaning=folder / "cleaning.csv",
        record=folder / "inventory.json",
    )  # fmt: skip
    load_main("draw_samples")(
        region="birch", dem=folder / "dem.tif", factors=[folder / name for name in factors],
        inventory=folder / "inventory.gpkg", surveyed=surveyed, seed=7,
        settings=SETTINGS | settings, samples=folder / "samples.parquet",
        background=folder / "background.parquet",
    )  # fmt: skip


def fine_tune(folder, *, shots):
    load_main("fine_tune_target")(
        region="birch", models=[], samples=folder / "samples.parquet",
        background=folder / "background.parquet", shots=shots, settings={}, seed=7,
        model=folder / "model", table=folder / "shots.parquet",
    )  # fmt: skip


def test_fewer_landslides_than_shots(tmp_path):
    draw(write_layers(tmp_path))
    assert explain(fine_tune, tmp_path, shots=30) == (
        "regions.birch.shots: 30 landslides are wanted, but 12 are left after cleaning and "
        "thinning; lower it, or remove the key"
    )
    assert not (tmp_path / "shots.parquet").exists()


def test_landslides_all_in_one_block(tmp_path):
    draw(write_layers(tmp_path))
    samples = pd.read_parquet(tmp_path / "samples.parquet")
    samples.loc[samples["presence"] == 1, "block"] = 3
    assert explain(draw_split, samples, shots=5, seed=7) == (
        "region birch: 12 landslides in 1 of 6 spatial blocks cannot be split into 5 shots and 10 "
        "held-out landslides; lower benchmark.shots, raise samples.blocks, or leave the region out "
        "of benchmark.targets"
    )


def test_landslides_that_leave_no_absence(tmp_path):
    assert explain(draw, write_layers(tmp_path), buffer_m=5000) == (
        "region birch: no cell with data lies farther than 5000 m from all landslides; lower "
        "samples.buffer_m"
    )


def test_labels_that_are_all_landslides_draw_random_absences(tmp_path):
    draw(write_layers(tmp_path, kind=["slide"] * 12))
    assert set(pd.read_parquet(tmp_path / "samples.parquet")["presence"]) == {0, 1}


def test_absences_that_all_lie_on_landslides(tmp_path):
    write_layers(tmp_path, 2, kind=["slide", "none"])
    points = gpd.points_from_xy([WEST + 100, WEST + 101], [NORTH - 100] * 2)
    table = gpd.GeoDataFrame({"kind": ["slide", "none"]}, geometry=points, crs=CRS)
    table.to_file(tmp_path / "slides.gpkg")
    assert explain(draw, tmp_path) == (
        "region birch: none of the 1 listed absences lies on cells with data and off the "
        "landslides; check the inventory"
    )


def test_a_source_of_one_class(tmp_path):
    draw(write_layers(tmp_path))
    samples = pd.read_parquet(tmp_path / "samples.parquet")
    samples[samples["presence"] == 1].to_parquet(tmp_path / "samples.parquet", index=False)
    (tmp_path / "selected.json").write_text(json.dumps(["slope"]))
    sentence = explain(
        load_main("pretrain_sources"),
        samples=[tmp_path / "samples.parquet"], background=[tmp_path / "background.parquet"],
        selected=tmp_path / "selected.json", learners=["lr"], own_units={}, legends={},
        recipes={}, seed=7, grounds={}, shared={}, threads=1, models=[tmp_path / "lr"],
        manifest=tmp_path / "manifest.json",
    )  # fmt: skip
    assert sentence == (
        "source birch: needs presences and absences, found 12 presences in 12 samples; check its "
        "inventory"
    )


@pytest.mark.parametrize("east", [30, 0.5])
def test_factor_files_on_other_grids(tmp_path, east):
    write_layers(tmp_path)
    moved = write_tif(
        tmp_path / "moved.tif", np.ones((60, 60), np.float32),
        transform=from_origin(WEST + east, NORTH, 30, 30),
    )  # fmt: skip
    write_factors(xr.Dataset({"wetness": open_raster(moved)}), tmp_path / "drainage.tif")
    assert explain(draw, tmp_path, factors=("terrain.tif", "drainage.tif")) == (
        f"{tmp_path / 'drainage.tif'}: its grid differs from the other factor files; delete it, "
        "and run the same command again"
    )


def test_a_source_that_lies_within_its_target(tmp_path):
    draw(write_layers(tmp_path))
    sentence = explain(
        load_main("select_source_samples"), source="alder", target="birch",
        tables=[tmp_path / "samples.parquet", tmp_path / "background.parquet"],
        ground=tmp_path / "dem.tif", source_ground=tmp_path / "dem.tif", margin_m=100,
        samples=tmp_path / "kept.parquet", background=tmp_path / "cells.parquet",
        record=tmp_path / "shared.json",
    )  # fmt: skip
    assert sentence == (
        "regions.alder: all that it could teach lies in birch, which would be judged by what its "
        "models have learned; give the two separate grid.bounds, or remove one as a source"
    )
    assert not (tmp_path / "kept.parquet").exists()
