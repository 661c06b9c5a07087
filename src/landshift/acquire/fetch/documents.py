"""Ask a service for a JSON document, again after what may pass."""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import requests

from landshift.acquire.fetch.policy import (
    AbsentError,
    PassingError,
    check_status,
    passing_breaks,
    read_limited,
    try_again,
)
from landshift.acquire.fetch.store import Record, Store, describe_file, describe_reply
from landshift.acquire.fetch.transfers import is_web_page
from landshift.runtime.addresses import is_address, public_address
from landshift.runtime.plain_text import make_plain

_SAID = re.compile(r"<(?:\w+:)?(?:ExceptionText|ServiceException)\b[^>]*>([^<]*)<")

Document = dict[str, Any]


def ask_document(
    url: str,
    params: Mapping[str, Any],
    store: Store,
    *,
    named_by: str | None = None,
    check: Callable[[str, Document], None] = lambda address, document: None,
) -> tuple[Document, Record]:
    """Ask a service, or its copy in a mirror, for a JSON object.

    Parameters
    ----------
    url
        Public address of the service; what it is asked for stands in `params`.
    params
        The question; a mirror folder answers none, it only holds documents.
    store
        Where to look.
    named_by
        As for `landshift.acquire.fetch.policy.Web.ask`.
    check
        Raises the error that a document stands for, given its address.

    Returns
    -------
    document, record
        The object, and where it came from.

    Raises
    ------
    OSError
        If it cannot be had, or is no JSON object.
    """
    place = store.locate(url)
    if is_address(place):
        named_by = None if store.serves else named_by
        return try_again(_ask_once, place, url, params, store, named_by, check)
    address, path = public_address(url), Path(place)
    if params or not path.is_file():
        raise AbsentError(
            f"the mirror {store.mirror} is a folder, which cannot answer what {address} is asked; "
            "fetch the layer without it or through a server, and the cache keeps it"
        )
    document = _parse(address, path.read_bytes())
    check(address, document)
    return document, describe_file(path, address)


def _ask_once(
    place: str,
    url: str,
    params: Mapping[str, Any],
    store: Store,
    named_by: str | None,
    check: Callable[[str, Document], None],
) -> tuple[Document, Record]:
    address = public_address(url)
    with closing(store.web.ask(place, named_by=named_by, params=params)) as reply:
        content = read_reply(address, reply)
    document = _parse(address, content)
    check(address, document)
    return document, describe_reply(address, reply.headers)


def read_reply(address: str, reply: requests.Response) -> bytes:
    """Read a reply whose status is good to its end, as a document.

    Raises
    ------
    OSError
        If it is of another status, or breaks off.
    """
    check_status(address, reply)
    with passing_breaks(address):
        return b"".join(read_limited(reply, "document"))


def parse_json(address: str, content: bytes) -> Any:
    """Parse a reply; one that is no JSON may have been cut.

    Raises
    ------
    PassingError
        If it is no whole JSON document.
    """
    try:
        return json.loads(content.decode("utf-8"))
    except ValueError:
        raise PassingError(f"{address}: the answer is no whole JSON document") from None


def _parse(address: str, content: bytes) -> Document:
    _refuse_markup(address, content)
    try:
        document = parse_json(address, content)
    except RecursionError:
        raise OSError(f"{address}: the answer is nested without end; check the address") from None
    if not isinstance(document, dict):
        raise OSError(f"{address}: the answer is no JSON object; check the address")
    return document


def _refuse_markup(address: str, content: bytes) -> None:
    """Refuse a page, and the XML by which services of OGC say what is wrong."""
    if is_web_page(content):
        raise OSError(f"{address}: the server sent a web page instead of data; check the address")
    if said := _SAID.search(content[:65536].decode("utf-8", "replace")):
        raise OSError(f"{address}: the service answers: {shorten(said[1])}; check what it is asked")


def shorten(text: object) -> str:
    """Write what a service says on one short line."""
    return make_plain(" ".join(str(text).split()))[:300]
