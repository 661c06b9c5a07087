"""The styles in QGIS itself: every cell has the colour that the style states."""

import json
import os
import subprocess
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import rasterio
from matplotlib.colors import to_rgb

from landshift.mapping.classes import CLASS_COLOURS
from landshift.report.styles import (
    list_class_entries,
    list_susceptibility_entries,
    write_qml,
    write_sld,
)

pytestmark = pytest.mark.qgis

SLD = "{http://www.opengis.net/sld}"


@pytest.fixture(scope="module")
def seen(places, tmp_path_factory):
    """Let QGIS draw the two maps that have a style, and note what it says."""
    python = os.environ.get("LANDSHIFT_QGIS")
    if not python:
        pytest.skip("no QGIS: run `make test-qgis`")
    folder = tmp_path_factory.mktemp("qgis")
    entries = {
        "susceptibility": list_susceptibility_entries(places[0].maps["susceptibility"]),
        "classes": list_class_entries(),
    }
    jobs = []
    for kind, own in entries.items():
        ramp = kind == "susceptibility"
        write_qml(folder / f"{kind}.qml", own, ramp=ramp)
        write_sld(folder / f"{kind}.sld", own, name=kind, ramp=ramp)
        files = {
            "raster": places[0].maps[kind],
            "style": folder / f"{kind}.qml",
            "picture": folder / f"{kind}.png",
            "sld": folder / f"{kind}_of_qgis.sld",
        }
        jobs.append({name: str(file) for name, file in files.items()})
    command = [python, str(Path(__file__).with_name("render.py"))]
    done = subprocess.run(
        command, input=json.dumps(jobs), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(entries, zip(json.loads(done.stdout), jobs, strict=True), strict=True))


def read_picture(job):
    """Read the picture that QGIS has drawn: red, green, blue and opacity of every cell."""
    with rasterio.open(job["picture"]) as source:
        return source.read()


@pytest.mark.parametrize(
    ("kind", "renderer"), [("susceptibility", "singlebandpseudocolor"), ("classes", "paletted")]
)
def test_the_style_is_taken(seen, kind, renderer):
    said, _ = seen[kind]
    assert said["loaded"] and said["exported"], said["message"]
    assert said["renderers"][1] == renderer and said["problems"] == []


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_every_class_has_its_colour_and_name(seen, places):
    said, job = seen["classes"]
    with rasterio.open(places[0].maps["classes"]) as source:
        codes = source.read(1)
    *drawn, opacity = read_picture(job)
    np.testing.assert_array_equal(opacity, np.where(codes == 0, 0, 255))
    for code, colour in enumerate(CLASS_COLOURS, start=1):
        cells = np.array(drawn)[:, codes == code]
        assert cells.size and (np.round(255 * np.array(to_rgb(colour))) == cells.T).all()
    assert said["legend"][-5:] == [label for _, _, label in list_class_entries()]


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_the_ramp_is_interpolated_between_its_colours(seen, places):
    _, job = seen["susceptibility"]
    entries = list_susceptibility_entries(places[0].maps["susceptibility"])
    with rasterio.open(places[0].maps["susceptibility"]) as source:
        values = source.read(1)
    *drawn, opacity = read_picture(job)
    known = ~np.isnan(values)
    np.testing.assert_array_equal(opacity, np.where(known, 255, 0))
    stops = [value for value, _, _ in entries]
    assert all(one < other for one, other in pairwise(stops))
    channels = 255 * np.array([to_rgb(colour) for _, colour, _ in entries]).T
    for band, channel in zip(drawn, channels, strict=True):
        expected = np.interp(values[known], stops, channel)
        np.testing.assert_allclose(band[known], expected, atol=1)


@pytest.mark.parametrize("kind", ["susceptibility", "classes"])
def test_our_sld_says_what_qgis_would_write(seen, kind):
    _, job = seen[kind]
    ours, theirs = (
        list(next(ElementTree.parse(path).iter(f"{SLD}ColorMap")))
        for path in (Path(job["style"]).with_suffix(".sld"), job["sld"])
    )
    assert [entry.get("color") for entry in ours] == [entry.get("color") for entry in theirs]
    assert [entry.get("label") for entry in ours] == [entry.get("label") for entry in theirs]
    values = [[float(entry.get("quantity")) for entry in entries] for entries in (ours, theirs)]
    assert values[0] == pytest.approx(values[1], rel=1e-6)
