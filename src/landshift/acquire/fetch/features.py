"""Features of a service that is asked for the box of a region, kept in the cache as GeoJSON."""

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from shapely.errors import ShapelyError

from landshift.acquire.fetch.policy import PolicyError
from landshift.acquire.fetch.store import Record, Store, key_of, read_record, write_json
from landshift.runtime.addresses import public_address
from landshift.runtime.files import hash_file, unfinished

MOST_PAGES = 1000
"""Pages of one answer that are read [1]."""
MOST_FEATURES = 1_000_000
"""Features of one answer that are kept [1]."""

_log = logging.getLogger("landshift.acquire")

Feature = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """What a service of features is asked.

    Attributes
    ----------
    service : str
        Public address.
    box : tuple of float
        West, south, east, north [degree].
    part : str
        Which of its collections or types; empty where the address says it.
    where : str
        Condition in the language of the service; empty for all features.
    """

    service: str
    box: tuple[float, float, float, float]
    part: str = ""
    where: str = ""

    @property
    def address(self) -> str:
        """How records and errors name the service."""
        return public_address(self.service)

    def check_bounds(self, pages: int, features: int) -> None:
        """Refuse an answer that does not end.

        Raises
        ------
        PolicyError
            If it has too many pages or features.
        """
        if pages > MOST_PAGES or features > MOST_FEATURES:
            raise PolicyError(
                f"{self.address}: the answer goes on after {pages} pages with {features} features; "
                "make the region smaller, or state a condition"
            )


Ask = Callable[[Question, Store], tuple[list[Feature], Record]]


def fetch_features(question: Question, ask: Ask, store: Store) -> tuple[Path, Record]:
    """Fetch the features of a box, or find the answer to the same question in the cache.

    Parameters
    ----------
    question
        What to ask.
    ask
        Asks it in the protocol of the service: features of GeoJSON in degrees of WGS 84, and the
        record of the answer.
    store
        Where to look and to keep it.

    Returns
    -------
    path, record
        GeoJSON of the features that lie in the box or touch it, or have no place; and its record.

    Raises
    ------
    OSError
        If the service cannot be asked, or its answer is not whole.
    """
    path = store.folder / "features" / f"{key_of(question, store.mirror or '')}.geojson"
    record = read_record(path.with_suffix(".json"))
    if record and path.is_file() and hash_file(path) == record.get("sha256"):
        return path, record
    features, record = ask(question, store)
    kept = _cut(features, question)
    _log.info("%s: %d features of %d that came", question.address, len(kept), len(features))
    with unfinished(path) as partial:
        collection = {"type": "FeatureCollection", "features": kept}
        partial.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")
    stated = {"box": [round(edge, 6) for edge in question.box], "features": len(kept)}
    stated |= {key: getattr(question, key) for key in ("part", "where") if getattr(question, key)}
    size = {"size": path.stat().st_size, "sha256": hash_file(path)}
    record = {"address": question.address} | record | stated | size
    write_json(record, path.with_suffix(".json"))
    return path, record


def _cut(features: Iterable[Feature], question: Question) -> list[Feature]:
    """Keep what lies in the box, whatever else a service sends, in an order of its own."""
    area = shapely.box(*question.box)
    kept = []
    for each in features:
        geometry = each.get("geometry")
        shape = read_geometry(geometry, question)
        if shape is None or shape.intersects(area):
            values = each.get("properties") or {}
            kept.append({"type": "Feature", "properties": values, "geometry": geometry})
    return sorted(kept, key=lambda each: json.dumps(each, sort_keys=True))


def read_geometry(geometry: Any, question: Question) -> shapely.Geometry | None:
    """Read a geometry of GeoJSON; None if there is none.

    Raises
    ------
    OSError
        If it is no such geometry.
    """
    if geometry is None:
        return None
    try:
        return shapely.geometry.shape(geometry)
    except (ShapelyError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise OSError(
            f"{question.address}: sends a geometry that is none of GeoJSON ({error}); report it to "
            "the service"
        ) from None
