"""Matrix products for a block of cells, in an order that depends on nothing outside the block."""

import numpy as np
from numba import njit

from landshift.mapping.compiled.intervals import LANES

INNER_STEP = 8
"""Inputs are padded by zeros to a multiple of this, rows to one of two."""


def pad_matrix(matrix: np.ndarray, row_step: int, column_step: int) -> np.ndarray:
    """Append zeros up to multiples of these numbers of rows and columns."""
    rows, columns = matrix.shape
    return np.pad(matrix, ((0, -rows % row_step), (0, -columns % column_step)))


@njit(nogil=True, cache=True, fastmath={"contract"})
def add_product(result, weights, inputs, reach, chunk):
    """Add ``weights @ inputs`` to `result`; the two are flat, with `LANES` columns.

    Two rows and eight inputs at a time, so that a number that is loaded serves twice and a sum is
    stored once for eight terms: about the speed of a BLAS. The inputs are taken in chunks that
    stay in a core's cache; below row ``reach`` of a chunk all weights are zero.
    """
    for part in range(len(reach)):
        for row in range(0, reach[part], 2):
            into = result[row * LANES : (row + 2) * LANES]
            for first in range(part * chunk, (part + 1) * chunk, 8):
                upper = weights[row, first : first + 8]
                lower = weights[row + 1, first : first + 8]
                own = inputs[first * LANES : (first + 8) * LANES]
                for lane in range(LANES):
                    one, two = into[lane], into[LANES + lane]
                    one += upper[0] * own[lane]
                    two += lower[0] * own[lane]
                    one += upper[1] * own[LANES + lane]
                    two += lower[1] * own[LANES + lane]
                    one += upper[2] * own[2 * LANES + lane]
                    two += lower[2] * own[2 * LANES + lane]
                    one += upper[3] * own[3 * LANES + lane]
                    two += lower[3] * own[3 * LANES + lane]
                    one += upper[4] * own[4 * LANES + lane]
                    two += lower[4] * own[4 * LANES + lane]
                    one += upper[5] * own[5 * LANES + lane]
                    two += lower[5] * own[5 * LANES + lane]
                    one += upper[6] * own[6 * LANES + lane]
                    two += lower[6] * own[6 * LANES + lane]
                    one += upper[7] * own[7 * LANES + lane]
                    two += lower[7] * own[7 * LANES + lane]
                    into[lane] = one
                    into[LANES + lane] = two
