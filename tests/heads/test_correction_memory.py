"""The memory answers for images like reviewed ones, forgets at once, and knows when to be quiet."""

import numpy as np
import pytest

from pixonomy.heads.correction_memory import CorrectionMemory, Review, reference_embeddings
from pixonomy.heads.references import Floats, choose_references

D = 48


def around(centre: int, n: int, seed: int, spread: float = 0.05) -> Floats:
    """Embeddings near one of several directions that are far from each other."""
    values = np.random.default_rng([centre, seed]).normal(0, spread, (n, D))
    values[:, centre] += 1
    return values.astype(np.float32)


def remember(memory: CorrectionMemory, centre: int, labels: list[str], answer: str) -> None:
    for number, (one, label) in enumerate(zip(around(centre, len(labels), 1), labels, strict=True)):
        memory.add(one, Review(f"{centre}-{number}", label, answer))


@pytest.fixture
def memory() -> CorrectionMemory:
    return CorrectionMemory(around(0, 60, 0))


def test_an_image_like_reviewed_ones_gets_their_label_and_others_are_the_models(
    memory: CorrectionMemory,
) -> None:
    remember(memory, 1, ["travel"] * 8, "home")
    given = memory.answer(around(1, 1, 9)[0])
    assert given is not None
    assert (given.label, given.agreeing, given.asked) == ("travel", 5, 5)
    assert given.cosine > 0.8
    assert given.nearest.startswith("1-")
    assert memory.answer(around(0, 1, 9)[0]) is None


def test_most_of_five_outvote_a_wrong_review(memory: CorrectionMemory) -> None:
    remember(memory, 1, ["car", *["travel"] * 7], "home")
    wrong = around(1, 8, 1)[0]
    given = memory.answer(wrong)
    assert given is not None
    assert (given.label, given.nearest) == ("travel", "1-0")


def test_none_of_the_categories_is_an_answer_too(memory: CorrectionMemory) -> None:
    for number, one in enumerate(around(1, 8, 1)):
        memory.add(one, Review(str(number), None, "home"))
    given = memory.answer(around(1, 1, 9)[0])
    assert given is not None
    assert given.label is None


def test_too_few_to_check_answer_nothing(memory: CorrectionMemory) -> None:
    remember(memory, 1, ["travel"] * 4, "home")
    assert memory.answer(around(1, 1, 9)[0]) is None
    assert memory.standing.stands_aside
    assert memory.standing.right is None


def test_it_stands_aside_where_the_model_knows_better(memory: CorrectionMemory) -> None:
    labels = ["a", "b"] * 10  # at random around one place: neighbours say nothing
    for number, (one, label) in enumerate(zip(around(1, 20, 1), labels, strict=True)):
        memory.add(one, Review(str(number), label, label))
    assert memory.standing.model_right == 1.0
    assert memory.standing.right is not None
    assert memory.standing.right < 1
    assert memory.answer(around(1, 1, 9)[0]) is None
    for number, (one, label) in enumerate(zip(around(1, 20, 1), labels, strict=True)):
        memory.add(one, Review(str(number), label, "c"))
    assert memory.standing.model_right == 0.0
    assert memory.answer(around(1, 1, 9)[0]) is not None


def test_what_is_withdrawn_is_forgotten_at_once(memory: CorrectionMemory) -> None:
    remember(memory, 1, ["travel"] * 8, "home")
    remember(memory, 2, ["car"] * 8, "home")
    assert memory.remove("1-3")
    assert not memory.remove("1-3")
    for number in range(8):
        memory.remove(f"1-{number}")
    assert len(memory) == 8
    assert {one.id for one in memory.reviews} == {f"2-{number}" for number in range(8)}
    given = memory.answer(around(2, 1, 9)[0])
    assert given is not None
    assert given.label == "car"
    near = memory.answer(around(1, 1, 9)[0])
    assert near is None or near.cosine < 0.5


def test_a_second_review_of_an_image_takes_the_place_of_the_first(memory: CorrectionMemory) -> None:
    remember(memory, 1, ["travel"] * 8, "home")
    remember(memory, 1, ["car"] * 8, "home")
    assert len(memory) == 8
    given = memory.answer(around(1, 1, 9)[0])
    assert given is not None
    assert given.label == "car"


def test_the_oldest_make_room() -> None:
    memory = CorrectionMemory(around(0, 60, 0), most=10)
    for number, one in enumerate(around(1, 25, 1)):
        memory.add(one, Review(str(number), "travel", None))
    assert {one.id for one in memory.reviews} == {str(number) for number in range(15, 25)}
    memory.remove("20")
    memory.add(around(1, 1, 5)[0], Review("new", "travel", None))
    assert len(memory) == 10
    assert "15" in {one.id for one in memory.reviews}


@pytest.mark.parametrize("values", [np.zeros(D - 1), np.full(D, np.nan), np.zeros((1, D))])
def test_what_is_no_embedding_is_refused(
    memory: CorrectionMemory, values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> None:
    with pytest.raises(ValueError, match="48 finite numbers"):
        memory.add(values, Review("1", "travel", None))
    assert len(memory) == 0


def test_references_of_a_gated_head_are_read_without_the_empty_places() -> None:
    embeddings = np.concatenate([around(0, 30, 0), around(1, 10, 0)])
    labels = np.repeat([0, 1], [30, 10])
    references = choose_references(embeddings, labels, 2, 0)
    found = reference_embeddings(references)
    assert found.shape == (40, D)
    length = np.linalg.norm(found, axis=1) * np.linalg.norm(embeddings, axis=1)
    assert ((found * embeddings).sum(axis=1) / length).min() > 0.99


def test_reviews_of_other_things_do_not_outvote_the_one_that_is_near(
    memory: CorrectionMemory,
) -> None:
    remember(memory, 1, ["travel"], "home")
    remember(memory, 2, ["car"] * 8, "home")
    image = around(1, 1, 9)[0]
    image[0] += 0.5  # somewhat like the references, and not like the cars at all
    given = memory.answer(image)
    assert given is not None
    assert (given.label, given.agreeing, given.asked) == ("travel", 1, 1)
