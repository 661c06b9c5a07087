"""The cache, the mirror and the web of a study, and where each of its files came from.

A record is written once, when its asset is fetched, and kept with it: a later run that finds the
asset in the cache states the same origin and time, so that equal layers have equal ledgers.
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import unquote, urlsplit

from landshift.acquire.fetch.policy import Web
from landshift.runtime.addresses import is_address, public_address, redact
from landshift.runtime.files import read_json, unfinished

CACHE_VARIABLE = "LANDSHIFT_CACHE"
"""Environment variable that names the cache."""
MIRROR_VARIABLE = "LANDSHIFT_MIRROR"
"""Environment variable that names a mirror; it wins over the configuration."""
SHARED_VARIABLE = "LANDSHIFT_SHARED_CACHE"
"""Environment variable: ``1`` states that others may write to the cache and are trusted."""
MANIFEST = "MANIFEST.sha256"
"""File at the root of a mirror folder: lines of checksum and path, as sha256sum writes them."""

_log = logging.getLogger("landshift.acquire")

LEDGER_VERSION = 1
"""Version of the ledger's form."""

Record = dict[str, Any]
"""One asset: `address`, `retrieved`, `modified`, `etag`, `size`, `sha256`, as far as known."""


@dataclass(frozen=True)
class Store:
    """The cache of fetched files, and the mirror in place of public addresses.

    Several processes, also on several nodes, may share a cache: each writes under names of its
    own, and what is whole appears in one step.

    Attributes
    ----------
    cache : Path
        Folder of fetched files. It is made when first needed, for this user only.
    mirror : str or None
        Folder or server that holds ``host/path`` of every address; in a folder with a `MANIFEST`,
        files are also found by their checksum.

    Raises
    ------
    ValueError
        If the mirror holds credentials, or the cache belongs to another user.

    Examples
    --------
    >>> Store("cache", "http://localhost:8000/").locate("https://example.org/a/dem.tif?sig=1")
    'http://localhost:8000/example.org/a/dem.tif'
    """

    cache: Path
    mirror: str | None = None

    def __post_init__(self) -> None:
        """Take the cache as a path, and no credentials."""
        object.__setattr__(self, "cache", Path(self.cache))
        if self.serves and "@" in urlsplit(self.mirror).netloc:
            host = urlsplit(self.mirror).hostname
            raise ValueError(f"mirror on {host} holds credentials; move them to ~/.netrc")

    @cached_property
    def web(self) -> Web:
        """The session of all requests."""
        return Web()

    @property
    def serves(self) -> bool:
        """Whether the mirror is a server."""
        return self.mirror is not None and is_address(self.mirror)

    @cached_property
    def folder(self) -> Path:
        """The cache, which exists and belongs to the user."""
        shared = os.environ.get(SHARED_VARIABLE) == "1"
        self.cache.parent.mkdir(parents=True, exist_ok=True)
        self.cache.mkdir(mode=0o777 if shared else 0o700, exist_ok=True)
        if not shared and self.cache.stat().st_uid != os.getuid():
            raise ValueError(
                f"{self.cache}: this cache belongs to another user, who can change what is in it; "
                f"name another one in {CACHE_VARIABLE}, or trust it by {SHARED_VARIABLE}=1"
            )
        return self.cache

    def locate(self, url: str) -> str:
        """Say where to read an address, perhaps signed: there, or on the mirror.

        Returns
        -------
        str
            An address or a path. Signatures go only to the service that gave them.

        Raises
        ------
        FileNotFoundError
            If the mirror is a folder that does not exist.
        """
        if self.mirror is None:
            return url
        parts = urlsplit(public_address(url))
        if self.serves:
            return f"{self.mirror.rstrip('/')}/{parts.netloc}{parts.path}"
        folder = self._open_mirror()
        path = folder / parts.netloc / unquote(parts.path).lstrip("/")
        if not path.resolve().is_relative_to(folder.resolve()):
            raise FileNotFoundError(f"{public_address(url)} leads out of the mirror {folder}")
        return str(path)

    def find_listed(self, sha256: str) -> Path | None:
        """Find a file by its checksum in the manifest of the mirror, if that is a folder."""
        if self.mirror is None or self.serves:
            return None
        manifest = self._open_mirror() / MANIFEST
        lines = manifest.read_text(encoding="utf-8").splitlines() if manifest.is_file() else []
        for line in lines:
            checksum, _, name = line.partition(" ")
            if checksum.lower() == sha256:
                listed = PurePath(name.lstrip(" *"))
                if listed.is_absolute() or ".." in listed.parts:
                    raise ValueError(
                        f"{manifest}: {listed} leads out of the mirror; correct the line"
                    )
                return manifest.parent / listed
        return None

    def _open_mirror(self) -> Path:
        folder = Path(self.mirror)
        if not folder.is_dir():
            raise FileNotFoundError(
                f"mirror {folder} is no folder; correct {MIRROR_VARIABLE} or the mirror key"
            )
        return folder


def open_store(mirror: str | None) -> Store:
    """Open the store of a study: what the environment names, else the defaults of a study.

    Parameters
    ----------
    mirror
        The configured mirror; that of the environment wins.
    """
    cache = os.environ.get(CACHE_VARIABLE) or "results/cache"
    return Store(Path(cache), os.environ.get(MIRROR_VARIABLE) or mirror)


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
    notes
        What was changed in it or may be wrong with it, each a sentence: `write_record` puts them
        into the record and, as warnings, into the log.
    crossed
        Of elevations: 1 where water crosses a lake or a gap, which is no land, else 0; None where
        there is none.
    """

    data: Any
    sources: tuple[Record, ...]
    origin: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    crossed: Any = None


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
    """Read the record at a path; None if there is none, or what lies there is no JSON object."""
    try:
        return read_json(path)
    except (OSError, ValueError):
        return None


def write_json(content: Any, path: str | Path) -> None:
    """Write JSON that reads well, has the same bytes each time, and holds no address's secrets."""
    with unfinished(path) as partial:
        text = redact(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False))
        partial.write_text(text + "\n", encoding="utf-8")


def write_record(acquired: Acquired, path: str | Path) -> None:
    """Write where a layer came from and what was noticed, as JSON; the latter also to the log."""
    for note in acquired.notes:
        _log.warning("%s", note)
    notes = {"notes": list(acquired.notes)} if acquired.notes else {}
    write_json({**acquired.origin, **notes, "sources": list(acquired.sources)}, path)


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
