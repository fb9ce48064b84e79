import pytest

from pixonomy.sources.captions import Captions


def judge(texts: list[str]) -> bool:
    captions = Captions()
    for text in texts:
        captions.add(text)
    return captions.are_captions()


SENTENCE = "a photo of a man on bike {}"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], False),
        (["cat"], False),
        (["cat", "dog", "horse"], False),
        (["great white shark", "tiger shark", "great white shark"], False),
        ([SENTENCE.format(number) for number in range(3)], True),
        ([SENTENCE.format(number) for number in range(50)], True),
        ([SENTENCE.format(number // 2 if number < 20 else number) for number in range(50)], True),
        ([SENTENCE.format(number % 10) for number in range(50)], False),
        ([f"sku-{number}" for number in range(50)], True),
        ([f"class{number % 40}" for number in range(60)], False),
        ([f"class{number * number % 1009}" for number in range(700)], False),
        ([str(number % 7) for number in range(6)], True),
    ],
)
def test_captions_are_told_from_labels(texts: list[str], expected: bool) -> None:
    assert judge(texts) == expected


def test_no_more_texts_are_remembered_than_needed() -> None:
    captions = Captions()
    for number in range(20_000):
        captions.add(str(number))
    assert captions.is_full
    assert captions.count == 10_000
