from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from encoder_pair import SIZE, make_pair
from pixonomy.dataset.category import Category
from pixonomy.errors import SettingError
from pixonomy.inference.embed import EmbeddingNetwork
from pixonomy.inference.wrap_backbone import wrap_backbone
from pixonomy.semantic_prior.encoder_folder import find_encoder
from pixonomy.semantic_prior.encoders import SCALE, make_phrase_head
from pixonomy.semantic_prior.text_tower import TextTower

Floats = npt.NDArray[np.float32]
DIRECTIONS = {"cat": (1, 0, 0), "dog": (0, 1, 0), "puppy": (0, 0.8, 0.6), "car": (0, 0, 1)}


def stub(texts: Sequence[str]) -> Floats:
    """Encode a text as the direction of its last word, of any length."""
    return np.array([DIRECTIONS[one.split()[-1]] for one in texts], np.float32) * 7


CATEGORIES = [
    Category("c", "Cat"),
    Category("d", "Dogs", keywords=("dog", "Puppy")),
    Category("car", "car"),
]


def test_phrases_become_the_classes_of_a_head() -> None:
    head = make_phrase_head(CATEGORIES, stub)
    assert head.phrases == ("cat", "dog", "puppy", "car")
    expected = np.array([DIRECTIONS[one] for one in head.phrases]).T * SCALE
    assert head.kernel == pytest.approx(expected, abs=1e-4)
    # Each category has the same say, however many phrases it has.
    assert head.weights.tolist() == [[4, 0, 0, 0], [0, 2, 2, 0], [0, 0, 0, 4]]


def test_an_image_is_answered_by_the_phrase_it_is_like() -> None:
    answers = make_phrase_head(CATEGORIES, stub).answer(
        np.array([[5, 0.1, 0], [0, 0.9, 0.5], [0.01, 0, 0.02], [1, 0, 1]], np.float32)
    )
    assert answers.shape == (4, 3)
    assert answers.argmax(axis=1)[:3].tolist() == [0, 1, 2]
    assert answers.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert answers[3] == pytest.approx([0.5, 0, 0.5], abs=1e-3)


def test_the_vector_of_a_phrase_is_the_mean_over_the_prompts() -> None:
    def encode(texts: Sequence[str]) -> Floats:
        return np.array([(1, 0) if one.startswith("a ") else (0, 3) for one in texts], np.float32)

    head = make_phrase_head([Category("cat", "cat")], encode, ("a {}", "the {}"), scale=1)
    assert head.kernel[:, 0] == pytest.approx([0.5**0.5, 0.5**0.5])


@pytest.mark.parametrize("prompts", [("a photo",), ("{} and {}",), ()])
def test_a_prompt_has_one_place_for_the_words(prompts: tuple[str, ...]) -> None:
    with pytest.raises(SettingError, match=r"A prompt has one \{\} for the words"):
        make_phrase_head(CATEGORIES, stub, prompts)


def test_vectors_that_are_none_are_refused() -> None:
    with pytest.raises(SettingError, match="not finite or have no length"):
        make_phrase_head(CATEGORIES, lambda texts: np.zeros((len(texts), 3), np.float32))


def test_a_random_pair_answers_as_its_reference_does(tmp_path: Path) -> None:
    pair = make_pair(tmp_path / "encoder")
    files = find_encoder(pair.folder)
    categories = [Category("cat", "cat"), Category("x", "x", keywords=("dog", "red_wine"))]
    head = make_phrase_head(categories, TextTower(files.text, files.tokenizer), ("a photo of {}",))
    texts = pair.text_vectors(
        np.array([[2, 3, 4, 5, 0, 0, 0, 0], [2, 3, 4, 6, 0, 0, 0, 0], [2, 3, 4, 9, 10, 0, 0, 0]])
    )
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    network = EmbeddingNetwork(wrap_backbone(files.image.read_bytes(), files.preprocessing))
    images = np.random.default_rng(1).integers(0, 256, (20, 3, SIZE, SIZE)).astype(np.uint8)
    embeddings = network.run(images)
    assert embeddings == pytest.approx(pair.image_vectors(images), abs=1e-4)
    scores = np.exp(SCALE * pair.image_vectors(images).astype(float) @ texts.T)
    pooled = np.stack([scores[:, 0], scores[:, 1:].mean(axis=1)], axis=1)
    expected = pooled / pooled.sum(axis=1, keepdims=True)
    assert head.answer(embeddings) == pytest.approx(expected, abs=1e-4)


@pytest.mark.slow
def test_a_pair_of_transformers_answers_as_pytorch_does(tmp_path: Path) -> None:
    import torch
    from torch import nn

    from encoder_pair import write_tokenizer

    def block() -> nn.Module:
        return nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, dropout=0.0)

    class Text(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table, self.block = nn.Embedding(11, 16), block()
            self.places = nn.Parameter(torch.randn(8, 16))
            self.last = nn.Linear(16, 12, bias=False)

        def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
            rows: torch.Tensor = self.last(self.block(self.table(input_ids) + self.places)[:, -1])
            return rows

    class Image(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.patches, self.block = nn.Conv2d(3, 16, 8, 8), block()
            self.last = nn.Linear(16, 12, bias=False)

        def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
            patches = self.patches(pixel_values).flatten(2).transpose(1, 2)
            rows: torch.Tensor = self.last(self.block(patches).mean(1))
            return rows

    torch.manual_seed(0)
    text, image = Text().eval(), Image().eval()
    ids = torch.tensor([[5, 0, 0, 0, 0, 0, 0, 0], [6, 0, 0, 0, 0, 0, 0, 0]])
    given = torch.zeros(2, 3, 16, 16)
    for tower_module, example, taken, output, name in (
        (text, ids, "input_ids", "text_embeds", "text_model.onnx"),
        (image, given, "pixel_values", "image_embeds", "vision_model.onnx"),
    ):
        torch.onnx.export(
            tower_module, (example,), tmp_path / name, input_names=[taken], output_names=[output],
            dynamo=True, dynamic_shapes=({0: torch.export.Dim("n")},), external_data=False,
            verbose=False,
        )  # fmt: skip
    write_tokenizer(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(
        '{"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "size": 16}'
    )
    files = find_encoder(tmp_path)
    tower = TextTower(files.text, files.tokenizer)
    with torch.no_grad():
        texts = text(ids)
        assert tower(["cat", "dog"]) == pytest.approx(texts.numpy(), abs=1e-4)
        images = np.random.default_rng(0).integers(0, 256, (9, 3, 16, 16)).astype(np.uint8)
        seen = nn.functional.normalize(image(torch.from_numpy(images) / 127.5 - 1))
        logits = 100 * seen @ nn.functional.normalize(texts).T
    network = EmbeddingNetwork(wrap_backbone(files.image.read_bytes(), files.preprocessing))
    embeddings = network.run(images)
    assert embeddings == pytest.approx(seen.numpy(), abs=1e-4)
    head = make_phrase_head([Category("cat", "cat"), Category("dog", "dog")], tower, ("{}",))
    assert head.answer(embeddings) == pytest.approx(logits.softmax(1).numpy(), abs=1e-4)
