import numpy as np
import polars as pl
import pytest

from embedded_clouds import draw, word_head
from pixonomy.dataset.taxonomy import Category, Taxonomy
from pixonomy.heads.word_head import WordHead
from pixonomy.models.stored_head import ImageNetHead
from pixonomy.semantic_prior.prior import imagenet_classes
from pixonomy.training.gate import CLUSTERS, Gate, find_groups, find_words, fit_gate
from pixonomy.training.probe import Embedded, Probe

NO_PROBE = Probe(np.zeros((32, 3), np.float32), np.zeros(3, np.float32))
NO_HEAD = ImageNetHead(np.zeros((4, 1000), np.float16), np.zeros(1000, np.float32))


def rows(**columns: list[str | None]) -> pl.DataFrame:
    n = len(next(iter(columns.values())))
    return pl.DataFrame({"group_id": [str(i) for i in range(n)], **columns})


def test_the_source_is_held_out_before_the_keyword() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    found, groups = find_groups(rows(keyword=list("abababab"), source=list("aabbccdd")), labels)
    assert found == "source"
    assert groups is not None
    assert groups.tolist() == [1, 1, 2, 2, 3, 3, 4, 4]


@pytest.mark.parametrize("values", ["abcdefgh", "aaaabbbb", "aaaaaaaa"])
def test_a_column_of_one_image_a_value_or_of_one_value_a_category_is_none(values: str) -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    assert find_groups(rows(source=list(values)), labels) == (None, None)


def test_images_without_a_value_are_a_group() -> None:
    labels = np.array([0, 0, 0, 0, 0, 0])
    _, groups = find_groups(rows(source=["a", "a", "b", "b", None, None]), labels)
    assert groups is not None
    assert groups.tolist() == [2, 2, 3, 3, 1, 1]


def test_keywords_of_a_taxonomy_speak_and_a_label_without_one_speaks_for_itself() -> None:
    taxonomy = Taxonomy.of([Category("pets", "Pets", keywords=("dog", "cat"))])
    found = find_words(("pets", "banana"), taxonomy, NO_HEAD)
    assert isinstance(found, WordHead)
    classes = imagenet_classes()
    collie, banana = classes.index("n02106030"), classes.index("n07753592")
    assert found.weights[0, collie] > 3 * found.weights[0, banana]
    assert found.weights[1, banana] > 3 * found.weights[1, collie]


def test_without_a_head_or_known_words_a_sentence_says_so() -> None:
    assert "ImageNet head is not at hand" in str(find_words(("dog",), None, None))
    assert "none of the categories' words" in str(find_words(("xqzt", "vvkk"), None, NO_HEAD))


def test_a_gate_is_read_back_as_it_was_stored() -> None:
    training = draw(20, seed=0).training
    embedded = Embedded(training.embeddings, training.labels)
    table = rows(source=[str(one) for one in training.groups])
    fitted = fit_gate(embedded, table, NO_PROBE, word_head(), 3, 0)
    assert fitted is not None
    gate, facts = fitted
    assert facts.groups == "source"
    assert facts.without_words is None
    assert len(facts.losses) == 3
    again = Gate.from_arrays([np.asarray(one) for one in gate.as_arrays()])
    asked = draw(5, seed=3).training.embeddings
    logits = np.zeros((len(asked), 3), np.float32)
    for one, other in zip(
        gate.head.answer(asked, logits), again.head.answer(asked, logits), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert again.held_out.groups.tolist() == gate.held_out.groups.tolist()


def test_without_a_column_clusters_are_held_out_and_why_there_are_no_words_is_told() -> None:
    training = draw(20, seed=0).training
    embedded = Embedded(training.embeddings, training.labels)
    table = rows(other=["x"] * len(training.labels))
    fitted = fit_gate(embedded, table, NO_PROBE, "Words have no say: none.", 3, 0)
    assert fitted is not None
    gate, facts = fitted
    assert facts.groups == CLUSTERS
    assert gate.head.words is None
    assert Gate.from_arrays([np.asarray(one) for one in gate.as_arrays()]).head.words is None
    assert facts.in_words().endswith("Words have no say: none.")
