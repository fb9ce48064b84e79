from pixonomy.dataset.category import Category
from pixonomy.evaluation.word_card import write_word_card
from pixonomy.semantic_prior.word_check import check_words

CATEGORIES = [
    Category("cats", "Cats", keywords=("cat", "K[a](b)tze")),
    Category("dog", "dog"),
    Category("many", "many", keywords=tuple(f"word {at}" for at in range(40))),
]


def test_the_card_says_what_is_answered_by_which_words() -> None:
    card = write_word_card("my *pets*", "imagenet classes", CATEGORIES, check_words(CATEGORIES))
    assert card.startswith("# Model card: my \\*pets\\*\n")
    assert "by imagenet classes: how good they are is not known" in card
    assert "- Cats: cat, K\\[a\\](b)tze\n" in card  # a link of nobody's
    assert "- dog: dog\n" in card
    assert "word 29 and 10 more\n" in card
    assert "WordNet 3.0, copyright 2006 by Princeton University" in card


def test_what_words_cannot_do_stands_among_the_limits() -> None:
    categories = [Category("cat", "cat"), Category("Katze", "Katze")]
    card = write_word_card("x", "imagenet classes", categories, check_words(categories))
    limits = card.partition("## Limits")[2]
    assert "'Katze' is no known English noun" in limits


def test_an_encoder_needs_no_table_of_nouns() -> None:
    assert "WordNet" not in write_word_card("x", "encoder", CATEGORIES, None)


def test_of_very_many_categories_the_first_hundred_are_listed() -> None:
    many = [Category(f"c{at}", f"c{at}") for at in range(250)]
    card = write_word_card("x", "encoder", many, None)
    assert "- c99: c99\n" in card
    assert "c100" not in card
    assert "- … and 150 more categories." in card
