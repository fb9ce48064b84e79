import pytest

from pixonomy.collecting.usage import forbids_training, speaks_of_training


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("train-ai=n", "train-ai=n"),
        ("TRAIN-AI = N", "train-ai=n"),
        ("ai-train=no; search=yes", "ai-train=no"),
        ('train-ai="n"', "train-ai=n"),
        ("train-ai=y, train-ai=n", "train-ai=n"),
        ("train-genai=n", "train-genai=n"),
        ("bots=n", "bots=n"),
        ("bots=n, train-ai=y", None),
        ("train-ai", None),
        ("train-ai=never", None),
        ("", None),
        (",=,;", None),
    ],
)
def test_what_forbids_training_is_told(statement: str, told: str | None) -> None:
    assert forbids_training(statement) == told


def test_only_some_statements_speak_of_training() -> None:
    assert speaks_of_training("search=y, Train-AI=y")
    assert not speaks_of_training("search=n")
