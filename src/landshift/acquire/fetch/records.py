"""Files of a record in a repository, Zenodo or ScienceBase: found by name, with their checksum.

A record states the checksum of each of its files (MD5), which is verified; the SHA-256 of what came
is kept with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from landshift.acquire.fetch.archives import is_archive, unpack
from landshift.acquire.fetch.documents import Document, ask_document, shorten
from landshift.acquire.fetch.downloads import fetch_current
from landshift.acquire.fetch.policy import AbsentError
from landshift.acquire.fetch.store import Record, Store
from landshift.runtime.addresses import public_address

SCIENCEBASE = "/catalog/item/"
"""In the address of an item of ScienceBase; any other record is one of Zenodo."""


@dataclass(frozen=True)
class Member:
    """A file of a record: its name, address and MD5, if that is stated."""

    name: str
    address: str
    md5: str | None
    by_query: bool = False


def fetch_member(service: str, part: str, store: Store) -> tuple[Path, Record]:
    """Fetch a file of a record, and what it holds if it is an archive.

    Parameters
    ----------
    service
        Public address of the record: ``https://zenodo.org/api/records/NUMBER`` or
        ``https://www.sciencebase.gov/catalog/item/NUMBER``.
    part
        Its name, in which ``*`` stands for anything; of an archive also the name in it, such as
        ``*.zip/*.shp``.
    store
        Where to look and to keep it.

    Returns
    -------
    path, record
        The file, and where it came from, with the licence that the record states.

    Raises
    ------
    OSError
        If it cannot be had, or is no single file of the record.
    """
    wanted, _, inner = part.partition("/")
    member, licence = find_member(service, wanted or "*", store)
    name = member.name if member.by_query else None
    path, record = fetch_current(member.address, store, name=name, md5=member.md5)
    if is_archive(path):
        path = unpack(path, inner or "*", store.folder / "unpacked" / record["sha256"])
    return path, record | {"record": public_address(service)} | licence


def find_member(service: str, wanted: str, store: Store) -> tuple[Member, dict[str, str]]:
    """Find a file of a record by its name, and the licence that the record states.

    Raises
    ------
    OSError
        If the record cannot be had.
    AbsentError
        If none of its files has such a name, or several have.
    """
    address = public_address(service)
    science = SCIENCEBASE in address
    params = {"format": "json"} if science and store.mirror is None else {}
    document, _ = ask_document(service, params, store)
    members = list((_list_sciencebase if science else _list_zenodo)(address, document))
    found = [member for member in members if fnmatchcase(member.name, wanted)]
    if len(found) != 1:
        names = shorten(", ".join(member.name for member in members)) or "none"
        raise AbsentError(
            f"{address}: {len(found)} of its files are called {wanted!r}; name one of them in "
            f"`part`: {names}"
        )
    return found[0], _find_licence(document)


def _list_zenodo(address: str, document: Document) -> Iterator[Member]:
    parts = urlsplit(address)
    number = parts.path.rstrip("/").rpartition("/")[2]
    for file in _list_dicts(document, "files"):
        name = str(file.get("key", ""))
        # not the link that is stated: an address of the same host, which ends in the name
        place = f"{parts.scheme}://{parts.netloc}/records/{number}/files/{quote(name, safe='')}"
        method, _, digest = str(file.get("checksum", "")).partition(":")
        yield Member(name, place, digest.lower() if method == "md5" else None)


def _list_sciencebase(address: str, document: Document) -> Iterator[Member]:
    parts = urlsplit(address)
    number = parts.path.rstrip("/").rpartition("/")[2]
    for file in _list_dicts(document, "files"):
        name = str(file.get("name", ""))
        place = f"{parts.scheme}://{parts.netloc}/catalog/file/get/{number}?name={quote(name)}"
        stated = file.get("checksum")
        stated = stated if isinstance(stated, dict) else {}
        digest = str(stated.get("value", "")).lower()
        yield Member(name, place, digest if stated.get("type") == "MD5" else None, by_query=True)


def _find_licence(document: Document) -> dict[str, str]:
    metadata = document.get("metadata")
    licence = metadata.get("license") if isinstance(metadata, dict) else None
    name = licence.get("id") if isinstance(licence, dict) else licence
    return {"licence": shorten(name)} if name else {}


def _list_dicts(document: Document, key: str) -> list[dict[str, Any]]:
    return [each for each in document.get(key) or [] if isinstance(each, dict)]
