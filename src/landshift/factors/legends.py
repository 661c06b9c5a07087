"""Class codes of rasters, and the legends that say what they mean.

A code by itself is no measurement, and means another class in every region. Only where regions
state the same *legend* does a code mean the same in all of them.
"""

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from landshift.factors.table import HIGHEST_CODE

NO_CLASS = -1
"""Code of cells without a class."""

LEGENDS: dict[str, dict[int, str]] = {
    "esa_worldcover": {
        10: "tree cover",
        20: "shrubland",
        30: "grassland",
        40: "cropland",
        50: "built-up",
        60: "bare or sparse vegetation",
        70: "snow and ice",
        80: "permanent water bodies",
        90: "herbaceous wetland",
        95: "mangroves",
        100: "moss and lichen",
    },
    "glim_lithology": {
        1: "unconsolidated sediments",
        2: "basic volcanic rocks",
        3: "siliciclastic sedimentary rocks",
        4: "basic plutonic rocks",
        5: "mixed sedimentary rocks",
        6: "carbonate sedimentary rocks",
        7: "acid volcanic rocks",
        8: "metamorphic rocks",
        9: "acid plutonic rocks",
        10: "intermediate volcanic rocks",
        11: "water bodies",
        12: "pyroclastics",
        13: "intermediate plutonic rocks",
        14: "evaporites",
        15: "no data",
        16: "ice and glaciers",
    },
}
"""Legends known by name; those of recipes have the recipe's name.

ESA WorldCover: Product User Manual 2.0 (2022), table 3. Global Lithological Map: Hartmann and
Moosdorf (2012), doi:10.1594/PANGAEA.788537.
"""


def read_legend(
    legend: str | None = None, classes: Mapping[int, str] | str | Path | None = None
) -> dict[int, str]:
    """Read the names of classes by their codes.

    Parameters
    ----------
    legend
        Name of the legend; one of `LEGENDS` brings its classes along.
    classes
        Names by code: a mapping, a JSON file that holds one, or a CSV file with the columns
        ``code`` and ``name``. They win over those of `LEGENDS`.

    Returns
    -------
    dict
        Names by code in rising order; empty if nothing states them.

    Raises
    ------
    ValueError
        If the file has another layout or ending, or a code is no integer from 0 to 2^24.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> read_legend(classes={7: "slate", 2: "granite"})
    {2: 'granite', 7: 'slate'}
    """
    if isinstance(classes, (str, Path)):
        classes = _read_classes(Path(classes))
    if classes is None:
        classes = LEGENDS.get(legend or "", {})
    return dict(sorted((_check_code(code), str(name)) for code, name in classes.items()))


def take_codes(
    values: xr.DataArray, *, origin: str, classes: Mapping[int, str] | None = None
) -> xr.DataArray:
    """Turn a raster that holds class codes into int32 with `NO_CLASS` as declared no data.

    Parameters
    ----------
    values
        Codes: integers with ``attrs["nodata"]``, or floats with NaN as no data.
    origin
        Region and layer, for messages.
    classes
        Names by code; None or an empty mapping allows every code.

    Raises
    ------
    ValueError
        If a value is no code, or a code is not in the legend.
    """
    nodata = values.attrs.get("nodata")
    known = values.notnull() if nodata is None else values != nodata
    found = np.unique(values.to_numpy()[known.to_numpy()])
    wrong = found[(found != np.floor(found)) | (found < 0) | (found > HIGHEST_CODE)]
    if len(wrong):
        raise ValueError(
            f"{origin}: {wrong[0]:g} is no code of a class; codes are integers from 0 to "
            f"{HIGHEST_CODE}, and cells without a class hold the no-data value the file declares"
        )
    strange = [int(code) for code in found if classes and int(code) not in classes]
    if strange:
        raise ValueError(
            f"{origin}: the codes {strange} are not in the legend; add them to `classes`, or "
            "declare the one that means no data: `nodata` of the layer"
        )
    # cast before the no data goes in: bytes have no negative numbers
    codes = values.where(known, 0).astype(np.int32).where(known, NO_CLASS)
    codes.attrs = {key: value for key, value in values.attrs.items() if key != "_FillValue"}
    return codes.assign_attrs(nodata=NO_CLASS)


def _read_classes(path: Path) -> dict:
    if path.suffix.lower() == ".json":
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{path}: not valid JSON ({error})") from error
        if not isinstance(content, dict):
            raise ValueError(f"{path}: expected a JSON object of names by code")
        return content
    if path.suffix.lower() == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            if not {"code", "name"} <= set(rows.fieldnames or ()):
                raise ValueError(f"{path}: expected the columns code and name")
            return {row["code"]: row["name"] for row in rows}
    raise ValueError(f"{path}: a legend is a .csv or a .json file")


def _check_code(code: int | str) -> int:
    try:
        number = int(code)
    except ValueError:
        number = -1
    if not 0 <= number <= HIGHEST_CODE:
        raise ValueError(f"{code!r} is no code of a class; codes are integers from 0 to 2^24")
    return number
