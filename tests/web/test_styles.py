"""Styles: what QGIS and other programs read is the colours and values of the maps."""

from xml.etree import ElementTree

import pytest

from landshift.mapping.classes import CLASS_COLOURS
from landshift.report.styles import (
    list_class_entries,
    list_susceptibility_entries,
    write_qml,
    write_sld,
)

SLD = "{http://www.opengis.net/sld}"


def test_classes_have_their_colours_in_qgis(tmp_path):
    write_qml(tmp_path / "classes.qml", list_class_entries(), ramp=False)
    root = ElementTree.parse(tmp_path / "classes.qml").getroot()
    assert root.find("pipe/rasterrenderer").get("type") == "paletted"
    entries = root.findall("pipe/rasterrenderer/colorPalette/paletteEntry")
    assert [entry.get("value") for entry in entries] == list("12345")
    assert [entry.get("color") for entry in entries] == list(CLASS_COLOURS)


def test_a_ramp_rises_within_the_map(places, tmp_path):
    entries = list_susceptibility_entries(places[0].maps["susceptibility"])
    values = [value for value, _, _ in entries]
    assert values == sorted(set(values)) and 0 < values[0] < values[-1] < 1
    write_qml(tmp_path / "map.qml", entries, ramp=True)
    renderer = ElementTree.parse(tmp_path / "map.qml").getroot().find("pipe/rasterrenderer")
    assert renderer.get("type") == "singlebandpseudocolor"
    assert float(renderer.get("classificationMax")) == pytest.approx(values[-1])
    items = renderer.findall("rastershader/colorrampshader/item")
    assert [float(item.get("value")) for item in items] == pytest.approx(values, rel=1e-5)


@pytest.mark.parametrize(("ramp", "kind"), [(True, "ramp"), (False, "values")])
def test_sld_maps_values_to_colours(tmp_path, ramp, kind):
    write_sld(tmp_path / "map.sld", list_class_entries(), name="classes", ramp=ramp)
    root = ElementTree.parse(tmp_path / "map.sld").getroot()
    assert root.find(f"{SLD}NamedLayer/{SLD}Name").text == "classes"
    [colours] = root.iter(f"{SLD}ColorMap")
    assert colours.get("type") == kind
    assert [entry.get("quantity") for entry in colours] == list("12345")
