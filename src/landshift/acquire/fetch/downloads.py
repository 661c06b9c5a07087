"""Whole files of public services and of the user, kept in the cache under their checksum.

A file enters the cache only when it is whole and, where one is stated, its SHA-256 is right.
"""

import logging
import re
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from landshift.acquire.fetch.addresses import (
    MANIFEST,
    MIRROR_VARIABLE,
    find_in_folder,
    is_address,
    locate,
    name_file,
    open_mirror,
    place_file,
    public_address,
    replace_extension,
)
from landshift.acquire.fetch.records import Record, describe_file, key_of, read_record, write_json
from landshift.acquire.fetch.transfers import (
    AbsentError,
    ChecksumError,
    copy,
    describe_mismatch,
    download,
    probe,
)
from landshift.runtime.files import hash_file

_log = logging.getLogger("landshift.acquire")


def fetch_asset(url: str, sha256: str, *, cache: str | Path, mirror: str | None = None) -> Path:
    """Fetch one public file into the cache, or find it there.

    Parameters
    ----------
    url
        Public address, ``https://`` or ``http://``.
    sha256
        Checksum of the file, 64 hexadecimal digits.
    cache
        Folder of fetched files; the file is kept as ``cache/<sha256>/<name in the address>``.
    mirror
        Where to read instead of the address: a folder with a `MANIFEST` (files are found by
        checksum), a folder or server that holds ``host/path`` of every address, or None.

    Returns
    -------
    pathlib.Path
        The file in the cache; its checksum has been verified in this call.

    Raises
    ------
    ValueError
        If the address or the checksum is malformed.
    OSError
        If the file cannot be had: `ChecksumError` if it differs from the one asked for.
    """
    return _fetch_to_cache(url, sha256, cache=Path(cache), mirror=mirror)


def fetch_layer(entry: Mapping[str, Any], *, cache: str | Path, mirror: str | None = None) -> Path:
    """Fetch the file or files of one layer or inventory of the configuration.

    Parameters
    ----------
    entry
        ``{file: path}`` for a local file, or ``{url, sha256}`` with optionally ``sidecars``
        (checksum by extension, for shapefiles) and ``conversion`` (what was converted, for a
        file that differs in format from what the address serves). Other keys are not read.
    cache
        Folder of fetched files; sidecars lie beside their file under the same stem.
    mirror
        As for `fetch_asset`.

    Returns
    -------
    pathlib.Path
        The main file.

    Raises
    ------
    ValueError
        If the entry names neither or both of ``file`` and ``url``, or lacks ``sha256``.
    OSError
        If a file is missing, differs from its checksum, or cannot be had.

    Examples
    --------
    >>> fetch_layer({"url": "https://example.org/dem.tif"}, cache="cache")
    Traceback (most recent call last):
    ...
    ValueError: https://example.org/dem.tif: sha256 is missing; state the checksum of the file
    """
    if ("file" in entry) == ("url" in entry):
        raise ValueError(f"{dict(entry)}: give either file or url")
    if "file" in entry:
        return _find_local(Path(entry["file"]), entry.get("sha256"))
    url = entry["url"]
    if "sha256" not in entry:
        raise ValueError(f"{url}: sha256 is missing; state the checksum of the file")
    conversion = entry.get("conversion")
    cache = Path(cache)
    main = _fetch_to_cache(url, entry["sha256"], cache=cache, mirror=mirror, conversion=conversion)
    for extension, sha256 in (entry.get("sidecars") or {}).items():
        if not re.fullmatch(r"[A-Za-z0-9]{1,8}", str(extension)):
            raise ValueError(f"{url}: sidecar {extension!r} is not a file extension such as shx")
        _fetch_to_cache(
            replace_extension(url, extension),
            sha256,
            cache=cache,
            mirror=mirror,
            conversion=conversion,
            beside=main.with_suffix(f".{extension}"),
        )
    return main


def fetch_current(url: str, *, cache: str | Path, mirror: str | None = None) -> tuple[Path, Record]:
    """Fetch a file that its service renews, so that no checksum can be stated beforehand.

    The first version that is fetched is kept: later runs take it from the cache.

    Parameters
    ----------
    url
        Public address.
    cache
        Folder of fetched files.
    mirror
        Folder or server that holds ``host/path`` of every address, or None.

    Returns
    -------
    pathlib.Path
        The file in the cache, unchanged since it was fetched.
    dict
        Its record.

    Raises
    ------
    OSError
        If the file cannot be had.
    """
    address = public_address(url)
    folder = Path(cache) / "current" / key_of(address)
    target = name_file(address, folder)
    record = read_record(folder / ".record.json")
    if record and target.is_file() and hash_file(target) == record["sha256"]:
        return target, record
    place = locate(url, mirror)
    if is_address(place):
        found = probe(place, address)
        record = download(place, target, None, found.size) | {"address": address}
    elif Path(place).is_file():
        record = copy(Path(place), target, None, address)
    else:
        raise AbsentError(f"the mirror {mirror} lacks {address}; put the file to {place}")
    write_json(record, folder / ".record.json")
    return target, record


