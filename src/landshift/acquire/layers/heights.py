"""In which unit an elevation model is: stated by the configuration, by its file, or unknown."""

import math
from collections.abc import Iterator

import xarray as xr

from landshift.acquire.lengths import LENGTHS_M, find_length

_SAME = 1e-5
"""Units that differ by less than this part are one: a foot is 2e-6 shorter than a survey foot."""


def find_height_unit(
    dem: xr.DataArray, *, origin: str, stated: str | None = None
) -> tuple[float, str | None]:
    """Find the unit of an elevation model.

    Parameters
    ----------
    dem
        As it was read; ``attrs["units"]`` where its band states a unit.
    origin
        How errors name the file.
    stated
        The key `units` of the layer, one of `landshift.acquire.lengths.LENGTHS_M`; it wins over
        what the file says.

    Returns
    -------
    metres : float
        Metres in the unit [m].
    note : str or None
        What was taken for what; None for metres that nothing contradicts.

    Raises
    ------
    ValueError
        If the file states a unit that is not known or two that differ, or its cells are in feet
        and nothing says what its elevations are in.

    Notes
    -----
    A file that states nothing and whose cells are in degrees or metres is taken to be in metres.
    """
    if stated is not None:
        return _take_stated(dem, origin, stated)
    remedy = f"state `units` of the layer dem: {', '.join(LENGTHS_M)}"
    found = dict(_list_units(dem))
    for name, metres in found.items():
        if metres is None:
            raise ValueError(
                f"{origin}: states that its elevations are in {name}, which is no unit of length "
                f"that is known; {remedy}"
            )
    if len(found) == 2 and not math.isclose(*found.values(), rel_tol=_SAME):
        raise ValueError(
            f"{origin}: states that its elevations are in {' and in '.join(found)}; {remedy}"
        )
    if found:
        name, metres = list(found.items())[-1]
        return metres, None if metres == 1 else f"elevations in {name}, as the file states"
    ground = dem.odc.geobox.crs.proj.axis_info[0]
    if dem.odc.geobox.crs.projected and not math.isclose(ground.unit_conversion_factor, 1):
        raise ValueError(
            f"{origin}: its cells are in {ground.unit_name}, and nothing says whether its "
            f"elevations are too; {remedy}"
        )
    return 1.0, None


def _take_stated(dem: xr.DataArray, origin: str, stated: str) -> tuple[float, str | None]:
    metres = LENGTHS_M[stated]
    others = [
        name
        for name, other in _list_units(dem)
        if other is None or not math.isclose(other, metres, rel_tol=_SAME)
    ]
    if others:
        return metres, (
            f"{origin}: states that its elevations are in {' and in '.join(others)}, but the key "
            f"`units` says {stated}, which is taken"
        )
    return metres, None if metres == 1 else f"elevations in {stated}, as the key `units` states"


def _list_units(dem: xr.DataArray) -> Iterator[tuple[str, float | None]]:
    """List the units that a file states, its band first: names, and metres in each or None."""
    name = str(dem.attrs.get("units", "")).strip()
    if name:
        yield name, LENGTHS_M.get(find_length(name) or "")
    axes = dem.odc.geobox.crs.proj.axis_info
    if len(axes) == 3:
        yield axes[2].unit_name, axes[2].unit_conversion_factor
