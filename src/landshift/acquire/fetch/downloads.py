"""Whole files of public services and of the user, kept in the cache under their checksum.

A file enters the cache only when it is whole and, where one is stated, its SHA-256 is right.
"""

import hashlib
import logging
import zipfile
from pathlib import Path
from urllib.parse import quote

from landshift.acquire.fetch.archives import is_archive
from landshift.acquire.fetch.policy import MOST_BYTES, AbsentError, PolicyError
from landshift.acquire.fetch.store import (
    MANIFEST,
    MIRROR_VARIABLE,
    Record,
    Store,
    describe_file,
    key_of,
    read_record,
    write_json,
)
from landshift.acquire.fetch.transfers import (
    ChecksumError,
    copy,
    describe_mismatch,
    download,
    probe,
)
from landshift.acquire.layer import Layer, check_checksum
from landshift.geodata.behind import list_members, list_rasters
from landshift.runtime.addresses import (
    name_file,
    place_file,
    public_address,
    replace_extension,
)
from landshift.runtime.files import hash_file

_log = logging.getLogger("landshift.acquire")


def fetch_asset(
    url: str,
    sha256: str,
    store: Store,
    *,
    conversion: str | None = None,
    beside: Path | None = None,
) -> Path:
    """Fetch one public file into the cache, or find it there.

    Parameters
    ----------
    url
        Public address, ``https://`` or ``http://``.
    sha256
        Checksum of the file, 64 hexadecimal digits.
    store
        Where to look and to keep it, as ``cache/<sha256>/<name in the address>``.
    conversion
        What was converted, of a file that differs in format from what the address serves.
    beside
        Where to keep it instead.

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
    address = public_address(url)
    sha256 = check_checksum(address, sha256)
    listed = store.find_listed(sha256)
    target = beside or _place(store.folder / sha256, address, listed, converted=bool(conversion))
    if target.is_file():
        if hash_file(target) == sha256:
            return target
        _log.warning("%s in the cache is not what %s should be; fetching it again", target, address)
    if listed is None and conversion is not None:
        raise OSError(
            f"{address}: the file with SHA-256 {sha256} was converted from what this address"
            f" serves ({conversion}) and can only come from a mirror; convert it, put it with a"
            f" line in {MANIFEST} into a folder and name that folder in {MIRROR_VARIABLE}, or state"
            " what is served in `served`"
        )
    if store.mirror is None or store.serves:
        record = download(store.web, store.locate(url), target, sha256) | {"address": address}
    else:
        record = copy(_find_copy(address, sha256, listed, store), target, sha256, address)
    write_json(record, _record_path(store, sha256))
    return target


def fetch_layer(layer: Layer, store: Store) -> Path:
    """Fetch the file or files of one layer or inventory of a study.

    Parameters
    ----------
    layer
        With a `file` or a `url`. Sidecars lie in the cache next to their file, under its stem.
    store
        Where to look and to keep them.

    Returns
    -------
    pathlib.Path
        The main file.

    Raises
    ------
    ValueError
        If it has neither.
    OSError
        If a file is missing, differs from its checksum, or cannot be had.
    """
    if layer.file is not None:
        return _find_local(layer.file, layer.sha256)
    if layer.url is None:
        raise ValueError(f"{layer.name}: is no file; give file or url")
    if layer.served and not _is_at_hand(layer.sha256, store):
        return _make_served(layer, store)
    main = fetch_asset(layer.url, layer.sha256, store, conversion=layer.conversion)
    for extension, sha256 in layer.sidecars.items():
        fetch_asset(
            replace_extension(layer.url, extension),
            sha256,
            store,
            conversion=layer.conversion,
            beside=main.with_suffix(f".{extension}"),
        )
    return main


def _is_at_hand(sha256: str, store: Store) -> bool:
    """Tell whether a converted file lies in a mirror, or came from one before."""
    kept = (store.folder / sha256).glob("[!.]*")
    return store.find_listed(sha256) is not None or any(hash_file(path) == sha256 for path in kept)


def _make_served(layer: Layer, store: Store) -> Path:
    """Fetch what an address serves, and make the file of it that is wanted.

    Tables and members of archives are then the bytes whose checksum is stated. Those of a raster
    depend on the version of GDAL, so that what was served stands for it.
    """
    # R files and archives are rarely needed
    from landshift.acquire.fetch.conversions import convert

    served, part = fetch_asset(layer.url, layer.served["sha256"], store), layer.served["part"]
    main = convert(served, part, store.folder / "made" / layer.served["sha256"])
    made = main.suffix == ".tif" and not is_archive(served)
    wanted = {} if made else {main: layer.sha256}
    sidecars = layer.sidecars.items()
    wanted |= {main.with_suffix(f".{extension}"): sha256 for extension, sha256 in sidecars}
    for path, sha256 in wanted.items():
        if (found := hash_file(path)) != sha256:
            raise ChecksumError(describe_mismatch(f"{layer.name}, {path.name}", sha256, found))
    return main


def fetch_current(
    url: str, store: Store, *, name: str | None = None, md5: str | None = None
) -> tuple[Path, Record]:
    """Fetch a file that its service renews, so that no checksum can be stated beforehand.

    The first version that is fetched is kept: later runs take it from the cache.

    Parameters
    ----------
    url
        Public address.
    store
        Where to look and to keep it.
    name
        Name of the file, where only the query of the address says it; records and mirrors have it
        at the end of the address.
    md5
        Its MD5, if the service states it.

    Returns
    -------
    pathlib.Path
        The file in the cache, unchanged since it was fetched.
    dict
        Its record.

    Raises
    ------
    OSError
        If the file cannot be had: `ChecksumError` if it has another MD5.
    """
    address = (
        public_address(url) if name is None else f"{public_address(url)}/{quote(name, safe='')}"
    )
    folder = store.folder / "current" / key_of(address)
    target = name_file(address, folder)
    record = read_record(folder / ".record.json")
    if (
        record
        and record.get("address") == address
        and target.is_file()
        and hash_file(target) == record.get("sha256")
    ):
        return target, record
    place = url if store.mirror is None else store.locate(address)
    if store.mirror is None or store.serves:
        found = probe(store.web, place, address)
        record = download(store.web, place, target, None, found.size) | {"address": address}
    elif Path(place).is_file():
        record = copy(Path(place), target, None, address)
    else:
        raise AbsentError(f"the mirror {store.mirror} lacks {address}; put the file to {place}")
    if md5 is not None:
        _check_md5(target, md5, address)
    write_json(record, folder / ".record.json")
    return target, record


def _check_md5(target: Path, expected: str, address: str) -> None:
    with target.open("rb") as stored:
        found = hashlib.file_digest(stored, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != expected:
        target.unlink()
        raise ChecksumError(f"{address}: MD5 should be {expected} but is {found}; run again later")


def describe_layer(layer: Layer, path: Path, store: Store) -> tuple[Record, ...]:
    """Record where the main file of a layer came from, and the members of a VRT."""
    if layer.file is not None:
        # of tiles the VRT is our own
        files = ([] if list_rasters(layer.file) else [path]) + list_members(path)
        return tuple(describe_file(file) | {"sha256": hash_file(file)} for file in files)
    if layer.served and path.parent.name != layer.sha256:
        record = describe_asset(layer.url, layer.served["sha256"], store)
        made = {"served_sha256": layer.served["sha256"], "sha256": hash_file(path)}
        return (record | made | {"part": layer.served["part"]},)
    return (describe_asset(layer.url, layer.sha256, store),)


def describe_asset(url: str, sha256: str, store: Store) -> Record:
    """Record where a file came from, after `fetch_asset`."""
    known = read_record(_record_path(store, sha256))
    return known or {"address": public_address(url), "sha256": sha256}


def find_member(archive: Path, member: str) -> str:
    """Say where GDAL reads a member of an archive.

    Raises
    ------
    PolicyError
        If the archive becomes larger than `MOST_BYTES` when it is unpacked.
    OSError
        If it is no archive, or lacks the member.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            sizes = {item.filename: item.file_size for item in opened.infolist()}
    except zipfile.BadZipFile as error:
        raise OSError(f"{archive}: {error}; delete it to fetch it again") from None
    if member not in sizes:
        raise OSError(f"{archive}: lacks {member}; delete it to fetch it again")
    stem = member.rpartition(".")[0]
    size = sum(size for name, size in sizes.items() if name.startswith(stem))
    if size > MOST_BYTES["file"]:
        raise PolicyError(
            f"{archive}: {member} becomes {size / 1e9:.0f} GB when it is unpacked; unpack what you "
            "need yourself, and name it by file"
        )
    return f"/vsizip/{archive.absolute()}/{member}"


def _find_local(path: Path, sha256: str | None) -> Path:
    if not path.is_file():
        raise FileNotFoundError(f"file: {path} does not exist; correct the path")
    if sha256 is not None:
        found = hash_file(path)
        if found != sha256:
            raise ChecksumError(describe_mismatch(str(path), sha256, found))
    return path


def _record_path(store: Store, sha256: str) -> Path:
    return store.folder / "records" / f"{sha256}.json"


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


def _find_copy(address: str, sha256: str, listed: Path | None, store: Store) -> Path:
    """Find a file in a mirror folder: as its manifest lists it, or by its address."""
    if listed is not None:
        if not listed.is_file():
            raise FileNotFoundError(f"{listed} is in the mirror's {MANIFEST} but not in the mirror")
        return listed
    path = Path(store.locate(address))
    if not path.is_file():
        raise FileNotFoundError(
            f"mirror {store.mirror} has neither a file with SHA-256 {sha256} in a {MANIFEST} nor"
            f" {address.partition('://')[2]}; add {address} to it, or fetch without a mirror"
        )
    return path
