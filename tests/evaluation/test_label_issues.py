import numpy as np
import polars as pl

from pixonomy.evaluation.label_issues import MOST, find_label_issues

LABELS = ("a", "b", "c")


def answer(n: int, wrong: int) -> pl.DataFrame:
    """Answers of a good classifier to n pictures, of which `wrong` bear the next label."""
    truth = np.arange(n) % 3
    probabilities = np.full((n, 3), 0.01)
    probabilities[np.arange(n), truth] = 0.98
    labels = truth.copy()
    labels[:wrong] = (labels[:wrong] + 1) % 3
    columns = {f"probability_{k}": probabilities[:, k] for k in range(3)}
    return pl.DataFrame(
        {
            "image_id": [f"{row:04d}" for row in range(n)],
            "label": [LABELS[k] for k in labels],
            "predicted": [LABELS[k] for k in truth],
            **columns,
        }
    )


def test_wrong_labels_are_suspected_and_right_ones_are_not() -> None:
    found = find_label_issues(answer(900, 20), LABELS)
    assert found is not None
    assert found.n == 20
    first = found.worst[0]
    assert (first.image_id, first.label, first.suggested) == ("0000", "b", "a")
    assert 0 <= first.quality < 0.5
    assert "“a” more than 99 %" in first.reason


def test_no_more_are_told_than_anybody_looks_at() -> None:
    found = find_label_issues(answer(3000, 200), LABELS)
    assert found is not None
    assert (found.n, len(found.worst)) == (200, MOST)


def test_too_few_pictures_or_too_few_probabilities_say_nothing() -> None:
    assert find_label_issues(answer(60, 5), LABELS) is None
    assert find_label_issues(answer(900, 5).drop("probability_1"), LABELS) is None
