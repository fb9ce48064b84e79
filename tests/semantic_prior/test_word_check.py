import numpy as np
import pytest

from pixonomy.dataset.category import Category
from pixonomy.results.word_results import WordCheck
from pixonomy.semantic_prior.word_check import check_words, expect_confusion


def check(**keywords: list[str]) -> WordCheck:
    return check_words([Category(one, one, keywords=tuple(some)) for one, some in keywords.items()])


def test_categories_that_the_network_knows_apart_need_no_message() -> None:
    found = check(cats=["cat"], boats=["boat", "ship"], fruit=["banana", "lemon"])
    assert found.messages == ()
    assert (found.confusions, found.shared, found.unseen) == ((), (), ())


def test_a_word_that_two_categories_mean_is_reported() -> None:
    found = check(first=["car"], second=["auto", "boat"], third=["sofa", "Car"])
    assert [(one.categories, one.words) for one in found.shared] == [
        (("first", "second"), ("car", "auto")),
        (("first", "third"), ("car", "car")),
    ]
    assert found.messages[:2] == (
        "'car' of 'first' means the same as 'auto' of 'second': give each words of its own.",
        "'first' and 'third' both have 'car': give each words that are its alone.",
    )


def test_a_head_that_phrases_share_is_no_shared_word() -> None:
    assert check(car=["car repair"], home=["roof repair"]).shared == ()


def test_words_that_are_unknown_are_reported_by_category() -> None:
    found = check(home=["house", "Wohnzimmer"], zz9=["靴"], cats=["cat"], dogs=["dog"])
    assert found.unknown == {"home": ("Wohnzimmer",), "zz9": ("靴", "zz9")}
    assert found.without_words == ("zz9",)
    assert found.messages == (
        "'home': 'Wohnzimmer' is no known English noun, and left out.",
        "'zz9': '靴', 'zz9' are no known English nouns, and it has no other words: words say "
        "nothing about it; give it English keywords.",
    )


def test_another_language_is_reported_at_once() -> None:
    found = check(cars=["Gebrauchtwagen", "Autowerkstatt"], heim=["Wohnzimmer", "house"])
    assert found.messages[0] == (
        "Of 5 words and phrases 3 are no English nouns; words are understood in English only: "
        "give English keywords, or train on images alone."
    )


def test_what_the_network_has_no_class_of_is_reported_with_the_nearest() -> None:
    result = check(fruit=["peach"], cats=["cat"])
    (found,) = result.unseen
    assert (found.category, found.nearest, found.similarity) == ("fruit", "fig", 0.909)
    assert result.messages == (
        "'fruit': the pretrained network knows nothing of this kind, and 'fig' comes nearest (0.91 "
        "of 1): words alone will find few of its images.",
    )


def test_categories_that_words_cannot_tell_apart_are_reported() -> None:
    found = check(trousers=["trousers"], pants=["pants"], cats=["cat"])
    ((pair),) = found.confusions
    assert {pair.category, pair.other} == {"trousers", "pants"}
    assert pair.expected == pytest.approx(0.5, abs=0.05)
    (message,) = [one for one in found.messages if "told apart" in one]
    assert message.startswith("'pants' and 'trousers' can hardly be told apart by their words")


def test_expected_confusion_has_rows_of_probabilities() -> None:
    weights = np.array([[3, 0.5, 0.5], [0.5, 3, 0.5], [0.5, 3, 0.5]], np.float32)
    expected = expect_confusion(weights)
    assert expected.sum(axis=1) == pytest.approx([1, 1, 1])
    assert expected[1] == pytest.approx(expected[2])
    assert expected[0, 0] > 0.7
    assert expected[1, 1] == pytest.approx(expected[1, 2])
    assert expected[1, 1] < 0.5


def test_one_category_and_none_at_all_are_no_trouble() -> None:
    assert check(cats=["cat"]).confusions == ()
    assert check_words([]).messages == ()
