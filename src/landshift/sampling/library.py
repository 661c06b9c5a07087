"""Tables of the library of source regions: packed from one study, unpacked for another."""

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from landshift.acquire.library import LibraryRegion
from landshift.factors.table import SUBCELL_SUFFIX, factor_names
from landshift.geodata.grids import find_degrees
from landshift.runtime.files import hash_file, unfinished
from landshift.runtime.seeds import derive_seed
from landshift.sampling.tables import list_factors

UNLABELLED = 255
"""Presence of a background cell in a packed table."""

MOST_SAMPLES = {1: 400, 0: 800}
"""Samples that are packed, by presence: pre-training takes no more of one region."""

MOST_BACKGROUND = 1500
"""Background cells that are packed."""


def pack_region(
    samples: pd.DataFrame, background: pd.DataFrame, *, seed: int = 0
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Pack the tables of a region into one without coordinates.

    Parameters
    ----------
    samples, background
        As `landshift.sampling.draw` draws them.
    seed
        Seed of the choice where there are more cells than the library holds.

    Returns
    -------
    table : pandas.DataFrame
        Columns ``block``, ``presence`` (1, 0, or `UNLABELLED`) and the factors of terrain and
        drainage with their values at sub-cells.
    factors : tuple of str
        Their names, sorted.
    """
    known = {name for group in ("terrain", "drainage") for name in factor_names(group)}
    factors = tuple(name for name in list_factors(samples) if name in known)
    finer = [name for factor in factors if (name := f"{factor}{SUBCELL_SUFFIX}") in samples]
    columns = ["block", "presence", *factors, *finer]
    parts = [
        _choose(samples[samples["presence"] == presence], most, seed)
        for presence, most in MOST_SAMPLES.items()
    ]
    parts.append(_choose(background.assign(presence=UNLABELLED), MOST_BACKGROUND, seed))
    table = pd.concat([part[columns] for part in parts], ignore_index=True)
    types = {"block": np.int16, "presence": np.uint8}
    return table.astype(types | dict.fromkeys([*factors, *finer], np.float32)), factors


def _choose(table: pd.DataFrame, most: int, seed: int) -> pd.DataFrame:
    if len(table) <= most:
        return table
    generator = np.random.default_rng(derive_seed(seed, "library"))
    return table.iloc[np.sort(generator.choice(len(table), most, replace=False))]


def unpack_region(
    region: LibraryRegion, boxes: Sequence[Sequence[float]] = ()
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Unpack the samples and the background cells of a region of the library.

    Parameters
    ----------
    region
        Region of the index.
    boxes
        Boxes of the targets [degree]; none may overlap the region, whose landslides the models
        would know.

    Returns
    -------
    samples, background : pandas.DataFrame
        As `landshift.sampling.draw` draws them, the coordinates missing.

    Raises
    ------
    ValueError
        If a target overlaps the region, or its table is not that of the index.
    """
    for box in boxes:
        if region.overlaps(box):
            raise ValueError(
                f"{region.title} of the library overlaps a target, whose landslides it has "
                f"learned; state transfer.without: [{region.name}]"
            )
    table = pd.read_parquet(region.find_table())
    table.insert(0, "region", region.name)
    for number, axis in enumerate(("x", "y"), 1):
        table.insert(number, axis, np.nan)
    unlabelled = table["presence"] == UNLABELLED
    background = table[unlabelled].drop(columns="presence").reset_index(drop=True)
    samples = table[~unlabelled].reset_index(drop=True)
    return samples.astype({"presence": np.int8}), background


def write_edition(results: str | Path, edition: str | Path) -> list[str]:
    """Pack the regions of a study into an edition of the library.

    Parameters
    ----------
    results
        Folder of the study, with the samples and the elevation model of every region.
    edition
        Folder with ``about.toml``, which names the regions and says of each what no table holds.

    Returns
    -------
    list of str
        Names of the regions.

    Raises
    ------
    OSError
        If a table or the elevation model of a region is missing.
    """
    results, edition = Path(results), Path(edition)
    about = tomllib.loads((edition / "about.toml").read_text(encoding="utf-8"))
    index = {}
    for name, stated in about.items():
        folder = results / "regions" / name
        samples, background = (
            pd.read_parquet(folder / f"{table}.parquet") for table in ("samples", "background")
        )
        table, factors = pack_region(samples, background)
        path = edition / f"{name}.parquet"
        with unfinished(path) as partial:
            table.to_parquet(partial, index=False, compression="zstd", compression_level=19)
        index[name] = stated | {
            "box": [round(edge, 4) for edge in find_degrees(folder / "layers" / "dem.tif")],
            "landslides": int((samples["presence"] == 1).sum()),
            "factors": list(factors),
            "sha256": hash_file(path),
        }
    text = json.dumps({"edition": edition.name, "regions": index}, indent=1)
    with unfinished(edition / "index.json") as partial:
        partial.write_text(text + "\n", encoding="utf-8")
    return list(index)
