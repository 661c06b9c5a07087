"""Jobs find the package of the checkout, and nothing in the working folder."""

import os

import pytest

from landshift.runtime.checkout import SOURCE, lead_jobs_here


@pytest.mark.parametrize("stated", ["", "/elsewhere", ":/elsewhere:", SOURCE])
def test_the_package_leads_and_no_part_is_empty(monkeypatch, stated):
    monkeypatch.setenv("PYTHONPATH", stated)
    lead_jobs_here()
    lead_jobs_here()
    parts = os.environ["PYTHONPATH"].split(os.pathsep)
    assert parts.count(SOURCE) == 1 and (stated != SOURCE or parts == [SOURCE])
    assert "" not in parts
