from pixonomy.results.data_results import SplitResult
from pixonomy.results.docstrings import attribute_meanings, first_sentence


def test_meanings_are_those_of_the_class_and_of_its_bases() -> None:
    meanings = attribute_meanings(SplitResult)
    assert meanings["held_out"] == "only where values were held out."
    assert meanings["rows"].startswith("images")


def test_attributes_that_share_a_line_share_its_meaning() -> None:
    class Pair:
        """Two numbers.

        Attributes:
            low, high: bounds, of
                an interval.
        """

    assert attribute_meanings(Pair) == dict.fromkeys(("low", "high"), "bounds, of an interval.")
    assert first_sentence(Pair) == "Two numbers"
