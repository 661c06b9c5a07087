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

from landshift.acquire.inventory.storage import load_inventory
from landshift.evaluation.tables import read_results
from landshift.factors.table import name_factor
from landshift.geodata.vectors import read_vector
from landshift.mapping.interval import find_steps, find_variance
from landshift.report.sealing import allow_scripts
from landshift.report.viewer.layers import describe_layer
from landshift.report.viewer.overlays import describe_local_drivers, shade_elevations, to_features
from landshift.report.viewer.overview import (
    SIDE,
    TILE,
    Overview,
    count_levels,
    encode_cog,
    fit_steps,
    read_overview,
)
from landshift.runtime.files import unfinished
from landshift.transfer.manifest import read_manifest

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
    """A target, or all of them in a mosaic, and the files that the viewer shows.

    Attributes
    ----------
    name
        Name of the target.
    maps
        File by kind: ``susceptibility``, ``classes``, ``uncertainty``, ``dissimilarity``,
        ``applicability``; all on one grid.
    dems
        Elevations of the place [m], on any grids.
    inventories
        Results of `landshift.acquire.inventory.storage.write_inventory`.
    priorities
        GeoPackage of ranked units, or None.
    drivers
        CSV of `landshift.evaluation.drivers.summary.summarise_drivers`, or None.
    local_drivers
        GeoTIFF of `landshift.mapping.local_drivers.map_local_drivers`, or None.
    model
        Folder of the fine-tuned model, which knows how far the truth may be; None shows no
        interval.
    """

    name: str
    maps: Mapping[str, str | Path]
    dems: Sequence[str | Path]
    inventories: Sequence[str | Path]
    priorities: str | Path | None = None
    drivers: str | Path | None = None
    local_drivers: str | Path | None = None
    model: str | Path | None = None


def write_viewer(
    path: str | Path, places: Sequence[Place], *, study: str, assets: str | Path, side: int = SIDE
) -> None:
    """Write one HTML file that shows the maps of a study in a browser.

    The file holds all it needs and opens from a disk, where a browser may not read files next to
    it: each map is a COG of bytes in it, of which the page reads the tiles it shows. Maps of more
    cells than a page can hold are averaged first; the page states the size of its cells.

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
    parts["SCRIPTS"] = allow_scripts(parts[mark] for mark in ("LIBRARY", "PROGRAM"))
    page = re.sub(f"@({'|'.join(parts)})@", lambda mark: parts[mark[1]], page)
    with unfinished(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _describe_place(place: Place, side: int) -> dict[str, Any]:
    overviews = {kind: read_overview(file, side=side) for kind, file in place.maps.items()}
    first = next(iter(overviews.values()))
    for kind, overview in overviews.items():
        _check_same(place, kind, overview, first)
    height, width = first.data.shape
    relief = shade_elevations(place.dems, first, side=side)
    return {
        "name": place.name,
        "crs": first.crs,
        "bounds": list(first.bounds),
        "size": [width, height],
        "tile": TILE,
        "levels": count_levels(first.data.shape),
        "cell_m": first.cell_m,
        "shown_m": first.shown_m,
        "prevalence": first.tags.get("prevalence"),
        "relief": encode_cog(relief, first, average=True),
        "layers": [describe_layer(kind, overview) for kind, overview in overviews.items()],
        "vectors": {
            name: to_features(table, crs=first.crs, tolerance_m=first.shown_m / 2)
            for name, table in _read_vectors(place, first.crs).items()
        },
        "drivers": _list_drivers(place.drivers) if place.drivers else {},
        "interval": _tabulate_interval(place, overviews),
        "local": describe_local_drivers(place.local_drivers) if place.local_drivers else None,
    }


def _tabulate_interval(place: Place, overviews: Mapping[str, Overview]) -> list[list[float]]:
    """List the steps of the logit to the ends of the 90 % interval, by byte of the uncertainty."""
    if place.model is None or "uncertainty" not in overviews:
        return []
    manifest = read_manifest(place.model)
    sd = fit_steps(overviews["uncertainty"].data, "linear").decode(np.arange(1, 256))
    steps = find_steps(find_variance(sd, manifest["score_error"]))
    return [np.round(each, 4).tolist() for each in steps]


def _read_vectors(place: Place, crs: str) -> dict[str, gpd.GeoDataFrame]:
    tables = [load_inventory(file)[0].to_crs(crs) for file in place.inventories]
    vectors = {"landslides": gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), crs=crs)}
    if place.priorities:
        vectors["priorities"] = read_vector(place.priorities, "units")
    return vectors


def _check_same(place: Place, kind: str, overview: Overview, first: Overview) -> None:
    same = overview.bounds == first.bounds and overview.data.shape == first.data.shape
    if not same or overview.crs != first.crs:
        raise ValueError(
            f"{place.maps[kind]} and {next(iter(place.maps.values()))} differ in CRS or extent; "
            "the maps of a place share one grid"
        )


def _list_drivers(file: str | Path) -> dict[str, list[str]]:
    """List the strongest factors of the map and of each class, with their share."""
    table = read_results(file, ["scope", "factor", "share"])
    table = table.sort_values("share", ascending=False, kind="stable")
    own = table[~table["scope"].str.startswith("source ")]
    return {
        str(scope): [
            f"{name_factor(row.factor)} {row.share:.0%}" for row in rows.head(_DRIVERS).itertuples()
        ]
        for scope, rows in own.groupby("scope")
    }
