"""Published tables: no spreadsheet runs a cell, and honest cells are as pandas writes them."""

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from landshift.runtime.tables import write_csv

pytestmark = pytest.mark.attack

ROOT = Path(__file__).parents[2]
HONEST = pd.DataFrame(
    {
        "name": ["slope", "a=b", "-12.5", "+3e4", "", "Mo\u010d\u00e1ry"],
        "count": [1, -2, 3, 4, 5, 6],
        "single": np.float32([0.1, -0.2, 1e-9, np.nan, 2, 3]),
        "double": [0.1, -0.2, 1e-9, np.nan, 2, 3],
        "mixed": [1, -2.5, None, "text", True, "-7"],
        "known": [True, False, True, True, False, True],
    }
)


@pytest.mark.parametrize("options", [{}, {"float_format": "%.5g"}])
def test_honest_tables_are_as_pandas_writes_them(tmp_path, options):
    write_csv(HONEST, tmp_path / "a.csv", **options)
    HONEST.to_csv(tmp_path / "b.csv", index=False, **options)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_no_cell_begins_like_a_formula(tmp_path, dtype):
    cells = ["=1+1", "+49 1", "-x", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "'=1"]
    table = pd.DataFrame({"=name": pd.Series(cells, dtype=dtype), "number": -1.5})
    write_csv(table, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as stream:
        header, *rows = csv.reader(stream)
    assert header == ["'=name", "number"]
    assert [row[0] for row in rows] == [f"'{cell}".replace("\r", "\n") for cell in cells[:-1]] + [
        "'=1"
    ]
    assert {row[1] for row in rows} == {"-1.5"}


def test_no_line_break_in_a_cell_begins_a_row(tmp_path):
    write_csv(pd.DataFrame({"name": ["a\r=1+1", "b\r\n=1", "c\n=1"]}), tmp_path / "a.csv")
    read = pd.read_csv(tmp_path / "a.csv", lineterminator="\n")
    assert b"\r" not in (tmp_path / "a.csv").read_bytes()
    assert read["name"].tolist() == ["a\n=1+1", "b\n=1", "c\n=1"]


def test_all_tables_of_the_workflow_are_written_so():
    """The cache alone writes CSV otherwise: it is read again, and published nowhere."""
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "workflow").rglob("*.py")]
    found = {file.name for file in files if re.search(r"\.to_csv\(", file.read_text())}
    assert found == {"tables.py", "fetching.py", "conversions.py"}
