"""Search STAC catalogues: services with a search, and static ones, behind a mirror or not."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pystac
import pystac_client
import requests
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from shapely.geometry import box as make_box
from shapely.geometry import shape

from landshift.acquire.fetch import transfers
from landshift.acquire.fetch.addresses import is_address, locate, public_address
from landshift.acquire.fetch.records import key_of, write_json
from landshift.acquire.fetch.transfers import PassingError, RefusedError, explain_connection, retry

ITEMS_AT_ONCE = 100
"""Items of one page of a search [1]."""

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
    max_cloud_percent: float = 40.0
    max_images: int = 12


class MirroredIO(StacApiIO):
    """Reads catalogues through the mirror, and again after what may pass."""

    def __init__(self, mirror: str | None) -> None:
        super().__init__(timeout=transfers.TIMEOUT_S)
        self._mirror = mirror

    def read_text(self, source, *args, **kwargs) -> str:
        """Read a document; an address is looked up in the mirror."""
        href = source if isinstance(source, str) else source.href
        if is_address(href) and self._mirror is not None and not is_address(self._mirror):
            place = Path(locate(href, self._mirror))
            path = place if place.suffix == ".json" else place / "catalog.json"
            return path.read_text(encoding="utf-8")
        return super().read_text(source, *args, **kwargs)

    def request(self, href, method=None, headers=None, parameters=None) -> str:
        """Ask a service, through the mirror if that is a server."""
        place = locate(href, self._mirror) if self._mirror and self._is_public(href) else href
        return retry(self._request_once, place, method, headers, parameters)

    def _is_public(self, href: str) -> bool:
        return not href.startswith(self._mirror.rstrip("/") + "/")

    def _request_once(self, href, method, headers, parameters) -> str:
        address = public_address(href)
        try:
            text = super().request(href, method, headers, parameters)
            json.loads(text)
        # The text of these errors may hold the whole address: cut the chain.
        except APIError as error:
            raise _explain_answer(address, error) from None
        except requests.RequestException as error:
            raise explain_connection(address, error) from None
        except json.JSONDecodeError:
            raise PassingError(f"{address}: the answer is no whole JSON document") from None
        return text


class _StaticIO(pystac.stac_io.DefaultStacIO):
    """Reads static catalogues as `MirroredIO` does, into plain collections."""

    def __init__(self, reader: MirroredIO) -> None:
        super().__init__()
        self._reader = reader

    def read_text(self, source, *args, **kwargs) -> str:
        return self._reader.read_text(source)


def search_items(
    query: Query, box: Sequence[float], *, cache: str | Path, mirror: str | None = None
) -> list[pystac.Item]:
    """Search a catalogue, or find the answer of an earlier search in the cache.

    Parameters
    ----------
    query
        What to look for.
    box
        West, south, east, north [degree].
    cache
        Folder of fetched files: the same question gets the same answer, even if the service has
        got new images since.
    mirror
        Folder or server that holds ``host/path`` of every address, or None.

    Returns
    -------
    list of pystac.Item
        By name; of each tile the least cloudy images.

    Raises
    ------
    OSError
        If the catalogue cannot be read, or holds nothing that fits.
    """
    key = key_of(query, tuple(box), mirror or "")
    path = Path(cache) / "searches" / f"{key}.json"
    if path.is_file():
        return [pystac.Item.from_dict(item) for item in json.loads(path.read_text())]
    reader = MirroredIO(mirror)
    client = pystac_client.Client.open(query.endpoint, stac_io=reader)
    searches = client.conforms_to("ITEM_SEARCH") and (mirror is None or is_address(mirror))
    found = _ask(client, query, box) if searches else _walk(query, reader)
    fitting = [item for item in found if _fits(item, query, box)]
    if not fitting:
        raise OSError(
            f"{public_address(query.endpoint)}: {query.collection} has nothing between"
            f" {' and '.join(query.dates)} with at most {query.max_cloud_percent:g} % cloud over"
            f" {[round(edge, 3) for edge in box]}; widen `dates` or raise `max_cloud_percent`"
        )
    items = _choose(fitting, query.max_images)
    _log.info("%s: %d images of %d", public_address(query.endpoint), len(items), len(fitting))
    write_json([_strip_signatures(item.to_dict(transform_hrefs=False)) for item in items], path)
    return items


def renew_asset(item: pystac.Item, asset: str, mirror: str | None) -> str:
    """Fetch an item again for a fresh signature of one of its assets.

    Raises
    ------
    RefusedError
        If the item does not say where it can be fetched again.
    """
    own = item.get_self_href()
    if own is None or not is_address(own):
        raise RefusedError(f"{public_address(item.assets[asset].href)}: its signature has expired")
    fresh = pystac.Item.from_dict(json.loads(MirroredIO(mirror).read_text(own)))
    return fresh.assets[asset].href


def _walk(query: Query, reader: MirroredIO) -> Iterator[pystac.Item]:
    """List all items of a collection: a static catalogue cannot search."""
    catalogue = pystac.Catalog.from_file(query.endpoint, stac_io=_StaticIO(reader))
    for collection in catalogue.get_children():
        if collection.id == query.collection:
            yield from collection.get_items(recursive=True)


def _ask(client: pystac_client.Client, query: Query, box: Sequence[float]) -> Iterator[pystac.Item]:
    search = client.search(
        collections=[query.collection],
        bbox=tuple(box),
        datetime="/".join(query.dates),
        query={"eo:cloud_cover": {"lte": query.max_cloud_percent}},
        limit=ITEMS_AT_ONCE,
    )
    yield from search.items()


def _fits(item: pystac.Item, query: Query, box: Sequence[float]) -> bool:
    """Judge an item anew: static catalogues do not search, and services differ in strictness."""
    if item.datetime is None or item.geometry is None:
        return False
    first, last = query.dates
    in_time = first <= item.datetime.date().isoformat() <= last
    clear = item.properties.get("eo:cloud_cover", 0) <= query.max_cloud_percent
    return in_time and clear and shape(item.geometry).intersects(make_box(*box))


def _choose(items: Sequence[pystac.Item], count: int) -> list[pystac.Item]:
    tiles: dict[str, list[pystac.Item]] = {}
    for item in sorted(items, key=lambda item: (item.properties.get("eo:cloud_cover", 0), item.id)):
        tile = item.properties.get("grid:code") or item.properties.get("s2:mgrs_tile") or ""
        tiles.setdefault(tile, []).append(item)
    chosen = [item for group in tiles.values() for item in group[:count]]
    return sorted(chosen, key=lambda item: item.id)


def _strip_signatures(item: dict[str, Any]) -> Mapping[str, Any]:
    for asset in item["assets"].values():
        if is_address(asset["href"]):
            asset["href"] = public_address(asset["href"])
    return item


def _explain_answer(address: str, error: APIError) -> OSError:
    status = getattr(error, "status_code", None)
    if status is None or status in (408, 425, 429) or status >= 500:
        return PassingError(f"{address}: the service answered {status or 'nothing whole'}")
    return OSError(f"{address}: the service answered {status}; check the address and its terms")
