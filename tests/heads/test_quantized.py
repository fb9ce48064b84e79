import numpy as np

from pixonomy.heads.quantized import quantize_columns


def test_products_are_those_of_the_numbers_within_a_step() -> None:
    chance = np.random.default_rng(0)
    rows = np.maximum(chance.normal(size=(9, 1280)), 0).astype(np.float32)
    rows[3] *= 1000  # each row has steps of its own
    matrix = chance.normal(size=(1280, 50)).astype(np.float32)
    found = quantize_columns(matrix).multiply(rows)
    wanted = rows @ matrix
    lengths = np.linalg.norm(rows, axis=1, keepdims=True) * np.linalg.norm(matrix, axis=0)
    assert np.abs((found - wanted) / lengths).max() < 2e-3


def test_a_row_has_the_same_product_whatever_stands_beside_it() -> None:
    rows = np.random.default_rng(0).normal(size=(4, 64)).astype(np.float32)
    matrix = quantize_columns(np.random.default_rng(1).normal(size=(64, 5)))
    np.testing.assert_array_equal(matrix.multiply(rows)[2:3], matrix.multiply(rows[2:3]))


def test_zeros_stay_zeros() -> None:
    matrix = quantize_columns(np.array([[0, 1], [0, -2]], np.float16))
    assert matrix.values.tolist() == [[0, 64], [0, -127]]
    rows = np.array([[1, 3], [0, 0]], np.float32)
    np.testing.assert_allclose(matrix.multiply(rows), [[0, -5], [0, 0]], atol=0.03)
