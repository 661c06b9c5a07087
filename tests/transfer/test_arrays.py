import numpy as np
import pytest

from landshift.transfer.learners.arrays import load_arrays, save_arrays


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_matrix_survives_in_either_order(tmp_path, order):
    matrix = np.array([[1.5, 2, 3], [4, 5, 6]], order=order)
    save_arrays(tmp_path / "model.npz", matrix=matrix, codes=np.array([3, 1], np.int16))
    arrays = load_arrays(tmp_path / "model.npz", ["codes", "matrix"])
    np.testing.assert_array_equal(arrays["matrix"], matrix)
    assert arrays["matrix"].flags.f_contiguous == (order == "F")
    assert arrays["codes"].dtype == np.int16 and list(arrays["codes"]) == [3, 1]
