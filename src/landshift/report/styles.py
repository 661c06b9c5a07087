"""Styles of the published maps: QML for QGIS, and SLD for other programs."""

from pathlib import Path
from xml.etree import ElementTree as xml

import numpy as np
from matplotlib.colors import to_hex

from landshift.mapping.classes import CLASS_COLOURS, CLASS_NAMES
from landshift.report.figures.style import SUSCEPTIBILITY
from landshift.report.viewer.overview import Steps, read_overview
from landshift.runtime.files import unfinished

STOPS = 9
"""Colours of a ramp between which a program interpolates."""

Entries = list[tuple[float, str, str]]
"""Value, colour as ``#rrggbb`` and label."""


def list_class_entries() -> Entries:
    """List the colours and names of the five classes."""
    names = zip(CLASS_COLOURS, CLASS_NAMES, strict=True)
    return [(code, colour, f"{code} {name}") for code, (colour, name) in enumerate(names, start=1)]


def list_susceptibility_entries(path: str | Path) -> Entries:
    """List colours of a susceptibility map, even on the logit between its 1 % and 99 % quantiles.

    Raises
    ------
    OSError, ValueError
        If the map cannot be read or has no cell with data.
    """
    values = read_overview(path).data
    if np.isnan(values).all():
        raise ValueError(f"{path}: the map has no cell with data; a style needs some")
    low, high = np.clip(np.nanquantile(values, (0.01, 0.99)), 1e-6, 0.999).tolist()
    steps = Steps(low, high if high > low else low * 1.001, "logit")
    shares = np.linspace(0, 1, STOPS)
    stops = zip(steps.decode(1 + 254 * shares), SUSCEPTIBILITY(shares), strict=True)
    return [(float(f"{value:.6g}"), to_hex(colour), f"{value:.2g}") for value, colour in stops]


def write_qml(path: str | Path, entries: Entries, *, ramp: bool) -> None:
    """Write a style that QGIS applies to the map of the same name next to it.

    Parameters
    ----------
    path
        The file to write, such as ``classes.qml``.
    entries
        Values with colours and labels, rising.
    ramp
        True for values between which colours are interpolated, False for codes.
    """
    root = xml.Element("qgis", version="3.28", styleCategories="Symbology")
    pipe = xml.SubElement(root, "pipe")
    kind = "singlebandpseudocolor" if ramp else "paletted"
    renderer = xml.SubElement(
        pipe, "rasterrenderer", type=kind, band="1", opacity="1", alphaBand="-1"
    )
    if ramp:
        low, high = f"{entries[0][0]:g}", f"{entries[-1][0]:g}"
        renderer.set("classificationMin", low)
        renderer.set("classificationMax", high)
        shader = xml.SubElement(
            xml.SubElement(renderer, "rastershader"),
            "colorrampshader",
            colorRampType="INTERPOLATED",
            clip="0",
            minimumValue=low,
            maximumValue=high,
        )
        _add_entries(shader, "item", entries)
    else:
        _add_entries(xml.SubElement(renderer, "colorPalette"), "paletteEntry", entries)
    _write(path, root, doctype="<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n")


def write_sld(path: str | Path, entries: Entries, *, name: str, ramp: bool) -> None:
    """Write a Styled Layer Descriptor 1.0.0, as GeoServer and others read; see `write_qml`."""
    root = xml.Element("StyledLayerDescriptor", xmlns="http://www.opengis.net/sld", version="1.0.0")
    layer = xml.SubElement(root, "NamedLayer")
    xml.SubElement(layer, "Name").text = name
    style = xml.SubElement(xml.SubElement(layer, "UserStyle"), "FeatureTypeStyle")
    symbolizer = xml.SubElement(xml.SubElement(style, "Rule"), "RasterSymbolizer")
    colours = xml.SubElement(symbolizer, "ColorMap", type="ramp" if ramp else "values")
    for value, colour, label in entries:
        xml.SubElement(colours, "ColorMapEntry", color=colour, quantity=f"{value:g}", label=label)
    _write(path, root)


def _add_entries(parent: xml.Element, tag: str, entries: Entries) -> None:
    for value, colour, label in entries:
        xml.SubElement(parent, tag, value=f"{value:g}", color=colour, label=label, alpha="255")


def _write(path: str | Path, root: xml.Element, doctype: str = "") -> None:
    xml.indent(root)
    with unfinished(path) as partial:
        partial.write_text(f"{doctype}{xml.tostring(root, encoding='unicode')}\n", "utf-8")
