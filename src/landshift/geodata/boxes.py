"""Boxes of west, south, east and north [degree]; across the antimeridian west is more than east.

Only the standard library is imported: a study is planned where nothing can read rasters.
"""

from collections.abc import Sequence

Box = tuple[float, float, float, float]


def unwrap_box(box: Sequence[float]) -> Box:
    """Continue a box across the antimeridian beyond 180 degrees, so that west is less than east.

    Examples
    --------
    >>> unwrap_box((179.5, -17.0, -179.5, -16.5))
    (179.5, -17.0, 180.5, -16.5)
    """
    west, south, east, north = box
    return west, south, east + 360 if west > east else east, north


def split_box(box: Sequence[float]) -> list[Box]:
    """Split a box across the antimeridian, whose west is more than its east, into its two parts.

    Examples
    --------
    >>> split_box((179.5, -17.0, -179.8, -16.5))
    [(179.5, -17.0, 180.0, -16.5), (-180.0, -17.0, -179.8, -16.5)]
    """
    west, south, east, north = box
    if west <= east:
        return [(west, south, east, north)]
    return [(west, south, 180.0, north), (-180.0, south, east, north)]


def share_ground(own: Sequence[float], other: Sequence[float]) -> bool:
    """Tell whether two boxes share more than an edge.

    Examples
    --------
    >>> share_ground((179.5, -17.0, -179.5, -16.5), (-179.6, -17.0, -179.0, -16.0))
    True
    """
    first, (west, south, east, north) = unwrap_box(own), unwrap_box(other)
    turns = (-360, 0, 360)
    return any(meet(first, (west + turn, south, east + turn, north)) for turn in turns)


def meet(own: Sequence[float], other: Sequence[float]) -> bool:
    """Tell whether two boxes in the plane share more than an edge."""
    (west, south, east, north), (left, bottom, right, top) = own, other
    return west < right and left < east and south < top and bottom < north
