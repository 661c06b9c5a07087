"""Search STAC catalogues: services with a search, and static ones, behind a mirror or not."""

import json
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pystac
import pystac_client
from pystac_client.errors import ClientTypeError
from pystac_client.stac_api_io import StacApiIO
from pystac_client.warnings import NoConformsTo
from shapely.errors import ShapelyError
from shapely.geometry import shape

from landshift.acquire.fetch.documents import parse_json, read_reply
from landshift.acquire.fetch.policy import (
    AbsentError,
    PolicyError,
    RefusedError,
    try_again,
)
from landshift.acquire.fetch.store import Store, key_of, write_json
from landshift.geodata.boxes import split_box
from landshift.geodata.grids import cover_box
from landshift.runtime.addresses import is_address, public_address, redact

ITEMS_AT_ONCE = 100
"""Items of one page of a search [1]."""
MOST_PAGES = 100
"""Pages of one search that are read [1]."""
MOST_DOCUMENTS = 10_000
"""Documents of one catalogue that are read [1]."""

# What is raised on documents that are none of STAC.
_NO_STAC = (
    pystac.STACError,
    ClientTypeError,
    ShapelyError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
)
_log = logging.getLogger("landshift.acquire")


@dataclass(frozen=True)
class Query:
    """What is looked for in a catalogue.

    Attributes
    ----------
    endpoint : str
        Public address of the catalogue.
    collection : str
        Name of the collection.
    dates : tuple of str
        First and last day, ISO.
    max_cloud_percent : float
        Images with more cloud are left out [%].
    max_images : int
        Images kept per tile, the least cloudy [1].
    """

    endpoint: str
    collection: str
    dates: tuple[str, str]
    max_cloud_percent: float
    max_images: int


class CatalogueIO(StacApiIO):
    """Reads one catalogue by the policy, through the mirror, and again after what may pass.

    Of the links of a catalogue, headers are not taken, and searches and further pages stay on its
    own host, so that nothing of the study is sent elsewhere.
    """

    def __init__(self, endpoint: str, store: Store) -> None:
        super().__init__(max_retries=None)
        self.session = store.web.session
        self._endpoint = endpoint
        self._store = store
        named = [endpoint, *([store.mirror] if store.serves else [])]
        self._hosts = {urlsplit(address).netloc for address in named}
        self._documents = self._pages = 0

    def read_text(self, source, *args, **kwargs) -> str:
        """Read a document, or the next page of a search; an address is looked up in the mirror."""
        if isinstance(source, pystac.Link):
            return self._read_page(source, kwargs.get("parameters") or {})
        href = str(source)
        if not is_address(href):
            raise PolicyError(
                f"{redact(self._endpoint)}: names {redact(href)}, which is no address"
            )
        if self._store.mirror is not None and not self._store.serves:
            place = Path(self._store.locate(href))
            path = place if place.suffix == ".json" else place / "catalog.json"
            return path.read_text(encoding="utf-8")
        return self.request(href, *args, **kwargs)

    def request(self, href, method=None, headers=None, parameters=None) -> str:
        """Ask a service, through the mirror if that is a server; its own headers are not sent."""
        self._documents += 1
        if self._documents > MOST_DOCUMENTS:
            raise PolicyError(
                f"{redact(self._endpoint)}: more than {MOST_DOCUMENTS} documents; name the "
                "catalogue that holds the collection itself"
            )
        if method == "POST":
            self._check_host(href, "search")
        mirrored = (
            self._store.serves and urlsplit(href).netloc != urlsplit(self._store.mirror).netloc
        )
        return try_again(
            self._ask_once, self._store.locate(href) if mirrored else href, method, parameters
        )

    def _read_page(self, link: pystac.Link, parameters: Mapping[str, Any]) -> str:
        self._pages += 1
        if self._pages >= MOST_PAGES:
            raise PolicyError(
                f"{redact(self._endpoint)}: the search has more than {MOST_PAGES} pages; narrow "
                "`dates`, or lower `max_cloud_percent`"
            )
        self._check_host(link.href, "next page")
        stated = link.extra_fields
        method = str(stated.get("method", "GET")).upper()
        body = dict(stated.get("body") or {})
        if method == "POST" and stated.get("merge"):
            body = {**parameters, **body}
        return self.request(link.href, method, None, body if method == "POST" else None)

    def _check_host(self, href: str, what: str) -> None:
        if urlsplit(href).netloc not in self._hosts:
            raise PolicyError(
                f"{redact(self._endpoint)}: its {what} lies on another host, {redact(href)}; state "
                "that catalogue if you trust it"
            )

    def _ask_once(self, href, method, parameters) -> str:
        address = redact(href)
        content = {"json" if method == "POST" else "params": parameters}
        own = urlsplit(href).netloc in self._hosts
        with closing(
            self._store.web.ask(
                href, named_by=None if own else self._endpoint, method=method or "GET", **content
            )
        ) as reply:
            content = read_reply(address, reply)
        parse_json(address, content)
        return content.decode("utf-8")


class _StaticIO(pystac.stac_io.DefaultStacIO):
    """Reads static catalogues as `CatalogueIO` does, into plain collections."""

    def __init__(self, reader: CatalogueIO) -> None:
        super().__init__()
        self._reader = reader

    def read_text(self, source, *args, **kwargs) -> str:
        return self._reader.read_text(source)


