"""A STAC catalogue of the published maps: one item per target, with its files and their origin.

SpatioTemporal Asset Catalog 1.1.0, https://stacspec.org, with the projection extension 2.0.0.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pystac
import shapely
from pystac.extensions.projection import ProjectionExtension
from rasterio.warp import transform_geom

from landshift.geodata.opening import open_dataset
from landshift.geodata.raster_errors import explain_unreadable
from landshift.report.rendering import escape_markdown
from landshift.runtime.files import unfinished
from landshift.transfer.manifest import read_manifest

PLACEHOLDER = datetime(2000, 1, 1, tzinfo=UTC)
"""Time of every item: STAC wants one, and susceptibility has none."""

_TEXT = "text/markdown"


@dataclass(frozen=True)
class Publication:
    """What the catalogue lists of one target.

    Attributes
    ----------
    name
        Name of the target.
    maps
        Cloud Optimized GeoTIFFs on one grid, by kind.
    model
        Folder of the fine-tuned model, whose manifest tells the origin.
    card
        The model card, where licences are stated.
    """

    name: str
    maps: Mapping[str, str | Path]
    model: str | Path
    card: str | Path


def write_catalogue(path: str | Path, publications: Sequence[Publication], *, study: str) -> None:
    """Write the catalogue of a study, and each item as ``{target}/{target}.json`` next to it.

    Links and addresses of files are relative, so that the folder of the study can be moved.

    Parameters
    ----------
    path
        ``catalog.json``.
    publications
        The targets, in the order in which they are listed.
    study
        Name of the study.

    Raises
    ------
    OSError, ValueError
        If a map cannot be read.
    """
    catalog = pystac.Catalog(
        id=study, description=f"Landslide susceptibility of the study {study}, by Landshift."
    )
    folder = Path(path).parent
    for publication in publications:
        catalog.add_item(_describe_item(publication, folder / publication.name))
    catalog.normalize_hrefs(str(folder.resolve()))
    catalog.catalog_type = pystac.CatalogType.SELF_CONTAINED
    for item in catalog.get_items():
        _write_json(folder / item.id / f"{item.id}.json", item.to_dict(include_self_link=False))
    _write_json(Path(path), catalog.to_dict(include_self_link=False))


def _describe_item(publication: Publication, folder: Path) -> pystac.Item:
    manifest = read_manifest(publication.model)
    with open_dataset(publication.maps["susceptibility"]) as source:
        crs, transform, shape = source.crs, source.transform, source.shape
        outline = shapely.box(*source.bounds)
    corners = shapely.geometry.shape(
        transform_geom(crs, "EPSG:4326", shapely.geometry.mapping(outline), precision=7)
    )
    item = pystac.Item(
        id=publication.name,
        geometry=shapely.geometry.mapping(corners),
        bbox=_find_bbox(corners),
        datetime=PLACEHOLDER,
        properties=_describe_origin(manifest, publication.name),
    )
    projection = ProjectionExtension.ext(item, add_if_missing=True)
    projection.apply(
        epsg=crs.to_epsg(),
        wkt2=None if crs.to_epsg() else crs.to_wkt(),
        bbox=list(outline.bounds),
        shape=list(shape),
        transform=list(transform)[:6],
    )
    for kind, file in publication.maps.items():
        item.add_asset(kind, _describe_map(Path(file), folder))
    card = _relate(publication.card, folder)
    item.add_asset("model_card", pystac.Asset(card, "Model card", None, _TEXT, ["metadata"]))
    item.add_link(pystac.Link("license", card, _TEXT, "Data and licences"))
    return item


def _find_bbox(outline: shapely.Geometry) -> list[float]:
    """Find west, south, east, north [degree]; west is more than east across the antimeridian."""
    west, south, east, north = outline.bounds
    parts = shapely.get_parts(outline)
    if len(parts) > 1:
        west = min(part.bounds[0] for part in parts if part.bounds[2] == 180)
        east = max(part.bounds[2] for part in parts if part.bounds[0] == -180)
    return [west, south, east, north]


def _describe_origin(manifest: Mapping[str, Any], name: str) -> dict[str, Any]:
    # a description is Markdown to those who show catalogues
    sources = ", ".join(map(escape_markdown, manifest["sources"]))
    return {
        "title": f"Landslide susceptibility of {name}",
        "description": (
            f"Relative propensity to landslides at a prevalence of {manifest['prevalence']:g}, "
            f"learned in {sources} and fine-tuned on {manifest['presences']} landslides of {name}. "
            "The time of this item is a placeholder."
        ),
        "license": "other",
        "landshift:version": manifest["version"],
        "landshift:seed": manifest["seed"],
        "landshift:sources": manifest["sources"],
        "landshift:factors": manifest["factors"],
        "landshift:learners": manifest["learners"],
    }


def _describe_map(file: Path, folder: Path) -> pystac.Asset:
    with explain_unreadable(file), open_dataset(file) as source:
        tags = source.tags(1)
        nodata = source.nodata
        band = {
            "name": source.descriptions[0] or file.stem,
            "data_type": source.dtypes[0],
            "nodata": "nan" if nodata != nodata else nodata,
            "unit": tags.get("units", "1"),
            "gsd": source.res[0],
        }
    statistics = {
        name: float(tags[f"STATISTICS_{tag}"])
        for name, tag in {
            "minimum": "MINIMUM",
            "maximum": "MAXIMUM",
            "mean": "MEAN",
            "stddev": "STDDEV",
            "valid_percent": "VALID_PERCENT",
        }.items()
        if f"STATISTICS_{tag}" in tags
    }
    return pystac.Asset(
        _relate(file, folder),
        title=tags.get("long_name", file.stem).capitalize(),
        media_type=pystac.MediaType.COG,
        roles=["data"],
        extra_fields={"bands": [band | ({"statistics": statistics} if statistics else {})]},
    )


def _relate(file: str | Path, folder: Path) -> str:
    return Path(os.path.relpath(file, folder)).as_posix()


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with unfinished(path) as partial:
        partial.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
