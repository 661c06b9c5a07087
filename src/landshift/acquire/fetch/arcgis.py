"""Ask a layer of an ArcGIS REST service: FeatureServer or MapServer.

The protocol is that of https://developers.arcgis.com/rest/services-reference/ (Query). Errors come
with status 200. Pages end where the answer does not say ``exceededTransferLimit``, not where one is
short; what came is counted against what the service counts, and if pages lose features, they are
asked for by their numbers.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import mapping

from landshift.acquire.fetch.documents import Document, ask_document, shorten
from landshift.acquire.fetch.features import Feature, Question
from landshift.acquire.fetch.policy import PASSING, PassingError, RefusedError
from landshift.acquire.fetch.store import Record, Store
from landshift.runtime.addresses import is_address

ITEMS = "/sharing/rest/content/items/"
"""In the address of an item of ArcGIS Online, which names its service."""
NUMBERS_AT_ONCE = 100
"""Features that are asked for by their numbers at once [1]: addresses are limited in length."""
MOST_AT_ONCE = 10_000
"""Features of one page, whatever a service allows [1]."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REFUSED = (403, 498, 499)
_log = logging.getLogger("landshift.acquire")


def ask_arcgis(question: Question, store: Store) -> tuple[list[Feature], Record]:
    """Ask a layer of an ArcGIS service for the features in a box.

    Parameters
    ----------
    question
        Its `service` is the address of a layer, of a service with one layer, or of an item of
        ArcGIS Online; its `part` the number of the layer, where the address has none.
    store
        Where to ask.

    Returns
    -------
    features, record
        GeoJSON in degrees of WGS 84, dates as ISO; and the record of the layer.

    Raises
    ------
    OSError
        If the service refuses, is none, or sends fewer features than it counts.
    """
    layer = _Layer(question, store)
    features = layer.collect()
    record = layer.record | ({"counted": layer.unfiltered} if question.where else {})
    return features, record


def _check_error(address: str, document: Document) -> None:
    """Raise the error that is the content of an answer with status 200."""
    error = document.get("error")
    if not isinstance(error, dict):
        return
    code = error.get("code")
    details = error.get("details") or []
    said = shorten(" ".join(map(str, [error.get("message"), *details])))
    answer = f"{address}: the service answers with error {code}: {said}"
    if code in PASSING:
        raise PassingError(answer)
    if code in _REFUSED:
        raise RefusedError(f"{answer}; it needs an account, so download the file yourself")
    raise OSError(f"{answer}; check the address and the condition `where`")