def describe_layer(entry: Mapping[str, Any], path: Path, *, cache: str | Path) -> Record:
    """Record where the main file of an entry came from, after `fetch_layer`."""
    if "file" in entry:
        return describe_file(path) | {"sha256": hash_file(path)}
    known = read_record(_record_path(Path(cache), entry["sha256"].lower()))
    return known or {"address": public_address(entry["url"]), "sha256": entry["sha256"].lower()}


def _find_local(path: Path, sha256: str | None) -> Path:
    if not path.is_file():
        raise FileNotFoundError(f"file: {path} does not exist; correct the path")
    if sha256 is not None:
        found = hash_file(path)
        if found != _check_checksum(str(path), sha256):
            raise ChecksumError(describe_mismatch(str(path), sha256, found))
    return path


def _fetch_to_cache(
    url: str,
    sha256: str,
    *,
    cache: Path,
    mirror: str | None,
    conversion: str | None = None,
    beside: Path | None = None,
) -> Path:
    sha256 = _check_checksum(url, sha256)
    address = public_address(url)
    listed = _look_up(mirror, sha256)
    target = beside or _place(cache / sha256, address, listed, converted=conversion is not None)
    if target.is_file():
        if hash_file(target) == sha256:
            return target
        _log.warning("%s in the cache is not what %s should be; fetching it again", target, address)
    if listed is None and conversion is not None:
        raise OSError(
            f"{address}: the file with SHA-256 {sha256} was converted from what this address"
            f" serves ({conversion}) and can only come from a mirror; convert it, put it with a"
            f" line in {MANIFEST} into a folder and name that folder in {MIRROR_VARIABLE}"
        )
    if listed is None and mirror is not None and not is_address(mirror):
        listed = _find_by_address(Path(mirror), address, sha256)
    if listed is not None:
        record = copy(_check_listed(listed), target, sha256, address)
    else:
        record = download(locate(url, mirror), target, sha256) | {"address": address}
    write_json(record, _record_path(cache, sha256))
    return target


def _record_path(cache: Path, sha256: str) -> Path:
    return cache / "records" / f"{sha256}.json"


def _place(folder: Path, address: str, listed: Path | None, *, converted: bool) -> Path:
    """Say where in the cache a file belongs: its extension must tell its format."""
    if not converted:
        return name_file(address, folder)
    if listed is not None:
        return place_file(listed.name, folder, origin=address)
    # The address ends otherwise than a converted file: without the mirror look what is there.
    for path in sorted(folder.glob("[!.]*")):
        if hash_file(path) == folder.name:
            return path
    return folder / "converted"


def _check_checksum(origin: str, sha256: str) -> str:
    if not isinstance(sha256, str) or not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise ValueError(f"{origin}: sha256 is {sha256!r}; give 64 hexadecimal digits, in quotes")
    return sha256.lower()


def _look_up(mirror: str | None, sha256: str) -> Path | None:
    """Find a file by its checksum in the manifest of a mirror folder."""
    if mirror is None or is_address(mirror):
        return None
    folder = open_mirror(mirror)
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return None
    for line in manifest.read_text(encoding="utf-8").splitlines():
        checksum, _, name = line.partition(" ")
        if checksum.lower() == sha256:
            listed = PurePath(name.lstrip(" *"))
            if listed.is_absolute() or ".." in listed.parts:
                raise ValueError(f"{manifest}: {listed} leads out of the mirror; correct the line")
            return folder / listed
    return None


def _check_listed(path: Path) -> Path:
    if not path.is_file():
        raise FileNotFoundError(f"{path} is in the mirror's {MANIFEST} but not in the mirror")
    return path


def _find_by_address(folder: Path, address: str, sha256: str) -> Path:
    path = find_in_folder(folder, address)
    if not path.is_file():
        host_and_path = address.partition("://")[2]
        raise FileNotFoundError(
            f"mirror {folder} has neither a file with SHA-256 {sha256} in a {MANIFEST} nor"
            f" {host_and_path}; add {address} to it, or fetch without a mirror"
        )
    return path
