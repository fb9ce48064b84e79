import pytest

from pixonomy.dataset.category import Category
from pixonomy.semantic_prior.noun_hierarchy import load_hierarchy
from pixonomy.semantic_prior.words import (
    Understood,
    find_senses,
    parse,
    split_words,
    understand,
)


def terms(phrase: str) -> list[tuple[str, bool]]:
    return [(one.text, one.is_head) for one in parse(phrase, load_hierarchy())[0]]


def only(words: Category) -> Understood:
    (found,) = understand([words])
    return found


def first_senses(text: str) -> list[str | None]:
    """Return the first lemma-like proof: the senses of `text`."""
    return [str(one.synset) for one in find_senses(text, load_hierarchy())]


def test_a_phrase_is_looked_up_as_a_whole_before_its_words() -> None:
    assert terms("down payment") == [("down payment", True)]
    assert terms("piggy bank") == [("piggy bank", True)]


def test_a_phrase_that_is_unknown_is_its_head_and_its_modifiers() -> None:
    assert terms("kitchen renovation") == [("kitchen", False), ("renovation", True)]


def test_the_longest_known_part_of_a_phrase_counts_as_one() -> None:
    assert terms("electric car charging") == [("electric car", True)]


@pytest.mark.parametrize("phrase", ["jar of coins", "jar with coins", "a jar for the coins"])
def test_the_head_stands_before_a_preposition(phrase: str) -> None:
    assert terms(phrase) == [("jar", True), ("coins", False)]


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("coins", "coin"), ("boxes", "box"), ("shelves", "shelf"), ("geese", "goose"),
        ("parties", "party"), ("churches", "church"), ("firemen", "fireman"),
        ("wedding rings", "wedding ring"), ("T-Shirts", "t-shirt"), ("dishes", "dish"),
    ],
)  # fmt: skip
def test_a_plural_means_what_its_singular_means(plural: str, singular: str) -> None:
    ours = parse(plural, load_hierarchy())[0][0].senses
    assert ours == parse(singular, load_hierarchy())[0][0].senses


def test_a_noun_that_looks_like_a_plural_means_both() -> None:
    hierarchy = load_hierarchy()
    found = find_senses("shoes", hierarchy)
    assert {*hierarchy.senses("shoes"), *hierarchy.senses("shoe")} == set(found)
    assert found[0] == hierarchy.senses("shoe")[0]  # footwear, met far oftener


def test_a_word_in_two_is_found_as_one() -> None:
    assert find_senses("key board", load_hierarchy()) == find_senses("keyboard", load_hierarchy())


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("T-Shirt", ["t", "shirt"]), ("red_wine", ["red", "wine"]), ("RedWine", ["red", "wine"]),
        ("bells & whistles", ["bells", "whistles"]), ("women's tops", ["women's", "tops"]),
        ("'quoted' (odd)", ["quoted", "with", "odd"]), ("", []), ("\0\n", []),
    ],
)  # fmt: skip
def test_a_folders_name_is_taken_apart(folder: str, words: list[str]) -> None:
    assert split_words(folder) == words


def test_a_list_of_things_is_looked_up_one_by_one() -> None:
    found = only(
        Category(
            "Shirts & Blouses, hats/caps and mittens", "Shirts & Blouses, hats/caps and mittens"
        )
    )
    assert found.known == ("shirts", "blouses", "hats", "caps", "mittens")
    assert all(some[0].is_head for some in found.terms)
    assert only(Category("cats_or_dogs", "cats_or_dogs")).known == ("cats", "dogs")
    assert only(Category("bed and breakfast", "bed and breakfast")).known == ("bed and breakfast",)
    assert only(Category("sandals", "sandals")).known == ("sandals",)


def test_brackets_say_more_of_the_word_before() -> None:
    assert terms("mouse (computer)") == [("mouse", True), ("computer", False)]


def test_words_are_not_put_together_where_one_means_nothing() -> None:
    assert terms("to be an artist") == [("artist", True)]


def test_an_id_of_wordnet_is_that_sense() -> None:
    tabby = load_hierarchy().synset("n02123045")
    (term,) = only(Category("n02123045", "n02123045")).terms[0]
    assert [one.synset for one in term.senses] == [tabby]


def test_stop_words_are_no_nouns() -> None:
    assert only(Category("x", "x", keywords=("a man in a car",))).known == ("man", "car")


def test_keywords_go_before_the_name_and_the_name_before_the_id() -> None:
    assert only(Category("id", "Cat", keywords=("dog",))).known == ("dog",)
    assert only(Category("id", "Cat")).known == ("cat",)
    assert only(Category("cat", "cat")).known == ("cat",)


def test_where_no_keyword_is_known_the_name_is_looked_up() -> None:
    found = only(Category("id", "Cat", keywords=("chaton",)))
    assert (found.known, found.unknown) == (("cat",), ("chaton",))


def test_what_is_unknown_is_reported() -> None:
    words = Category("home", "home", keywords=("Wohnzimmer", "dented car", "Küche", "Küche"))
    found = only(words)
    assert found.known == ("car",)
    assert found.unknown == ("Wohnzimmer", "Küche")
    assert found.ignored == ("dented",)


def test_a_category_without_any_known_word_has_no_terms() -> None:
    assert only(Category("靴", "靴")) == Understood("靴", (), ("靴",))
    assert only(Category("12", "12")).terms == ()


def test_a_hostile_phrase_takes_no_time() -> None:
    assert only(Category("x", "x", keywords=("a" * 100_000, "of " * 20_000))).terms == ()
