"""The steps as vectors give the numbers of the plain loops, bit for bit."""

import numpy as np
import pytest
from numba import njit

from landshift.mapping.compiled import loops, steps
from landshift.mapping.compiled.intervals import LANES
from landshift.mapping.compiled.loops import BITS, ROW_BYTES, place_of_bit

pytestmark = pytest.mark.skipif(not steps.can_build_vectors(), reason="only the loops work here")


def compile_step(step):
    # an intrinsic can only be called from compiled code
    return njit(lambda *arguments: step(*arguments))


def test_bits_of_a_byte_have_places_of_their_own():
    assert sorted(map(place_of_bit, range(BITS))) == list(range(BITS))


def draw_tree(generator, byte_count):
    """Conditions that leave every cell the highest leaf, as a tree does."""
    counts = generator.integers(0, 12, byte_count)
    kept = generator.integers(0, 256, counts.sum(), np.uint8)
    ends = np.cumsum([0, *counts])
    kept[ends[byte_count - 1] :] |= 0x80
    row = generator.integers(0, 5, len(kept)) * LANES
    last = generator.integers(0, 2**16, len(kept), np.uint16)
    return row, last, kept, ends


@pytest.mark.parametrize("byte_count", [1, 2, 9, 2**13])
def test_leaves_equal_those_of_the_loops(byte_count):
    generator = np.random.default_rng(byte_count)
    row, last, kept, ends = draw_tree(generator, byte_count)
    cells = generator.integers(0, 2**16, 5 * LANES, np.uint16)
    found, expected = np.empty((2, LANES), np.uint16)
    first = byte_count // 3
    compile_step(steps.find_leaves)(cells, row, last, kept, ends, first, byte_count, found)
    loops.find_leaves(cells, row, last, kept, ends, first, byte_count, expected)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("number", [np.float32, np.float64])
@pytest.mark.parametrize("vectors", [1, 3])
def test_sums_of_rows_equal_those_of_the_loops(number, vectors):
    generator = np.random.default_rng(vectors)
    width = vectors * ROW_BYTES // np.dtype(number).itemsize
    table = generator.normal(size=(7, width)).astype(number)
    shares = generator.normal(size=(4, LANES))
    found = generator.normal(size=(3, width)).astype(number)
    expected, before = found.copy(), found.copy()
    compile_step(steps.add_rows)(table.ravel(), 2 * width, width, shares, 5, found.ravel(), width)
    loops.add_rows(table.ravel(), 2 * width, width, shares, 5, expected.ravel(), width)
    assert found.tobytes() == expected.tobytes()
    exact = before[1] + shares[:, 5] @ table[2:6].astype(float)
    np.testing.assert_allclose(expected[1], exact, rtol=0, atol=10 * np.finfo(number).eps)
    np.testing.assert_array_equal(expected[[0, 2]], before[[0, 2]])
