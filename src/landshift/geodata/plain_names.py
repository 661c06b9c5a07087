"""Names of files that GDAL would read as something else than a name.

In a path of pyogrio, ``!`` parts an archive from its member, and ``;`` or a line break ends it;
what stands before a colon may be a driver. Such a file is opened by a link with a plain name.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from landshift.runtime.files import own_folder

_PLAIN = re.compile(r"[^!;:\x00-\x1f\x7f\\]*")


def is_plain(path: str | Path) -> bool:
    """Tell whether GDAL reads a path as a path."""
    return _PLAIN.fullmatch(str(path)) is not None


@contextmanager
def plain_name(path: str | Path) -> Iterator[Path]:
    """Yield a path of plain characters that leads to a file, and to those that belong to it.

    Parameters
    ----------
    path
        The file; those of another ending next to it, as a shapefile has, are linked as well.
    """
    path = Path(path)
    if is_plain(path):
        yield path
        return
    with own_folder() as folder:
        for part in path.parent.iterdir():
            if part.stem == path.stem:
                Path(folder, f"file{part.suffix}").symlink_to(part.absolute())
        yield Path(folder, f"file{path.suffix}")
