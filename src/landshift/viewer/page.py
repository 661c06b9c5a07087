"""The page itself: maps, landslides and the program that shows them, in one file."""

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from landshift.figures.furniture import shade_relief
from landshift.inventory import load_inventory
from landshift.raster import unfinished
from landshift.viewer.layers import describe_layer
from landshift.viewer.overview import SIDE, Overview, encode_png, read_overview
from landshift.viewer.vectors import to_features

PARTS = {
    "STYLE": "viewer.css",
    "LIBRARY": "openlayers.js",
    "LICENCE": "openlayers.LICENSE.txt",
    "PROGRAM": "viewer.js",
}
"""Marks in `page.html`, and the file that takes the place of each."""

_DRIVERS = 5


@dataclass(frozen=True)
class Place:
    """A target and the files that the viewer shows of it.

    Attributes
    ----------
    name
        Name of the target.
    maps
        File by kind: ``susceptibility``, ``classes``, ``uncertainty``, ``dissimilarity``,
        ``applicability``; all on one grid.
    dem
        Elevation on the same grid [m].
    inventory
        Result of `landshift.inventory.write_inventory`.
    priorities
        GeoPackage of ranked units, or None.
    drivers
        CSV of `landshift.drivers.summarise_drivers`, or None.
    """

    name: str
    maps: Mapping[str, str | Path]
    dem: str | Path
    inventory: str | Path
    priorities: str | Path | None = None
    drivers: str | Path | None = None


def write_viewer(
    path: str | Path, places: Sequence[Place], *, study: str, assets: str | Path, side: int = SIDE
) -> None:
    """Write one HTML file that shows the maps of a study in a browser.

    The file holds all it needs and opens from a disk: maps are reduced to the cells of a screen
    and to bytes, so that one of 100 million cells opens as fast as a small one.

    Parameters
    ----------
    path
        The file to write.
    places
        The targets, in the order of the list on the page.
    study
        Name of the study.
    assets
        Folder of `page.html` and the files in `PARTS`.
    side
        Most cells on the longer side of a map as shown.

    Raises
    ------
    OSError, ValueError
        If a file cannot be read, or the maps of a target differ in extent.
    """
    shown = {"study": study, "places": [_describe_place(place, side) for place in places]}
    folder = Path(assets)
    page = (folder / "page.html").read_text(encoding="utf-8")
    parts = {mark: (folder / name).read_text(encoding="utf-8") for mark, name in PARTS.items()}
    # "</script>" or "<!--" inside a script would change where it ends.
    parts["DATA"] = json.dumps(shown, separators=(",", ":")).replace("<", "\\u003c")
    parts["TITLE"] = html.escape(study)
    page = re.sub(f"@({'|'.join(parts)})@", lambda mark: parts[mark[1]], page)
    with unfinished(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _describe_place(place: Place, side: int) -> dict[str, Any]:
    overviews = {kind: read_overview(file, side=side) for kind, file in place.maps.items()}
    relief = read_overview(place.dem, side=side)
    for kind, overview in overviews.items():
        _check_same(place, kind, overview, relief)
    west, south, east, north = relief.bounds
    height, width = relief.data.shape
    shown_m = (east - west) / width
    landslides, _ = load_inventory(place.inventory)
    vectors = {"landslides": landslides}
    if place.priorities:
        vectors["priorities"] = gpd.read_file(place.priorities)
    return {
        "name": place.name,
        "crs": relief.crs,
        "bounds": [west, south, east, north],
        "size": [width, height],
        "cell_m": relief.cell_m,
        "shown_m": shown_m,
        "prevalence": overviews["susceptibility"].tags.get("prevalence"),
        "relief": encode_png(_shade(relief, shown_m)),
        "layers": [describe_layer(kind, overview) for kind, overview in overviews.items()],
        "vectors": {
            name: to_features(table, crs=relief.crs, tolerance_m=shown_m / 2)
            for name, table in vectors.items()
        },
        "drivers": _list_drivers(place.drivers) if place.drivers else {},
    }


def _check_same(place: Place, kind: str, overview: Overview, relief: Overview) -> None:
    same = overview.bounds == relief.bounds and overview.data.shape == relief.data.shape
    if not same or overview.crs != relief.crs:
        raise ValueError(
            f"{place.maps[kind]} and {place.dem} differ in CRS or extent; the maps of a target "
            "share the grid of its elevation"
        )


def _shade(relief: Overview, shown_m: float) -> np.ndarray:
    # Neighbours of gaps have no slope; they and the gaps stay clear.
    brightness = shade_relief(relief.data, shown_m)
    return np.where(np.isnan(brightness), 0, 1 + np.rint(brightness * 254)).astype(np.uint8)


def _list_drivers(file: str | Path) -> dict[str, list[str]]:
    """List the strongest factors of the map and of each class, with their share."""
    table = pd.read_csv(file).sort_values("share", ascending=False, kind="stable")
    own = table[~table["scope"].str.startswith("source ")]
    return {
        str(scope): [f"{row.factor} {row.share:.0%}" for row in rows.head(_DRIVERS).itertuples()]
        for scope, rows in own.groupby("scope")
    }
