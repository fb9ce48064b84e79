"""The page to try the service at: a form, and the verdict in words and bars.

It works without a script; with one the answer comes into the same page. Nothing is kept of what is
sent, and no image is sent back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jinja2

from pixonomy.pages.bars import Bar
from pixonomy.pages.render import load_template
from pixonomy.pages.wording import counted, display_names, percent, storage
from pixonomy.results.answer_results import RestsOn
from pixonomy.results.model_results import TestFigures
from pixonomy.results.serving_results import ClassifiedImage, ServedModel

_FOLDER = Path(__file__).parent
_GROUNDS: Mapping[RestsOn, str] = {
    "training": "The answer rests on training images that are like this one.",
    "both": "The answer rests on training images and on the categories' words: few training images "
    "are like this one.",
    "words": "The answer rests on the categories' words: no training image is like this one.",
}

HEADERS: Mapping[str, str] = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}
"""What goes with the page: it runs its own script and style alone, and stands in no frame."""


@dataclass(frozen=True)
class PageLimits:
    """What the form takes.

    Attributes:
        image_count: images at once.
        image_bytes: bytes of each.
    """

    image_count: int
    image_bytes: int

    @property
    def size(self) -> str:
        """The bytes of an image in words."""
        return storage(self.image_bytes).replace(".0 ", " ").replace(" ", "\u00a0")


@dataclass(frozen=True)
class _Model:
    names: tuple[str, ...]
    digest: str
    calibrated_on: int
    accuracy: str


@dataclass(frozen=True)
class _Answer:
    """One answer in words.

    Attributes:
        words: the verdict.
        detail: how probable it is, or why there is none.
        bars: of the likeliest categories.
        grounds: sentences: on what it rests, where the category belongs, what for people save.
    """

    verdict: str
    words: str
    detail: str
    bars: tuple[Bar, ...]
    grounds: tuple[str, ...]


def render_try_page(
    model: ServedModel | None,
    limits: PageLimits,
    answers: Sequence[ClassifiedImage] = (),
    failure: str = "",
    needs_token: bool = False,
) -> str:
    """Return the page.

    Args:
        model: which answers; None where whoever asks may not know.
        limits: what the form takes.
        answers: to the images that the form brought, in their order.
        failure: why it got none, in a sentence.
        needs_token: whether the form asks for a token.
    """
    return _template().render(
        model=None if model is None else _describe_model(model),
        limits=limits,
        answers=[_describe(one) for one in answers],
        failure=failure,
        needs_token=needs_token,
    )


@cache
def read_assets() -> Mapping[str, tuple[bytes, str]]:
    """Return style and script: bytes and media type by address."""
    style, shared = (_FOLDER / "try.css").read_bytes(), _FOLDER.parent / "pages" / "style.css"
    return {
        "/static/style.css": (shared.read_bytes(), "text/css"),
        "/static/try.css": (style, "text/css"),
        "/static/try.js": ((_FOLDER / "try.js").read_bytes(), "text/javascript"),
    }


@cache
def _template() -> jinja2.Template:
    return load_template(_FOLDER, "try.html")


def _describe_model(model: ServedModel) -> _Model:
    labels = [one.label for one in model.labels]
    names = display_names(labels, {one.label: one.name for one in model.labels})
    return _Model(
        tuple(names.values()), model.digest, model.calibrated_on, _describe_test(model.test)
    )


def _describe_test(test: TestFigures | None) -> str:
    if test is None:
        return "The model does not say how right it was on test images."
    return (
        f"On {counted(test.n, 'test image')} it was right on {percent(test.accuracy)} (95 % "
        f"interval {percent(test.accuracy_low)} to {percent(test.accuracy_high)}). On images that "
        "are unlike those, it may be less."
    )


def _describe(answer: ClassifiedImage) -> _Answer:
    labels = [one.label for one in answer.top]
    names = display_names(labels, {one.label: one.name for one in answer.top})
    words, detail = _verdict(answer, list(names.values()))
    bars = tuple(
        Bar(names[one.label], percent(one.confidence), 100 * one.confidence, place == 0)
        for place, one in enumerate(answer.top)
    )
    return _Answer(answer.verdict, words, detail, bars, tuple(_grounds(answer)))


def _verdict(answer: ClassifiedImage, names: Sequence[str]) -> tuple[str, str]:
    """Return the verdict and, as a sentence, what there is to say about it."""
    if answer.problem is not None or not names:
        problem = (answer.problem or "there is no answer").rstrip(".")
        return "Cannot be read", f"{problem[:1].upper()}{problem[1:]}."
    probability = percent(answer.top[0].confidence)
    if answer.verdict == "sure":
        return names[0], f"Sure: {probability}."
    if answer.verdict == "none":
        return "None of these", f"The nearest category is {names[0]}."
    if len(names) == 1:
        return f"Not sure: {names[0]}?", f"{names[0]} has {probability}."
    return f"Not sure: {names[0]} or {names[1]}?", f"{names[0]} has {probability}."


def _grounds(answer: ClassifiedImage) -> list[str]:
    sentences = [_GROUNDS[answer.rests_on]] if answer.rests_on else []
    if answer.category_path:
        sentences.append(f"Where it belongs: {' / '.join(answer.category_path)}.")
    if answer.goals:
        goals = "; ".join(one.name for one in answer.goals)
        sentences.append(f"What people save for in it: {goals}.")
    return sentences
