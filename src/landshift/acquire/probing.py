"""Ask a server about a file before reading it: is it there, how large, which version, since when.

The answer gives clear errors, which GDAL's would not be, and what the ledger needs.
"""

from contextlib import closing
from dataclasses import dataclass

import requests

from landshift.acquire import retrying
from landshift.acquire.records import Record, describe_reply
from landshift.acquire.retrying import HEADERS, check_status, explain_connection, retry
from landshift.acquire.transfers import is_web_page

_FIRST = 512


@dataclass(frozen=True)
class Probe:
    """What a server says of a file: its record, and its size [bytes] if it knows."""

    record: Record
    size: int | None


def probe(url: str, address: str) -> Probe:
    """Fetch the first bytes of a file and what the server says of it.

    A range and no HEAD, because signed addresses allow GET alone.

    Parameters
    ----------
    url
        Where to ask, perhaps signed or on a mirror.
    address
        Public address, for messages and the record.

    Raises
    ------
    OSError
        If the file cannot be had: `AbsentError` if there is none, `RefusedError` if the signature
        is missing or has expired.
    """
    return retry(_probe_once, url, address)


def _probe_once(url: str, address: str) -> Probe:
    headers = HEADERS | {"Range": f"bytes=0-{_FIRST - 1}"}
    try:
        reply = requests.get(url, headers=headers, stream=True, timeout=retrying.TIMEOUT_S)
        with closing(reply):
            check_status(address, reply)
            start = next(reply.iter_content(_FIRST), b"")
    # The text of these errors holds the whole address, its signature included: cut the chain.
    except (
        requests.ConnectionError,
        requests.Timeout,
        requests.exceptions.ChunkedEncodingError,
    ) as error:
        raise explain_connection(address, error) from None
    if is_web_page(start):
        raise OSError(f"{address}: the server sent a web page instead of the file")
    size = _find_size(reply)
    record = describe_reply(address, reply.headers)
    return Probe(record if size is None else record | {"size": size}, size)


def _find_size(reply: requests.Response) -> int | None:
    stated = reply.headers.get("Content-Range", "").rpartition("/")[2]
    if reply.status_code == 200:
        stated = reply.headers.get("Content-Length", "")
    return int(stated) if stated.isdigit() else None
