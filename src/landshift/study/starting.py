"""From the file of an inventory to the file of a study, with what was found and decided."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import yaml

from landshift.acquire.inventory.bounds import bound_landslides
from landshift.acquire.inventory.parts import part_features
from landshift.acquire.inventory.reading import gather_inventory
from landshift.acquire.layers.checks import check_header
from landshift.geodata.crs import describe_crs
from landshift.geodata.grids import plan_grid, turn_to_degrees
from landshift.geodata.raster import BLOCK, open_raster
from landshift.runtime.files import unfinished
from landshift.study.library import add_library

RESOLUTION_M = 30
"""Cell size of a region, as the library's [m]."""

BUFFER_M = 2000
"""Distance of the edges from the landslides where there is no elevation model yet [m]."""

LOWEST, USUAL, HIGHEST = 0.001, 0.01, 0.2
"""Prevalences taken from an inventory lie between the outer two; with fewer the middle is taken."""

_SECONDS, _CELLS_PER_S = 90, 25_000
"""How long a run takes on two cores: about so long, and more by the number of cells."""


@dataclass(frozen=True)
class Start:
    """What a study begins with.

    Attributes
    ----------
    name
        Name of the study and of its region.
    found
        Sentences on what the inventory and the elevation model hold.
    decided
        Sentences on what was decided, and why.
    text
        The study as YAML, with comments.
    """

    name: str
    found: tuple[str, ...]
    decided: tuple[str, ...]
    text: str


def start_study(
    inventory: str | Path,
    *,
    dem: str | Path | None = None,
    name: str | None = None,
    crs: str | None = None,
    layer: str | None = None,
    label: str | None = None,
    presence: Sequence[str] | None = None,
) -> Start:
    """Look at an inventory, decide what a study of it needs, and write that down.

    Parameters
    ----------
    inventory
        A file of landslides, or a folder of such files.
    dem
        Elevation model [m]; by default it is fetched by a recipe.
    name
        Name of the study; by default that of the inventory.
    crs
        CRS of the coordinates, where the inventory states none.
    layer, label, presence
        Keys of the inventory: the layer of the file, and the column and values in it that tell
        landslides from absences.

    Returns
    -------
    Start
        Nothing is written yet.

    Raises
    ------
    OSError, ValueError
        If a file cannot be read, the inventory has no place, or lies off the elevation model.
    """
    inventory = Path(inventory)
    keys = {"crs": crs, "layer": layer, "label": label, "presence": presence}
    keys = {key: value for key, value in keys.items() if value is not None}
    landslides, _ = gather_inventory(inventory, **keys)
    name = choose_name(name or inventory.stem)
    if dem is None:
        grid = bound_landslides(landslides, buffer_m=BUFFER_M, origin=str(inventory))
        bounds, region_crs = grid["bounds"], grid["crs"]
        layer: dict[str, Any] = {"recipe": "copernicus_dem"}
        stated: dict[str, Any] = {"resolution_m": RESOLUTION_M}
        place = f"the elevations are fetched (Copernicus DEM) {BUFFER_M / 1000:g} km around them"
    else:
        bounds, region_crs, stated = _plan_on(Path(dem))
        layer = {"file": str(dem)}
        place = f"the region is what {dem} covers"
    placed, _ = part_features(landslides.to_crs(region_crs), origin=str(inventory))
    inside = placed.cx[bounds[0] : bounds[2], bounds[1] : bounds[3]]
    if inside.empty:
        raise ValueError(
            f"{inventory}: none of its {len(placed)} landslides lies on {dem}; check its CRS, "
            "and whether x and y are swapped"
        )
    cells = int((bounds[2] - bounds[0]) * (bounds[3] - bounds[1]) / RESOLUTION_M**2)
    prevalence, why = choose_prevalence(inside, cells)
    region = {
        "role": "target",
        "grid": stated,
        "layers": {"dem": layer},
        "inventory": {"file": str(inventory), **keys},
        "prevalence": prevalence,
    }
    config = {"study": name, "regions": {name: region}}
    library: list[str] = []
    taught = {"study": name, "regions": {name: dict(region)}}
    add_library(taught, say=library.append)
    sources = [source for source in taught["regions"] if source != name]
    if not sources:
        raise ValueError(
            f"{inventory}: all regions of the library share ground with these landslides; add a "
            "source region of your own (config/template.yaml)"
        )
    west, south, east, north = turn_to_degrees(bounds, region_crs)
    minutes = max(1, round((_SECONDS + cells / _CELLS_PER_S) / 60))
    found = (
        *_describe_landslides(placed, inside, describe_crs(landslides.crs)),
        f"region: {(bounds[2] - bounds[0]) / 1000:.1f} x {(bounds[3] - bounds[1]) / 1000:.1f} km, "
        f"{cells:,} cells of {RESOLUTION_M} m, {west:.3f} to {east:.3f} east, {south:.3f} to "
        f"{north:.3f} north",
    )
    decided = (
        f"{place}; {region_crs}",
        f"prevalence {prevalence:g}: {why}. It sets the level of the map, not the order of slopes",
        f"learns from the library: {', '.join(sources)}",
        *library,
        f"takes about {minutes} minutes on two cores, and what is fetched",
    )
    return Start(name, found, decided, _write(config, decided))


