import numpy as np

from pixonomy.heads.quantized import quantize_columns, quantize_rows


def test_products_are_those_of_the_numbers_within_a_step() -> None:
    chance = np.random.default_rng(0)
    rows = np.maximum(chance.normal(size=(9, 1280)), 0).astype(np.float32)
    rows[3] *= 1000  # each row has steps of its own
    matrix = chance.normal(size=(1280, 50)).astype(np.float32)
    found = quantize_columns(matrix).multiply(quantize_rows(rows))
    wanted = rows @ matrix
    lengths = np.linalg.norm(rows, axis=1, keepdims=True) * np.linalg.norm(matrix, axis=0)
    assert np.abs((found - wanted) / lengths).max() < 1e-3


def test_a_row_is_quantised_alike_whatever_stands_beside_it() -> None:
    rows = np.random.default_rng(0).normal(size=(4, 64)).astype(np.float32)
    together, alone = quantize_rows(rows), quantize_rows(rows[2:3])
    for many, one in zip(together, alone, strict=True):
        np.testing.assert_array_equal(many[2:3], one)


def test_the_lowest_and_the_highest_number_are_kept_and_equal_numbers_have_no_steps() -> None:
    rows = quantize_rows(np.array([[-1, 0.5, 3], [2, 2, 2], [0, 0, 0]], np.float32))
    np.testing.assert_allclose(
        rows.values * rows.step + rows.low, [[-1, 0.506, 3], [2, 2, 2], [0, 0, 0]], atol=2e-3
    )
    assert rows.values[0].tolist() == [0, 96, 255]


def test_a_column_of_zeros_stays_one() -> None:
    matrix = quantize_columns(np.array([[0, 1], [0, -2]], np.float16))
    assert matrix.values.tolist() == [[0, 64], [0, -127]]
    rows = quantize_rows(np.array([[1, 3]], np.float32))
    np.testing.assert_allclose(matrix.multiply(rows), [[0, -5]], atol=0.02)
