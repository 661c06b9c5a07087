"""Recorded figures: what a re-run compares with, and that the README states no others."""

import importlib.util
import json
import re
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
ENTRY = {
    "what": "mean AUC", "page": "README.md", "command": "make benchmark", "file": "summary.csv",
    "select": {"method": "a"}, "column": "auc", "by": "shots", "tolerance": 0.01,
    "values": {"5": 0.7, "10": 0.8},
}  # fmt: skip


@pytest.fixture(scope="module")
def compare():
    path = ROOT / "docs/compare_figures.py"
    spec = importlib.util.spec_from_file_location("compare_figures", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.compare


def write_summary(folder, *scores):
    table = pd.DataFrame(scores, columns=["method", "shots", "auc"])
    table.to_csv(folder / "summary.csv", index=False)


def test_equal_figures_are_silent(compare, tmp_path):
    write_summary(tmp_path, ("a", 5, 0.69), ("a", 5, 0.71), ("a", 10, 0.805), ("b", 5, 0.1))
    assert list(compare(ENTRY, tmp_path)) == []


def test_other_and_lost_figures_are_named(compare, tmp_path):
    write_summary(tmp_path, ("a", 5, 0.72))
    assert list(compare(ENTRY, tmp_path)) == [
        "mean AUC, shots 10: recorded 0.8, now None (tolerance 0.01, README.md)",
        "mean AUC, shots 5: recorded 0.7, now 0.72 (tolerance 0.01, README.md)",
    ]


def test_a_missing_file_names_its_command(compare, tmp_path):
    assert list(compare(ENTRY, tmp_path)) == [
        "mean AUC: summary.csv is missing; run `make benchmark`"
    ]


def test_the_readme_states_what_is_recorded():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    stated = [float(number) for number in re.findall(r"(?<!\d)\.\d{3}\b", readme)]
    for entry in json.loads((ROOT / "docs/recorded.json").read_text(encoding="utf-8")):
        if entry["page"] == "README.md":
            for value in entry["values"].values():
                assert min(abs(value - number) for number in stated) < 0.0006, entry["what"]