def search_items(query: Query, box: Sequence[float], store: Store) -> list[pystac.Item]:
    """Search a catalogue, or find the answer of an earlier search in the cache.

    Parameters
    ----------
    query
        What to look for.
    box
        West, south, east, north [degree]; across the antimeridian west is more than east.
    store
        The same question gets the same answer from its cache, even if the service has got new
        images since.

    Returns
    -------
    list of pystac.Item
        By name; of each tile the least cloudy images.

    Raises
    ------
    OSError
        If the catalogue cannot be read: `AbsentError` if it holds nothing that fits.
    """
    path = store.folder / "searches" / f"{key_of(query, tuple(box), store.mirror or '')}.json"
    if path.is_file():
        return [pystac.Item.from_dict(item) for item in json.loads(path.read_text())]
    with _explain_catalogue(query.endpoint):
        fitting = [item for item in _list_items(query, box, store) if _fits(item, query, box)]
    if not fitting:
        raise AbsentError(
            f"{redact(query.endpoint)}: {query.collection} has nothing between"
            f" {' and '.join(query.dates)} with at most {query.max_cloud_percent:g} % cloud over"
            f" {[round(edge, 3) for edge in box]}; widen `dates` or raise `max_cloud_percent`"
        )
    items = choose_clearest(fitting, query.max_images)
    _log.info("%s: %d images of %d", redact(query.endpoint), len(items), len(fitting))
    write_json([item.to_dict(transform_hrefs=False) for item in items], path)
    return items


def choose_clearest(items: Sequence[pystac.Item], count: int) -> list[pystac.Item]:
    """Choose the least cloudy images of each tile, and sort them by name."""
    tiles: dict[str, list[pystac.Item]] = {}
    for item in sorted(items, key=lambda item: (item.properties.get("eo:cloud_cover", 0), item.id)):
        tiles.setdefault(name_tile(item), []).append(item)
    chosen = [item for group in tiles.values() for item in group[:count]]
    return sorted(chosen, key=lambda item: item.id)


def name_tile(item: pystac.Item) -> str:
    """Name the tile of an image; empty where its catalogue knows none."""
    return item.properties.get("grid:code") or item.properties.get("s2:mgrs_tile") or ""


def renew_asset(item: pystac.Item, asset: str, query: Query, store: Store) -> str:
    """Fetch an item again for a fresh signature of one of its assets.

    Raises
    ------
    RefusedError
        If the item does not say where it can be fetched again.
    """
    own = item.get_self_href()
    if own is None or not is_address(own):
        raise RefusedError(f"{public_address(item.assets[asset].href)}: its signature has expired")
    fresh = json.loads(CatalogueIO(query.endpoint, store).read_text(own))
    return pystac.Item.from_dict(fresh).assets[asset].href


@contextmanager
def _explain_catalogue(endpoint: str) -> Iterator[None]:
    """Say what is wrong with a catalogue, or with one of its documents."""
    try:
        yield
    except _NO_STAC as error:
        cause: BaseException | None = error
        while isinstance(cause, pystac.STACError):
            cause = cause.__cause__
        # pystac hides what was raised while it followed a link
        if isinstance(cause, PolicyError | OSError):
            raise cause from None
        raise OSError(
            f"{redact(endpoint)}: is no STAC catalogue that can be read ({redact(str(error))}); "
            "check the address"
        ) from None


def _list_items(query: Query, box: Sequence[float], store: Store) -> Iterator[pystac.Item]:
    reader = CatalogueIO(query.endpoint, store)
    with warnings.catch_warnings():
        # static catalogues say that they cannot search by saying nothing
        warnings.simplefilter("ignore", NoConformsTo)
        client = pystac_client.Client.open(query.endpoint, stac_io=reader)
    searches = client.conforms_to("ITEM_SEARCH") and (store.mirror is None or store.serves)
    return _ask(client, query, box) if searches else _walk(query, reader)


def _walk(query: Query, reader: CatalogueIO) -> Iterator[pystac.Item]:
    """List all items of a collection: a static catalogue cannot search."""
    catalogue = pystac.Catalog.from_file(query.endpoint, stac_io=_StaticIO(reader))
    for collection in catalogue.get_children():
        if collection.id == query.collection:
            yield from collection.get_items(recursive=True)


def _ask(client: pystac_client.Client, query: Query, box: Sequence[float]) -> Iterator[pystac.Item]:
    """Search for the items of a box; of one across the antimeridian, for those of its two parts."""
    searches = [
        client.search(
            collections=[query.collection],
            bbox=part,
            datetime="/".join(query.dates),
            query={"eo:cloud_cover": {"lte": query.max_cloud_percent}},
            limit=ITEMS_AT_ONCE,
        )
        for part in split_box(box)
    ]
    found = {item.id: item for search in searches for item in search.items()}
    yield from found.values()


def _fits(item: pystac.Item, query: Query, box: Sequence[float]) -> bool:
    """Judge an item anew: static catalogues do not search, and services differ in strictness."""
    if item.datetime is None or item.geometry is None:
        return False
    first, last = query.dates
    in_time = first <= item.datetime.date().isoformat() <= last
    clear = item.properties.get("eo:cloud_cover", 0) <= query.max_cloud_percent
    return in_time and clear and shape(item.geometry).intersects(cover_box(box))
