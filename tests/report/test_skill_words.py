"""What the card of a model says about its skill: also what cannot be told."""

import numpy as np
import pytest

from landshift.evaluation.skill import CONTRADICTED, measure_skill
from landshift.report.texts.model_card import describe_skill


@pytest.fixture
def scores():
    cells = np.linspace(0, 1, 1001)
    return {"fine_tuned": (np.linspace(0.9, 1, 40), cells), "zero_shot": (cells[::25], cells)}


def describe(scores, prevalence, path):
    measure_skill(scores, prevalence, resamples=5).to_csv(path, index=False)
    return "\n".join(describe_skill(path))


def test_a_contradicted_prevalence_is_said_and_its_measures_are_not(tmp_path, scores):
    scores["zero_shot"] = (scores["zero_shot"][0][:40], scores["zero_shot"][1])
    text = describe(scores, 0.99, tmp_path / "skill.csv")
    assert f"{CONTRADICTED}: what follows from it is left out (-)." in text
    assert "| area under the ROC curve | - | - |" in text
    assert "| area under the prediction-rate curve | 0.9" in text
    assert "nan" not in text


def test_a_plausible_prevalence_is_not_mentioned(tmp_path, scores):
    text = describe({"fine_tuned": scores["fine_tuned"]}, 0.05, tmp_path / "skill.csv")
    assert CONTRADICTED not in text
    assert "| area under the ROC curve | 0.9" in text


def test_a_file_of_nuls_is_not_a_map_without_landslides(tmp_path):
    path = tmp_path / "skill.csv"
    path.write_bytes(b"\0" * 400)
    with pytest.raises(ValueError, match=r"skill\.csv is damaged: it holds NUL bytes"):
        describe_skill(path)
