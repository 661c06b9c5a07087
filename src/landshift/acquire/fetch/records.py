"""Records of where assets came from, next to the cache and as one ledger per region.

A record is written once, when its asset is fetched, and kept with it: a later run that finds the
asset in the cache states the same origin and time, so that equal layers have equal ledgers.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from landshift.runtime.files import unfinished
from landshift.runtime.redaction import redact

LEDGER_VERSION = 1
"""Version of the ledger's form."""

Record = dict[str, Any]
"""One asset: `address`, `retrieved`, `modified`, `etag`, `size`, `sha256`, as far as known."""


@dataclass(frozen=True)
class Acquired:
    """A layer and where it came from.

    Attributes
    ----------
    data
        Raster on the grid of the region, lines in its CRS, or the path of an inventory.
    sources
        Record of each asset that the layer was made of, in the order of their addresses.
    origin
        What is the same for all of them, as from `landshift.acquire.layer.Layer.describe`.
    """

    data: Any
    sources: tuple[Record, ...]
    origin: Mapping[str, Any] = field(default_factory=dict)


def describe_reply(address: str, headers: Mapping[str, str]) -> Record:
    """Record an answer of a server: by its own clock and its own names of the version.

    Examples
    --------
    >>> describe_reply("https://example.org/a.tif", {"Date": "Sun, 22 Nov 2026 10:00:00 GMT"})
    {'address': 'https://example.org/a.tif', 'retrieved': '2026-11-22T10:00:00Z'}
    """
    record: Record = {"address": address}
    record["retrieved"] = _parse_time(headers.get("Date")) or _format(datetime.now(UTC))
    if modified := _parse_time(headers.get("Last-Modified")):
        record["modified"] = modified
    if etag := headers.get("ETag"):
        record["etag"] = etag.strip('"')
    return record


def describe_file(path: Path, address: str | None = None) -> Record:
    """Record a local file, or the copy of an address in a mirror folder."""
    state = path.stat()
    record = {"address": address} if address else {"file": str(path)}
    modified = _format(datetime.fromtimestamp(int(state.st_mtime), UTC))
    return record | {"modified": modified, "size": state.st_size}


def key_of(*parts: object) -> str:
    """Name an asset in the cache: 32 hexadecimal digits of what it is."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]


def read_record(path: Path) -> Record | None:
    """Read the record at a path; None if there is none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
        return None


def write_json(content: Any, path: str | Path) -> None:
    """Write JSON that reads well, has the same bytes each time, and holds no address's secrets."""
    with unfinished(path) as partial:
        text = redact(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False))
        partial.write_text(text + "\n", encoding="utf-8")


def write_record(acquired: Acquired, path: str | Path) -> None:
    """Write where a layer came from, as JSON."""
    write_json({**acquired.origin, "sources": list(acquired.sources)}, path)


def gather_ledger(records: Mapping[str, str | Path], path: str | Path) -> None:
    """Gather the records of a region's layers into one ledger.

    Parameters
    ----------
    records
        File of `write_record` by name of the layer.
    path
        The ledger, JSON: `version` and `layers` by name.
    """
    layers = {name: json.loads(Path(records[name]).read_text()) for name in sorted(records)}
    write_json({"version": LEDGER_VERSION, "layers": layers}, path)


def sort_records(records: Iterable[Record]) -> tuple[Record, ...]:
    """Sort records by address, so that their order tells nothing of the order of transfers."""
    return tuple(sorted(records, key=lambda record: record.get("address") or record["file"]))


def _parse_time(header: str | None) -> str | None:
    try:
        return _format(parsedate_to_datetime(header)) if header else None
    except ValueError:
        return None


def _format(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
