"""The page of factors in docs is the table of the package."""

import importlib.util
import re
from pathlib import Path

import pytest

from landshift.factors.table import FACTORS

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def generator():
    specification = importlib.util.spec_from_file_location(
        "describe_factors", DOCS / "describe_factors.py"
    )
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_page_equals_the_table(generator):
    assert (DOCS / "factors.md").read_text() == generator.describe_factors(), "run make factor-docs"


def test_every_factor_has_a_row():
    table, _ = (DOCS / "factors.md").read_text().split("## Compared")
    named = re.findall(r"^\|.*?\| `(\w+)` \|", table, re.MULTILINE)
    assert sorted(named) == sorted(FACTORS)


def test_no_picture_without_a_factor():
    pictures = {path.stem for path in (DOCS / "images/factors").glob("*.png")}
    assert pictures <= set(FACTORS)


def test_links_keep_what_belongs_to_an_address(generator):
    text = "Freeman (1991), doi:10.1016/0098-3004(91)90048-I. Later, doi:10.1/x; end"
    assert generator._link_sources(text) == (
        "Freeman (1991), [doi](https://doi.org/10.1016/0098-3004%2891%2990048-I). "
        "Later, [doi](https://doi.org/10.1/x); end"
    )
