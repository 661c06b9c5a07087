"""What `import landshift` hands on: enough to come from an elevation model to a map."""

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

import landshift

ROOT = Path(__file__).parents[1]

DESIGNED = [
    "terrain.derive_terrain_factors", "drainage.derive_drainage_factors", "sampling.draw_samples",
    "selection.select_factors", "transfer.pretrain_sources", "transfer.fine_tune_target",
    "mapping.map_susceptibility", "mapping.mosaic_maps", "evaluation.run_transfer_benchmark",
    "evaluation.evaluate_target", "models.save_model", "models.load_model",
]  # fmt: skip
"""Names of the public interface, which do not change without a word in the changelog."""


def make_region(name, seed):
    region = landshift.generate_virtual_region(
        name, seed=seed, origin=(0, 0), crs="EPSG:32632", size=64, landslides=60
    )
    elevation = region.layers["dem"]
    factors = landshift.derive_terrain_factors(elevation)
    samples = landshift.draw_samples(
        factors, region.inventory, elevation=elevation, region=name, seed=1
    )
    background = landshift.draw_background(factors, samples, region=name, cells=300, seed=1)
    return region, factors, samples, background


def test_from_an_elevation_model_and_an_inventory_to_a_map_and_its_score():
    _, _, samples, background = make_region("alder", 1)
    models = [
        landshift.pretrain_sources(samples, background, learner=learner, seed=1)
        for learner in ("lr", "rf")
    ]
    target, factors, known, unlabelled = make_region("birch", 2)
    shots = landshift.draw_shots(known, region="birch", seed=1, shots=10)
    model = landshift.fine_tune_target(models, shots, unlabelled, prevalence=0.04, seed=1)
    susceptibility = landshift.map_susceptibility(model, factors)["susceptibility"]
    curve = landshift.prediction_rate_curve(susceptibility, target.inventory)
    classes = landshift.classify_susceptibility(
        susceptibility, landshift.class_breaks(susceptibility, "quantile")
    )
    # far better than a map without contrast, whose curve is the diagonal
    assert (curve["landslide_share"] - curve["area_share"]).max() > 0.2
    assert set(classes.to_numpy().ravel()) <= {0, 1, 2, 3, 4, 5}


def test_the_page_on_python_prints_what_it_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(python|text)\n(.*?)^```$", page, flags=re.DOTALL | re.MULTILINE)
    printed, shown = io.StringIO(), [text for kind, text in blocks if kind == "text"]
    with contextlib.redirect_stdout(printed):
        exec("\n".join(text for kind, text in blocks if kind == "python"), {})
    # the last digits differ from one processor to another
    assert [hide(line) for line in printed.getvalue().splitlines(True)] == list(map(hide, shown))
    assert {path.name for path in tmp_path.glob("*.tif")} >= {"susceptibility.tif", "classes.tif"}


def hide(text):
    return re.sub(r"[0-9.]+%", "#", text)


@pytest.mark.parametrize("name", landshift.__all__)
def test_every_name_shows_its_use(name):
    assert ">>> " in getattr(landshift, name).__doc__, f"{name} has no example"


def test_the_names_are_listed_and_others_are_refused():
    assert {"map_susceptibility", "read_inventory"} <= set(dir(landshift))
    assert 15 <= len(landshift.__all__) <= 25
    with pytest.raises(AttributeError, match="no attribute 'map_everything'"):
        _ = landshift.map_everything


@pytest.mark.parametrize("name", DESIGNED)
def test_the_public_names_are_where_they_were(name):
    module, _, function = name.partition(".")
    code = f"import landshift.{module} as room; assert callable(room.{function})"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_to_import_it_loads_nothing_heavy():
    code = "import landshift, sys; assert not {'numpy', 'xarray', 'rasterio'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
