"""What changed between two results of a study, such as before and after a new inventory."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from landshift.geodata.cog import write_cog
from landshift.geodata.raster import BLOCK, cut_strips, open_raster, wrap_like
from landshift.mapping.classes import CLASS_NAMES
from landshift.runtime.files import check_finished, check_folder
from landshift.runtime.tables import write_csv

_log = logging.getLogger(__name__)

_CHANGES = (
    *("cells", "cells_gained", "cells_lost", "correlation"),
    *("mean_difference", "mean_absolute_difference", "largest_difference"),
)
_LONG_NAME = "change of the landslide susceptibility, after minus before"


def compare_results(before: str | Path, after: str | Path, folder: str | Path) -> pd.DataFrame:
    """Compare the maps of all targets that two result folders share, and write what changed.

    A target that only one of them has, or whose grid has changed, is left out with a warning. Per
    target `folder` receives ``{target}/difference.tif``, a COG of the susceptibility after
    minus before [1], and ``{target}/classes.csv`` (see `tabulate_classes`); ``summary.csv`` holds
    the table that is returned.

    Parameters
    ----------
    before, after
        Result folders of a study, ``results/{study}``.
    folder
        Where the comparison goes; made if missing.

    Returns
    -------
    pandas.DataFrame
        A row per target: ``target`` and the numbers of `summarise_change`.

    Raises
    ------
    ValueError
        If a folder has no maps, or a study is not finished.
    """
    maps = [_find_maps(check_folder(each)) for each in (before, after)]
    for each, found in zip((before, after), maps, strict=True):
        if not found:
            raise ValueError(
                f"{each} has no targets/*/susceptibility.tif; give a folder results/{{study}} of a "
                "run that has made its maps"
            )
    for target in sorted(maps[0].keys() ^ maps[1].keys()):
        _log.warning("%s is only in %s", target, before if target in maps[0] else after)
    rows = [
        {"target": name} | _compare_target(old, maps[1][name], Path(folder) / name)
        for name, old in maps[0].items()
        if name in maps[1] and _share_grid(old, maps[1][name])
    ]
    table = pd.DataFrame(rows, columns=["target", *_CHANGES])
    write_csv(table, Path(folder) / "summary.csv", float_format="%.6g")
    return table


def summarise_change(before: xr.DataArray, after: xr.DataArray) -> dict[str, float]:
    """Summarise how one map differs from another, a strip of rows at a time.

    Parameters
    ----------
    before, after
        Maps of dimensions ``(y, x)`` on one grid [1], NaN as no data; eager or dask-backed.

    Returns
    -------
    dict
        ``cells`` with data in both maps and ``cells_gained`` and ``cells_lost`` since; over the
        shared cells Pearson's ``correlation`` [1] (NaN if a map is constant), the mean, the mean
        absolute and the largest absolute difference [1].
    """
    counts = dict.fromkeys(("cells", "cells_gained", "cells_lost"), 0)
    sums = np.zeros(5)
    total = absolute = largest = 0.0
    for old, new in cut_strips(before, after):
        known = ~np.isnan(old) & ~np.isnan(new)
        counts["cells"] += int(known.sum())
        counts["cells_gained"] += int((np.isnan(old) & ~np.isnan(new)).sum())
        counts["cells_lost"] += int((~np.isnan(old) & np.isnan(new)).sum())
        old, new = old[known].astype(np.float64), new[known].astype(np.float64)
        sums += [each.sum() for each in (old, new, old * old, new * new, old * new)]
        difference = new - old
        total += difference.sum()
        absolute += np.abs(difference).sum()
        largest = max(largest, np.abs(difference).max(initial=0.0))
    cells = counts["cells"] or np.nan
    return counts | {
        "correlation": _correlate(sums / cells),
        "mean_difference": total / cells,
        "mean_absolute_difference": absolute / cells,
        "largest_difference": largest,
    }


def tabulate_classes(before: xr.DataArray, after: xr.DataArray) -> pd.DataFrame:
    """Tabulate the area of each class before and after, and how much of it stayed in its class.

    Parameters
    ----------
    before, after
        Class codes 1 to 5 of dimensions ``(y, x)`` on one grid in metres, 0 as no data.

    Returns
    -------
    pandas.DataFrame
        ``class``, ``name``, and ``before_km2``, ``after_km2`` and ``stayed_km2``.
    """
    size = len(CLASS_NAMES) + 1
    counts = np.zeros((size, size), np.int64)
    for old, new in cut_strips(before, after):
        for code in (each(codes) for each in (np.min, np.max) for codes in (old, new)):
            if not 0 <= code < size:
                raise ValueError(
                    f"a map of classes holds the code {code}, but classes are 1 to 5; make it again"
                )
        pairs = old.astype(np.int64).ravel() * size + new.ravel()
        counts += np.bincount(pairs, minlength=size * size).reshape(size, size)
    cell = abs(before.odc.geobox.resolution.x * before.odc.geobox.resolution.y) / 1e6
    return pd.DataFrame(
        {
            "class": range(1, size),
            "name": CLASS_NAMES,
            "before_km2": counts.sum(axis=1)[1:] * cell,
            "after_km2": counts.sum(axis=0)[1:] * cell,
            "stayed_km2": counts.diagonal()[1:] * cell,
        }
    )


def _find_maps(results: Path) -> dict[str, Path]:
    paths = sorted(results.glob("targets/*/susceptibility.tif"))
    return {path.parent.name: path.parent for path in paths}


def _share_grid(before: Path, after: Path) -> bool:
    old, new = (
        open_raster(each / "susceptibility.tif", chunks=BLOCK).odc.geobox
        for each in (before, after)
    )
    if old != new:
        _log.warning(
            "%s: its map lies on another grid (CRS, resolution, extent) than before, so it cannot "
            "be compared",
            after.name,
        )
    return old == new


def _compare_target(before: Path, after: Path, folder: Path) -> dict[str, float]:
    old, new = (open_raster(each / "susceptibility.tif", chunks=BLOCK) for each in (before, after))
    for each in (before, after):
        check_finished(each.parents[1], [each / "classes.tif"])
    difference = wrap_like(
        (new - old).data, new, name="difference", units="1", long_name=_LONG_NAME
    )
    write_cog(difference, folder / "difference.tif")
    classes = [_open_classes(each / "classes.tif", old.shape) for each in (before, after)]
    table = tabulate_classes(*classes)
    write_csv(table, folder / "classes.csv", float_format="%.6g")
    return summarise_change(old, new)


def _open_classes(path: Path, shape: tuple[int, ...]) -> xr.DataArray:
    """Open the classes of a map, which a stranger may have made."""
    classes = open_raster(path, chunks=BLOCK)
    if classes.shape != shape or not np.issubdtype(classes.dtype, np.integer):
        raise ValueError(
            f"{path}: does not hold a class, an integer from 0 to 5, for each cell of "
            "susceptibility.tif; make it again"
        )
    return classes


def _correlate(means: np.ndarray) -> float:
    old, new, old_squared, new_squared, product = means
    spread = (old_squared - old * old) * (new_squared - new * new)
    return float((product - old * new) / np.sqrt(spread)) if spread > 0 else float("nan")
