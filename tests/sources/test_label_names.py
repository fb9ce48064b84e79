import pytest

from pixonomy.sources.label_names import remark_labels


def test_ordinary_names_are_not_remarked_on() -> None:
    assert remark_labels({"car expenses": 50, "home expenses": 40, "vin rouge": 70}) == []
    assert remark_labels({"cat": 100, "dog": 90}) == []
    assert remark_labels({}) == []


def test_a_single_category_is_told() -> None:
    assert remark_labels({"cat": 9}) == [
        "There is one category alone ('cat'): a classifier needs two."
    ]


def test_categories_called_like_splits_are_told_in_one_sentence() -> None:
    (remark,) = remark_labels({"train": 5, "plane": 5, "test-tubes": 5, "val_1": 5, "Testing": 5})
    assert "called like splits (Testing, test-tubes, train, …)" in remark


@pytest.mark.parametrize("name", ["trainingSet", "trainA", "testset", "valData", "my_train_2"])
def test_names_that_only_look_like_splits_are_told_too(name: str) -> None:
    (remark,) = remark_labels({name: 5, "plane": 5})
    assert name in remark


@pytest.mark.parametrize("name", ["trains", "trainers", "contest", "valley", "testament"])
def test_words_that_merely_begin_like_a_split_are_not(name: str) -> None:
    assert remark_labels({name: 5, "plane": 5}) == []


def test_a_category_of_nearly_all_pictures_is_told() -> None:
    (remark,) = remark_labels({"dataset": 95, "runs": 5})
    assert remark.startswith("Category 'dataset' holds 95 of 100 pictures")
    assert remark_labels({"cat": 80, "dog": 20}) == []


@pytest.mark.parametrize(
    "twins",
    [
        ("Cat", "cat"),
        ("red wine", "red-wine"),
        ("red wine", "redwine "),
        ("café", "cafe\N{COMBINING ACUTE ACCENT}"),
        ("cat", "ｃａｔ"),
        ("Straße", "STRASSE"),
    ],
)
def test_names_that_look_alike_are_told(twins: tuple[str, str]) -> None:
    (remark,) = remark_labels({twins[0]: 5, twins[1]: 5, "dog": 5})
    assert "differ in capitals, blanks or the form of their letters alone" in remark
    assert all(repr(name) in remark for name in twins)


def test_names_of_signs_alone_are_not_all_alike() -> None:
    assert remark_labels({"+": 5, "-": 5, "1": 5, "2": 5, "-1": 5}) == []
    assert remark_labels({"C": 5, "C#": 5, "C++": 5}) == []