class _Layer:
    """One layer of a service: what it says of itself, and the questions about a box."""

    def __init__(self, question: Question, store: Store) -> None:
        self._question, self._store = question, store
        self._named_by: str | None = None
        self._url = question.service.rstrip("/")
        if ITEMS in self._url:
            self._follow_item()
        self._stated, self.record = self._describe()
        fields = [field for field in self._stated.get("fields") or [] if isinstance(field, dict)]
        self._dates = [f["name"] for f in fields if f.get("type") == "esriFieldTypeDate"]
        numbers = [f["name"] for f in fields if f.get("type") == "esriFieldTypeOID"]
        self._number = self._stated.get("objectIdField") or next(iter(numbers), "OBJECTID")
        most = self._stated.get("maxRecordCount")
        self._most = min(most, MOST_AT_ONCE) if isinstance(most, int) and most > 0 else 1000
        formats = str(self._stated.get("supportedQueryFormats", "")).lower()
        self._format = "geojson" if "geojson" in formats else "json"
        self.unfiltered = self._count("1=1") if question.where else None

    def _ask(self, url: str, params: Mapping[str, Any]) -> tuple[Document, Record]:
        return ask_document(url, params, self._store, named_by=self._named_by, check=_check_error)

    def _follow_item(self) -> None:
        item, _ = self._ask(self._url, {"f": "json"})
        url = item.get("url")
        if not isinstance(url, str) or not is_address(url):
            raise OSError(f"{self._question.address}: this item names no service; check its number")
        self._named_by, self._url = self._url, url.rstrip("/")

    def _describe(self) -> tuple[Document, Record]:
        if self._question.part:
            self._url = f"{self._url}/{self._question.part}"
        stated, record = self._ask(self._url, {"f": "json"})
        layers = [each for each in stated.get("layers") or [] if isinstance(each, dict)]
        if "fields" not in stated and len(layers) == 1:
            self._url = f"{self._url}/{layers[0].get('id')}"
            stated, record = self._ask(self._url, {"f": "json"})
        elif "fields" not in stated:
            known = ", ".join(f"{each.get('id')} ({each.get('name')})" for each in layers)
            raise OSError(
                f"{self._question.address}: is no layer; state its number in `part`: "
                f"{shorten(known) or 'none is listed'}"
            )
        edited = (stated.get("editingInfo") or {}).get("lastEditDate")
        return stated, record | ({"modified": _write_time(edited)} if edited else {})

    def _pose(self, where: str | None = None, **params: Any) -> Document:
        """Pose a question about the box."""
        asked = {
            "where": where or self._question.where or "1=1",
            "geometry": ",".join(f"{edge:.7f}" for edge in self._question.box),
            "geometryType": "esriGeometryEnvelope",
            "spatialRel": "esriSpatialRelIntersects",
            "inSR": 4326,
        }
        return self._ask(f"{self._url}/query", asked | {"f": "json"} | params)[0]

    def _count(self, where: str | None = None) -> int | None:
        count = self._pose(where, returnCountOnly="true").get("count")
        return count if isinstance(count, int) else None

    def collect(self) -> list[Feature]:
        """Collect all features in the box, each once."""
        counted = self._count()
        if counted == 0:
            return []
        features: dict[Any, Feature] = {}
        if (self._stated.get("advancedQueryCapabilities") or {}).get("supportsPagination"):
            features = dict(self._turn_pages(counted))
        if counted is None or len(features) != counted:
            numbers = self._list_numbers()
            counted = len(numbers)
            if len(features) != counted:
                features = dict(self._fetch_numbers(numbers))
        if len(features) != counted:
            raise OSError(
                f"{self._question.address}: {len(features)} features came of {counted}; run again "
                "later"
            )
        return [features[number] for number in sorted(features)]

    def _turn_pages(self, counted: int | None) -> Iterator[tuple[Any, Feature]]:
        offset = received = pages = 0
        more = True
        while more:
            paging = {"resultOffset": offset, "resultRecordCount": self._most}
            answer = self._pose(**self._wanted, orderByFields=f"{self._number} ASC", **paging)
            page = list(self._read_page(answer))
            yield from page
            received, pages = received + len(page), pages + 1
            self._question.check_bounds(pages, received)
            # an empty page may have a next one
            offset += len(page) or self._most
            stated = answer.get("properties") or {}
            more = bool(answer.get("exceededTransferLimit") or stated.get("exceededTransferLimit"))
            more = more or (bool(page) and received < (counted or 0))

    def _list_numbers(self) -> list[int]:
        numbers = self._pose(returnIdsOnly="true").get("objectIds") or []
        self._question.check_bounds(1, len(numbers))
        if not all(isinstance(number, int) for number in numbers):
            raise OSError(f"{self._question.address}: its objectIds are no numbers; report it")
        return sorted(set(numbers))

    def _fetch_numbers(self, numbers: list[int]) -> Iterator[tuple[Any, Feature]]:
        step = min(self._most, NUMBERS_AT_ONCE)
        for start in range(0, len(numbers), step):
            wanted = ",".join(map(str, numbers[start : start + step]))
            yield from self._read_page(self._pose(objectIds=wanted, **self._wanted))

    @property
    def _wanted(self) -> dict[str, Any]:
        return {"outFields": "*", "outSR": 4326, "returnGeometry": "true", "f": self._format}

    def _read_page(self, answer: Document) -> Iterator[tuple[Any, Feature]]:
        features = answer.get("features")
        if not isinstance(features, list):
            raise PassingError(f"{self._question.address}: the answer holds no features")
        for feature in features:
            if not isinstance(feature, dict):
                raise OSError(f"{self._question.address}: sends a feature that is none; report it")
            values = dict(feature.get("properties") or feature.get("attributes") or {})
            number = values.get(self._number, feature.get("id"))
            if not isinstance(number, int):
                raise OSError(f"{self._question.address}: sends a feature without its number")
            values |= {date: _write_time(values.get(date)) for date in self._dates}
            geometry = feature.get("geometry")
            if self._format == "json":
                geometry = self._translate(geometry)
            yield number, {"type": "Feature", "properties": values, "geometry": geometry}

    def _translate(self, geometry: Any) -> dict[str, Any] | None:
        try:
            return translate_geometry(geometry)
        except (ShapelyError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise OSError(
                f"{self._question.address}: sends a geometry that is none ({shorten(error)})"
            ) from None


def _write_time(milliseconds: Any) -> str | None:
    """Write a time, which is stated in milliseconds since 1970, as a day; None if it is none.

    Examples
    --------
    >>> _write_time(1440460800000), _write_time(-86400000), _write_time(None)
    ('2015-08-25', '1969-12-31', None)
    """
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        return None if milliseconds is None else str(milliseconds)
    try:
        return (_EPOCH + timedelta(milliseconds=milliseconds)).date().isoformat()
    except (OverflowError, ValueError):
        return None


def translate_geometry(geometry: Any) -> dict[str, Any] | None:
    """Translate a geometry of Esri's JSON into one of GeoJSON; None if it has no place.

    Rings are joined by the rule of even and odd, whatever their direction.

    Examples
    --------
    >>> translate_geometry({"x": 11.5, "y": 44.0})
    {'type': 'Point', 'coordinates': (11.5, 44.0)}
    >>> translate_geometry({"x": "NaN", "y": "NaN"})
    """
    if not geometry:
        return None
    if "rings" in geometry:
        rings = [shapely.LineString([place[:2] for place in ring]) for ring in geometry["rings"]]
        return mapping(shapely.build_area(shapely.MultiLineString(rings)))
    if "points" in geometry:
        return mapping(shapely.MultiPoint([place[:2] for place in geometry["points"]]))
    if "paths" in geometry:
        lines = [[place[:2] for place in path] for path in geometry["paths"]]
        return mapping(shapely.MultiLineString(lines))
    x, y = geometry.get("x"), geometry.get("y")
    if not all(isinstance(value, int | float) for value in (x, y)):
        return None
    return mapping(shapely.Point(x, y))
