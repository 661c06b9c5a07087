import pytest

from landshift.acquire.fetch import policy as retrying
from landshift.geodata.grids import plan_box

from . import products

BOX = (10.96, 43.97, 11.03, 44.02)
"""A box over the corner of four tiles."""


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    """Do not wait long before another attempt, and ask no mirror of the user."""
    monkeypatch.setattr(retrying, "FIRST_WAIT_S", 0.001)
    monkeypatch.delenv("LANDSHIFT_MIRROR", raising=False)


@pytest.fixture(scope="session")
def box():
    return BOX


@pytest.fixture(scope="session")
def grid(box):
    return plan_box(resolution_m=100, box=box)


@pytest.fixture(scope="session")
def served(tmp_path_factory, box, grid):
    """Folder of products under their public addresses."""
    folder = tmp_path_factory.mktemp("served")
    products.write_elevation(folder, box)
    products.write_land_cover(folder, box)
    days = ["2023-05-01", "2023-06-01", "2023-07-01", "2023-08-01"]
    products.write_images(folder, plan_box(resolution_m=50, box=box), days)
    return folder
