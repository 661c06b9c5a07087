"""The card of a model: what it states is what the files of the study hold."""

import json

import pandas as pd
import pytest

from landshift.model_card import Evidence, write_model_card

NAMES = ("very low", "low", "moderate", "high", "very high")


@pytest.fixture
def evidence(places, manifest, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "manifest.json").write_text(json.dumps(manifest))
    curve = {"area_share": [0, 0.1, 1], "landslide_share": [0, 0.5, 1]}
    pd.DataFrame({"curve": "prediction", **curve}).to_csv(tmp_path / "rates.csv", index=False)
    shares = {"area_share": 0.2, "held_out": [0, 0, 10, 10, 20], "held_out_share": 0.2}
    classes = pd.DataFrame({"class": range(1, 6), "name": NAMES, **shares})
    classes.to_csv(tmp_path / "classes.csv", index=False)
    layer = {"licence": "CC-BY-4.0", "sources": [{"address": "https://example.org/dem.tif"}]}
    ledger = {"version": 1, "layers": {"dem": layer, "river": {"sources": [{"file": "r.gpkg"}]}}}
    (tmp_path / "layers.json").write_text(json.dumps(ledger))
    return Evidence(
        tmp_path / "model",
        tmp_path / "rates.csv",
        tmp_path / "classes.csv",
        drivers=places[0].drivers,
        applicability=places[0].maps["applicability"],
        ledgers={"ash": tmp_path / "layers.json"},
    )


def test_card_states_origin_scores_and_licences(evidence, tmp_path):
    write_model_card(tmp_path / "card.md", evidence)
    text = (tmp_path / "card.md").read_text()
    assert text.startswith("# Model card: landslide susceptibility of ash\n")
    assert "2 factors: slope [degree], twi [ln(m)]" in text
    assert "Fine-tuned on: 7 landslides" in text and "as stated: 0.02" in text
    # Trapezoids of .1 x .25 and .9 x .75; Wilson's interval of 20 in 40.
    assert "On 40 landslides" in text and "curve: 0.700" in text
    assert "In the most susceptible 10% of the area: 50% of them (95 % interval 35% to 65%)" in text
    assert "- slope: 100%" in text
    # A third of the columns, less the gap in the corner, is outside.
    assert "33.7% of the map is outside" in text
    assert "- dem: CC-BY-4.0; https://example.org/dem.tif" in text
    assert "- river: licence not stated in the configuration; r.gpkg" in text


def test_card_without_unseen_landslides_says_so(evidence, tmp_path):
    table = pd.read_csv(evidence.classes).assign(held_out=0)
    table.to_csv(evidence.classes, index=False)
    write_model_card(tmp_path / "card.md", evidence)
    assert "No landslide was left to judge the map by" in (tmp_path / "card.md").read_text()
