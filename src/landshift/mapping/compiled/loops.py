"""The two innermost steps as plain loops: the reference that the vectors have to equal.

Maps are made with them wherever `landshift.mapping.compiled.steps` does not choose the vectors.
"""

import numpy as np
from numba import njit

from landshift.mapping.compiled.intervals import LANES

BITS = 8
"""Leaves that a byte stands for."""

ROW_BYTES = 64
"""Rows that `add_rows` adds up have a multiple of this size."""

MULTIPLIER, SHIFT = 0x1D, 5
"""A de Bruijn sequence: ``(2^bit * 0x1D mod 256) >> 5`` differs for every bit of a byte."""


def place_of_bit(bit: int) -> int:
    """Where `find_leaves` says that the leaf of a bit of a byte is: each bit has its own place."""
    return ((1 << bit) * MULTIPLIER & 0xFF) >> SHIFT


_PLACES = np.array(
    [0, *(place_of_bit((bits & -bits).bit_length() - 1) for bits in range(1, 1 << BITS))]
)
"""Place of the lowest bit of every byte."""


@njit(nogil=True, cache=True)
def find_leaves(cells, row, last, kept, ends, first, stop, leaf):
    """Find the leaf of one tree for every cell of a block.

    Parameters
    ----------
    cells
        Intervals of a block, uint16, flat, with `LANES` columns.
    row, last, kept
        Conditions: where the row of a factor starts in `cells`; the cells whose interval comes
        after `last` keep the leaves of the bits `kept`, uint8.
    ends
        First condition of every byte of leaves, and the end.
    first, stop
        Bytes of the tree.
    leaf
        Place of the leaf, `BITS` a byte, is set: uint16, shape ``(LANES,)``.
    """
    left, found = np.empty(LANES, np.uint8), np.zeros(LANES, np.bool_)
    for byte in range(first, stop):
        left[:] = 0xFF
        for node in range(ends[byte], ends[byte + 1]):
            start, limit, bits = row[node], last[node], kept[node]
            own = cells[start : start + LANES]
            for lane in range(LANES):
                left[lane] &= bits if own[lane] > limit else np.uint8(0xFF)
        # the first byte with a bit left holds the leaf
        for lane in range(LANES):
            if left[lane] and not found[lane]:
                leaf[lane] = (byte - first) * BITS + _PLACES[left[lane]]
                found[lane] = True


@njit(nogil=True, cache=True, fastmath={"contract"})
def add_rows(table, start, width, shares, lane, total, place):
    """Add four rows of a table, each by its share, to a row of sums.

    Parameters
    ----------
    table, start, width
        Flat, float32 or float64; where the first row starts, and how long each is, in bytes a
        multiple of `ROW_BYTES`.
    shares, lane
        Share of each row, float64 of shape ``(4, LANES)``, and the column that counts.
    total, place
        Flat sums of the table's type, and where theirs start.
    """
    sums = total[place : place + width]
    for row in range(4):
        first = start + row * width
        share, values = table.dtype.type(shares[row, lane]), table[first : first + width]
        for column in range(width):
            sums[column] += share * values[column]
