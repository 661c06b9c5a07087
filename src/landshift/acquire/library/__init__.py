"""Source regions that come with the package: samples with their factors, and no places.

Each edition is a folder with ``index.json`` and a table per region. The table has the samples and
the background cells that `landshift.sampling.draw` drew, without coordinates, so everything that a
study does with a source region works as if its rasters were there. Licences and citations stand in
the index, and so do the SHA-256 of the tables and the boxes that the regions cover.

Only the standard library is imported: the workflow reads the index at every start.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from landshift.geodata.boxes import share_ground
from landshift.runtime.files import hash_file, read_json

EDITION = "2026.1"
"""The edition that studies use."""

PREFIX = "library_"
"""Beginning of the names of its regions in a study."""


@dataclass(frozen=True)
class LibraryRegion:
    """A region of the library.

    Attributes
    ----------
    name
        Its name in a study, `PREFIX` included.
    title
        Its name and country.
    box
        West, south, east and north edge [degree, WGS 84]; west is above east across 180 degrees.
    elevation_m
        Cell size of the elevation model behind it [m]; its grid has cells of 30 m.
    landslides, dates, types
        Number of landslides [1], when they happened and of which kind, as far as is known.
    licence, citation, addresses
        Of the data behind it.
    factors
        Names of its factors.
    sha256
        Of its table.
    """

    name: str
    title: str
    box: tuple[float, float, float, float]
    elevation_m: float
    landslides: int
    dates: str
    types: str
    licence: str
    citation: str
    addresses: tuple[str, ...]
    factors: tuple[str, ...]
    sha256: str

    @property
    def path(self) -> Path:
        """The table of samples and background."""
        return find_edition() / f"{self.name.removeprefix(PREFIX)}.parquet"

    def find_table(self) -> Path:
        """Find the table, if it is what the index stands for.

        Raises
        ------
        ValueError
            If it is missing or differs.
        """
        if not self.path.is_file() or hash_file(self.path) != self.sha256:
            raise ValueError(
                f"{self.path}: is not the table of the library {EDITION}; install Landshift anew"
            )
        return self.path

    def overlaps(self, box: Sequence[float]) -> bool:
        """Tell whether it shares ground with a box of west, south, east and north [degree].

        Examples
        --------
        >>> korea = read_library()["library_korea"]
        >>> korea.overlaps((128.0, 38.0, 128.5, 38.5)), korea.overlaps((128.0, 39.0, 129.0, 40.0))
        (True, False)
        """
        return share_ground(self.box, box)


def find_edition() -> Path:
    """Find the folder of the edition that studies use."""
    return Path(__file__).parent / EDITION


@cache
def read_library() -> dict[str, LibraryRegion]:
    """Read the index of the library: its regions by their names in a study.

    Examples
    --------
    >>> sorted(read_library())
    ['library_ecuador', 'library_korea']
    """
    index: dict[str, dict[str, Any]] = read_json(find_edition() / "index.json")["regions"]
    lists = ("box", "addresses", "factors")
    return {
        f"{PREFIX}{name}": LibraryRegion(
            f"{PREFIX}{name}",
            **{key: tuple(value) if key in lists else value for key, value in entry.items()},
        )
        for name, entry in index.items()
    }
