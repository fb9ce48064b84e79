"""What a worker makes of an image, without the process around it."""

import io
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from pixonomy.bundle.answer import Square
from pixonomy.bundle.explain_answer import open_explainer
from pixonomy.bundle.load import Bundle, load_bundle
from pixonomy.errors import UndecodableImage
from pixonomy.images.resize import ResizeSpec, frame
from pixonomy.serving.worker import Decoder, Engine, describe_model, find_decoder
from pixonomy.verbs.evaluate import evaluate

TOO_LARGE = (
    "it takes more than the 600 MB of memory that one image may have: send it as a JPEG, or smaller"
)


@pytest.fixture(scope="module")
def bundle(fitted_run: Path) -> Bundle:
    return load_bundle(fitted_run)


def raising(error: Exception, cause: Exception | None = None) -> Decoder:
    def decode(data: bytes, resize_spec: ResizeSpec) -> Square:
        raise error from cause

    return decode


def fault_of(bundle: Bundle, decoder: Decoder) -> str:
    read = Engine(bundle, decoder, 600 << 20).read(b"image")
    assert isinstance(read, UndecodableImage)
    return str(read)


def test_too_little_memory_is_told_in_words(bundle: Bundle) -> None:
    wrapped = raising(UndecodableImage("cannot be decoded: MemoryError"), MemoryError())
    assert fault_of(bundle, wrapped) == TOO_LARGE
    full = cv2.error("no memory")
    full.code = cv2.Error.StsNoMem
    assert fault_of(bundle, raising(full)) == TOO_LARGE
    other = cv2.error("odd")
    other.code = cv2.Error.StsBadArg
    assert fault_of(bundle, raising(other)) == "cannot be decoded"
    assert fault_of(bundle, raising(UndecodableImage("a film"))) == "a film"


def test_the_packaged_image_is_answered_and_small(bundle: Bundle) -> None:
    packaged = Path("src/pixonomy/serving/ready.jpg").read_bytes()
    assert len(packaged) < 4096
    row = Engine(bundle, frame, 1 << 20).warm_up()
    assert row.problem is None
    square = frame(packaged, bundle.resize_spec)
    assert Engine(bundle, frame, 1 << 20).answer(square) == row
    assert row.verdict != "unreadable"


def test_a_model_that_gives_no_number_answers_with_a_problem(bundle: Bundle) -> None:
    wrong = np.zeros((3, 1, 1), np.uint8)  # of no size that the network takes
    row = Engine(bundle, frame, 1 << 20).answer(wrong)
    assert (row.verdict, row.problem) == ("unreadable", "the model gives no number for it")


def test_a_model_is_described_with_its_test(bundle: Bundle, fitted_run: Path) -> None:
    model = describe_model(bundle, fitted_run)
    assert model.digest == bundle.about["digest"]
    assert tuple(one.label for one in model.labels) == bundle.labels
    assert model.calibrated_on == bundle.calibration.n
    assert model.test == evaluate(fitted_run).test is not None


def test_the_decoder_is_ours_unless_a_test_names_another() -> None:
    assert find_decoder(None) is frame
    assert find_decoder("odd_decoders:obey").__name__ == "obey"


def test_what_an_answer_rests_on_is_a_small_png(bundle: Bundle, fitted_run: Path) -> None:
    square = frame(Path("src/pixonomy/serving/ready.jpg").read_bytes(), bundle.resize_spec)
    explainer = open_explainer(bundle, fitted_run)
    assert explainer is not None
    engine = Engine(bundle, frame, 1 << 20, explainer)
    drawn = engine.map(square, bundle.labels[0])
    assert drawn is not None
    assert len(drawn) <= 600
    assert Image.open(io.BytesIO(drawn)).format == "PNG"
    assert drawn != engine.map(square, bundle.labels[1])
    assert engine.map(square, None) is None
    assert engine.map(UndecodableImage("none"), bundle.labels[0]) is None
    assert Engine(bundle, frame, 1 << 20).map(square, bundle.labels[0]) is None
    padded = replace(bundle, resize_spec=ResizeSpec(bundle.resize_spec.size, "pad"))
    assert Engine(padded, frame, 1 << 20, explainer).map(square, bundle.labels[0]) is None
