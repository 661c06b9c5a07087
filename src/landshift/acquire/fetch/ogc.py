"""Ask services of the Open Geospatial Consortium: OGC API Features, and the older WFS.

The first leads from page to page by links (https://docs.ogc.org/is/17-069r4/17-069r4.html), the
second is asked for pages by their start (https://docs.ogc.org/is/09-025r2/09-025r2.html). In WFS
the order of the axes of EPSG:4326 is latitude, longitude, but servers differ, in what they take as
in what they send: what lies in the box tells.
"""

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import shapely

from landshift.acquire.fetch.documents import Document, ask_document
from landshift.acquire.fetch.features import Feature, Question, read_geometry
from landshift.acquire.fetch.policy import PassingError, PolicyError
from landshift.acquire.fetch.store import Record, Store
from landshift.runtime.addresses import redact

AT_ONCE = 1000
"""Features of one page [1]."""

_LATITUDE_FIRST = "urn:ogc:def:crs:EPSG::4326"
_log = logging.getLogger("landshift.acquire")


def ask_ogc(question: Question, store: Store) -> tuple[list[Feature], Record]:
    """Ask an OGC API for the features of a collection in a box.

    Parameters
    ----------
    question
        Its `service` is the address of the API, its `part` the collection.
    store
        Where to ask.

    Raises
    ------
    OSError
        If the service cannot be asked, or sends fewer features than it counts.
    """
    url = f"{question.service.rstrip('/')}/collections/{question.part}/items"
    params: Mapping[str, Any] = {
        "bbox": ",".join(f"{edge:.7f}" for edge in question.box), "limit": AT_ONCE, "f": "json",
    }  # fmt: skip
    features: list[Feature] = []
    matched = first = None
    pages = 0
    while url:
        document, record = ask_document(url, params, store)
        first = first or record
        features += _read_page(document, question)
        pages += 1
        question.check_bounds(pages, len(features))
        matched = matched or document.get("numberMatched")
        url, params = _find_next(document, url, question)
    _check_count(len(features), matched, question)
    return features, first


def _find_next(document: Document, url: str, question: Question) -> tuple[str, dict[str, str]]:
    """Find the link to the next page, which stays on the host of the service; empty if none."""
    links = [link for link in document.get("links") or [] if isinstance(link, dict)]
    href = next((link.get("href") for link in links if link.get("rel") == "next"), None)
    if not href:
        return "", {}
    following = urljoin(url, str(href))
    if urlsplit(following).netloc != urlsplit(question.service).netloc:
        raise PolicyError(
            f"{question.address}: its next page lies on another host, {redact(following)}; state "
            "that service if you trust it"
        )
    address, _, query = following.partition("?")
    return address, dict(parse_qsl(query, keep_blank_values=True))


def ask_wfs(question: Question, store: Store) -> tuple[list[Feature], Record]:
    """Ask a WFS for the features of a type in a box.

    Parameters
    ----------
    question
        Its `service` is the address of the WFS, its `part` the name of the type.
    store
        Where to ask.

    Raises
    ------
    OSError
        If the service cannot be asked, or sends fewer features than it counts.
    """
    west, south, east, north = question.box
    # as the standard has it, and as some servers take it
    for edges in ((south, west, north, east), (west, south, east, north)):
        box = ",".join([*(f"{edge:.7f}" for edge in edges), _LATITUDE_FIRST])
        features, record = _turn_pages(question, box, store)
        if kept := _turn_axes(features, question):
            break
    return kept, record


def _turn_pages(question: Question, box: str, store: Store) -> tuple[list[Feature], Record]:
    asked = {
        "service": "WFS", "version": "2.0.0", "request": "GetFeature", "typeNames": question.part,
        "srsName": _LATITUDE_FIRST, "bbox": box, "outputFormat": "application/json",
        "count": AT_ONCE,
    }  # fmt: skip
    features: list[Feature] = []
    matched = first = None
    pages, more = 0, True
    while more:
        document, record = ask_document(
            question.service, asked | {"startIndex": len(features)}, store
        )
        first = first or record
        page = _read_page(document, question)
        # a server without pages sends all features each time
        if pages and page and page == features[: len(page)]:
            break
        features += page
        pages += 1
        question.check_bounds(pages, len(features))
        matched = document.get("numberMatched", document.get("totalFeatures"))
        more = bool(page) and (len(features) < matched if _is_count(matched) else True)
    _check_count(len(features), matched, question)
    return features, first


def _turn_axes(features: list[Feature], question: Question) -> list[Feature]:
    """Keep the features in the box, as they are or with their axes turned, whichever are more."""
    area = shapely.box(*question.box)
    shapes = [read_geometry(each.get("geometry"), question) for each in features]
    turned = [
        shape and shapely.transform(shape, lambda places: places[:, ::-1]) for shape in shapes
    ]
    counts = [
        sum(bool(each and each.intersects(area)) for each in order) for order in (shapes, turned)
    ]
    if counts[1] <= counts[0]:
        return features if counts[0] else []
    _log.warning("%s: sends latitude before longitude; they are exchanged", question.address)
    return [
        each | {"geometry": shape and shapely.geometry.mapping(shape)}
        for each, shape in zip(features, turned, strict=True)
    ]


def _read_page(document: Document, question: Question) -> list[Feature]:
    features = document.get("features")
    if not isinstance(features, list) or not all(isinstance(each, dict) for each in features):
        raise PassingError(f"{question.address}: the answer holds no features")
    return features


def _is_count(matched: Any) -> bool:
    return isinstance(matched, int) and not isinstance(matched, bool)


def _check_count(received: int, matched: Any, question: Question) -> None:
    if _is_count(matched) and received < matched:
        raise OSError(f"{question.address}: {received} features came of {matched}; run again later")
