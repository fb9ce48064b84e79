import numpy as np
import pytest

from pixonomy.dataset.category import Category
from pixonomy.errors import SettingError
from pixonomy.semantic_prior.noun_hierarchy import load_hierarchy
from pixonomy.semantic_prior.prior import (
    ClassSimilarity,
    answer,
    class_weights,
    imagenet_classes,
)

TABBY, PERSIAN, BEAGLE, GAS_PUMP = "n02123045", "n02123394", "n02088364", "n03425413"
CLASSES = (TABBY, PERSIAN, BEAGLE, GAS_PUMP)


def test_the_classes_of_imagenet_are_a_thousand_nouns_in_the_order_of_their_ids() -> None:
    classes = imagenet_classes()
    assert len(set(classes)) == 1000
    assert list(classes) == sorted(classes)
    assert (classes[281], classes[571]) == (TABBY, GAS_PUMP)


def test_similarity_is_that_of_wu_and_palmer() -> None:
    hierarchy = load_hierarchy()
    similarity = ClassSimilarity(CLASSES, hierarchy)
    cat = hierarchy.synset("n02121808")
    assert cat is not None
    # A domestic cat has depth 15; one step down to each cat. Carnivores have depth 12; from there
    # three steps to the domestic cat and three to a beagle by way of dogs and hounds, and so on.
    found = similarity(cat)
    assert found[:2] == pytest.approx([30 / 31, 30 / 31])
    assert 0.5 < found[2] < found[1]
    assert 0 < found[3] < 0.5


def test_a_class_below_a_sense_is_a_kind_of_it() -> None:
    hierarchy = load_hierarchy()
    similarity = ClassSimilarity(CLASSES, hierarchy)
    cat, animal, coin = map(hierarchy.synset, ("n02121808", "n00015388", "n13388245"))
    assert cat is not None
    assert animal is not None
    assert coin is not None
    assert similarity.kinds_of(cat).tolist() == [True, True, False, False]
    assert similarity.kinds_of(animal).tolist() == [True, True, True, False]
    assert not similarity.kinds_of(coin).any()


def test_weights_are_positive_with_rows_of_mean_one_and_lead_to_the_right_category() -> None:
    words = [
        Category("cat", "cat"),
        Category("x", "Dogs"),
        Category("y", "", keywords=("fuel pump",)),
    ]
    weights = class_weights(words, CLASSES)
    assert weights.dtype == np.float32
    assert weights.shape == (3, 4)
    assert (weights > 0).all()
    assert weights.mean(axis=1) == pytest.approx(1, abs=1e-5)
    assert weights.argmax(axis=0).tolist() == [0, 0, 1, 2]


def test_an_unknown_category_is_neither_favoured_nor_ruled_out() -> None:
    weights = class_weights([Category("cat", "cat"), Category("靴", "靴")], CLASSES)
    assert weights[1].tolist() == [1, 1, 1, 1]
    answers = answer(np.eye(4, dtype=np.float32), weights)
    assert answers.argmax(axis=1).tolist() == [0, 0, 1, 1]


def test_the_best_of_the_keywords_counts() -> None:
    alone = class_weights([Category("a", "a", keywords=("tabby cat",))], CLASSES)[0]
    both = class_weights([Category("a", "a", keywords=("tabby cat", "beagle"))], CLASSES)[0]
    assert both[2] / both[0] == pytest.approx(1, abs=0.01)
    assert alone[2] / alone[0] < 0.1


def test_a_modifier_counts_half_as_much_as_the_head() -> None:
    phrase, both = class_weights(
        [Category("a", "a", keywords=("cat dog",)), Category("b", "b", keywords=("cat", "dog"))],
        CLASSES,
    )
    assert phrase[0] / phrase[2] == pytest.approx(both[0] / both[2] / 2, rel=1e-4)


def test_a_rarer_meaning_counts_less_than_the_usual_one() -> None:
    motorcar, railcar = "n02958343", "n02959942"  # met 71 times and twice
    usual, rare = class_weights([Category("car", "car")], (motorcar, railcar))[0]
    assert rare / usual == pytest.approx((3 / 72) ** 0.5, abs=0.1)


def test_answers_are_probabilities() -> None:
    chance = np.random.default_rng(0)
    probabilities = chance.dirichlet(np.ones(4), 50).astype(np.float32)
    weights = class_weights([Category("cat", "cat"), Category("dog", "dog")], CLASSES)
    answers = answer(probabilities, weights)
    assert answers.shape == (50, 2)
    assert answers.dtype == np.float32
    assert answers.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_a_class_that_is_no_noun_of_wordnet_is_refused() -> None:
    with pytest.raises(SettingError, match=r"class 'tench' is no noun of WordNet 3\.0"):
        class_weights([Category("cat", "cat")], ["tench"])
