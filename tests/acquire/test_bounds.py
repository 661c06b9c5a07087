"""A region that follows from its inventory: its edges, its zone, and what cannot be meant."""

import geopandas as gpd
import pytest
from shapely import Point, box
from shapely.geometry import LineString

from landshift.acquire.inventory.bounds import bound_landslides


def frame(*shapes, crs="EPSG:32632"):
    names = [str(row + 1) for row in range(len(shapes))]
    return gpd.GeoDataFrame({"id": names}, geometry=list(shapes), crs=crs)


def test_edges_lie_on_whole_kilometres_beyond_the_buffer():
    slides = frame(Point(601_500, 4_900_100), box(603_000, 4_898_000, 603_999, 4_899_000))
    found = bound_landslides(slides, buffer_m=2000)
    assert found == {"crs": "EPSG:32632", "bounds": [599_000, 4_896_000, 606_000, 4_903_000]}


def test_new_landslides_amid_the_others_change_nothing():
    slides = [Point(601_500, 4_900_100), Point(608_200, 4_907_900)]
    found = bound_landslides(frame(*slides), buffer_m=500)
    within = [Point(605_000, 4_901_000), Point(608_400, 4_900_010)]
    assert bound_landslides(frame(*slides, *within), buffer_m=500) == found
    outside = Point(609_100, 4_901_000)
    assert bound_landslides(frame(*slides, outside), buffer_m=500)["bounds"][2] == 610_000


def test_degrees_get_the_zone_of_their_middle_unless_one_is_named():
    slides = frame(Point(-70.2, -33.4), Point(-70.3, -33.5), crs="EPSG:4326")
    found = bound_landslides(slides, buffer_m=0, crs="auto")
    assert found["crs"] == "EPSG:32719"
    west, south, east, north = found["bounds"]
    inside = box(west, south, east, north)
    assert all(inside.covers(shape) for shape in slides.to_crs("EPSG:32719").geometry)
    assert bound_landslides(slides, buffer_m=0, crs="EPSG:5361")["crs"] == "EPSG:5361"


def test_landslides_without_a_place_are_passed_over():
    slides = frame(Point(601_500, 4_900_100), None, LineString(), Point(float("inf"), 3))
    assert bound_landslides(slides, buffer_m=0)["bounds"] == [601e3, 4900e3, 602e3, 4901e3]
    with pytest.raises(
        ValueError, match=r"a.gpkg: no landslide has a place, and nothing else says"
    ):
        bound_landslides(frame(None), buffer_m=0, origin="a.gpkg")


def test_a_landslide_far_from_the_others_is_named():
    slides = frame(Point(9.1, 45.1), Point(9.2, 45.2), Point(45.1, 9.1), crs="EPSG:4326")
    with pytest.raises(ValueError) as caught:
        bound_landslides(slides, buffer_m=2000, origin="a.csv")
    assert str(caught.value) == (
        "a.csv: its landslides lie more than 200 km apart, the farthest from the others in row 3 "
        "at longitude 45.100, latitude 9.100; correct it, or state grid.box"
    )