def write_study(start: Start, path: str | Path) -> None:
    """Write the file of a study; one that is there stays as it is.

    Raises
    ------
    FileExistsError
        If there is such a file.
    """
    path = Path(path)
    if path.exists():
        raise FileExistsError(
            f"{path}: is there already; give another --name, or remove the file if it is of no use"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with unfinished(path) as partial:
        partial.write_text(start.text, encoding="utf-8")


def choose_name(wanted: str) -> str:
    """Make a name of a study of any text.

    Examples
    --------
    >>> choose_name("My Valley (2024)"), choose_name("2024"), choose_name("all")
    ('my_valley_2024', 'region_2024', 'region_all')
    """
    from landshift.study.checks import RESERVED_NAMES

    name = re.sub(r"[^a-z0-9]+", "_", wanted.lower()).strip("_")[:40]
    plain = name[:1].isalpha() and name not in RESERVED_NAMES
    return name if plain else f"region_{name}".rstrip("_")


def choose_prevalence(landslides: gpd.GeoDataFrame, cells: int) -> tuple[float, str]:
    """Choose the share of cells that fail, by the area of the landslides or by their number.

    Parameters
    ----------
    landslides
        Those of the region, in its CRS [m].
    cells
        Cells of the region [1].

    Returns
    -------
    float
        Two digits, `LOWEST` to `HIGHEST`.
    str
        Where it comes from.
    """
    areas = landslides.geometry.area.to_numpy()
    area = float(np.maximum(areas, RESOLUTION_M**2).sum())
    share = area / (cells * RESOLUTION_M**2)
    likely = USUAL if share < LOWEST else min(share, HIGHEST)
    kind = "one cell per point" if not areas.any() else "their area"
    why = f"the {len(landslides)} landslides take {share:.2%} of the region ({kind})"
    if share < LOWEST:
        why += (
            f"; so few are surely not all, so {USUAL:g} is taken, as in the regions of the library"
        )
    return float(f"{likely:.2g}"), why


def _plan_on(dem: Path) -> tuple[Sequence[float], str, dict[str, Any]]:
    """Plan the grid on an elevation model: its bounds, its CRS, and the keys that state it."""
    raster = open_raster(dem, chunks=BLOCK)
    check_header(raster, origin=str(dem))
    own = raster.odc.crs
    keys: dict[str, Any] = {"resolution_m": RESOLUTION_M}
    if own is None or not own.projected or own.units != ("metre", "metre"):
        keys["crs"] = "auto"
    grid = plan_grid(raster, origin=str(dem), **keys)
    code = f"EPSG:{grid.crs.epsg}" if grid.crs.epsg else grid.crs.to_wkt()
    return list(grid.boundingbox.bbox), code, keys


def _describe_landslides(
    all_of_them: gpd.GeoDataFrame, inside: gpd.GeoDataFrame, crs: str
) -> list[str]:
    kinds = inside.geom_type.str.removeprefix("Multi").value_counts()
    listing = ", ".join(f"{count} {kind.lower()}s" for kind, count in kinds.items())
    dates = sorted(inside["date"].dropna())
    when = f"dated {dates[0]} to {dates[-1]}" if dates else "without dates"
    if dates and len(dates) < len(inside):
        when = f"{len(dates)} of them {when}"
    lines = [f"{len(inside)} landslides ({listing}), {when}; CRS {crs}"]
    if len(inside) < len(all_of_them):
        lines.append(f"{len(all_of_them) - len(inside)} more lie outside the elevation model")
    same = int(inside.geometry.normalize().to_wkb().duplicated().sum())
    if same:
        lines.append(f"{same} stand twice at the same place and count once")
    if len(inside) < 5:
        lines.append("so few landslides say little; the map is nearly that of the sources alone")
    return lines


def _write(config: dict[str, Any], decided: Sequence[str]) -> str:
    comments = "".join(f"# - {sentence}\n" for sentence in decided)
    stated = yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=100)
    return (
        f"# A study that `landshift start` wrote. Every key: config/README.md. Decided:\n{comments}"
        f"{stated}"
    )
