"""Zip archives of services: where GDAL reads a member."""

import zipfile
from pathlib import Path

from landshift.acquire.fetch.policy import MOST_BYTES, PolicyError


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
