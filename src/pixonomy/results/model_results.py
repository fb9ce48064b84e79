"""What the verbs return that train and test a model."""

from dataclasses import dataclass

from pixonomy.results.json_record import Result


@dataclass(frozen=True, kw_only=True)
class Validation(Result):
    """What a training reached on its validation images.

    Attributes:
        n: images.
        accuracy: share of right answers, 0 to 1.
        loss: cross-entropy, in nats.
    """

    n: int
    accuracy: float
    loss: float


@dataclass(frozen=True, kw_only=True)
class TrainResult(Result):
    """A training; `train` returns it.

    Attributes:
        run: the run's folder.
        bundle: the exported model.
        steps: optimizer steps.
        seconds: how long it trained, in all its calls.
        validation: None where nothing was measured.
        device: what it ran on; None for a run of an earlier Pixonomy, which did not note it.
    """

    run: str
    bundle: str
    steps: int
    seconds: float
    validation: Validation | None
    device: str | None


@dataclass(frozen=True, kw_only=True)
class TestFigures(Result):
    """How right a model is on test images; shares run 0 to 1.

    Attributes:
        n: images.
        accuracy: share of right answers.
        accuracy_low, accuracy_high: its 95 % interval.
        macro_f1: the mean over categories of F1.
        majority_baseline: what always answering the most common category would reach.
        units: how many of the images are independent of each other; None where unknown.
    """

    __test__ = False  # pytest takes classes of such a name for tests

    n: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    macro_f1: float
    majority_baseline: float
    units: int | None


@dataclass(frozen=True, kw_only=True)
class EvaluateResult(Result):
    """A tested run; `evaluate` and `fit` return it.

    Attributes:
        run: the run's folder.
        bundle: the exported model.
        report: the HTML page.
        images: rows of the arrays trained on, or of the other manifest.
        categories: that it answers with.
        seconds: how long this call took.
        test: None without test images.
    """

    run: str
    bundle: str
    report: str
    images: int
    categories: int
    seconds: float
    test: TestFigures | None


@dataclass(frozen=True, kw_only=True)
class AccuracyDifference(Result):
    """The second accuracy minus the first; shares run -1 to 1.

    Attributes:
        n: images.
        groups: independent units.
        first, second: the accuracies.
        difference: second minus first.
        low, high: its 95 % interval.
        chance: the p-value of no difference.
        spread: its standard error.
        freedom: degrees of freedom.
        smallest: the difference that a test at 5 % would find four times in five.
        is_paired: whether both answered the same images.
    """

    n: int
    groups: int
    first: float
    second: float
    difference: float
    low: float
    high: float
    chance: float
    spread: float
    freedom: float
    smallest: float
    is_paired: bool


@dataclass(frozen=True, kw_only=True)
class GapPart(Result):
    """A part of a difference of accuracies.

    Attributes:
        difference: -1 to 1.
        low, high: its 95 % interval.
    """

    difference: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class ReweightedGap(Result):
    """A set's accuracy as if its categories were as frequent as in the test split.

    Attributes:
        categories: that could be compared.
        own_covered, there_covered: their share of the labelled images on either side.
        own, there: the plain accuracies.
        accuracy: there, reweighted.
        accuracy_low, accuracy_high: its 95 % interval.
        by_mix: what of the gap is because categories come in other shares.
        by_pictures: what of it is because images of a category are answered otherwise.
    """

    categories: int
    own_covered: float
    there_covered: float
    own: float
    there: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    by_mix: GapPart
    by_pictures: GapPart


@dataclass(frozen=True, kw_only=True)
class GapByMix(Result):
    """How far a gap is one of the mix of categories.

    Attributes:
        reweighted: None where there is no evidence.
        why_not: says so in words; else empty.
        only_own: categories with test images and none there.
        only_there: with images there and no test image.
        few: with test images and some there, but of fewer than 5 independent units.
        in_words: all of it as sentences.
    """

    reweighted: ReweightedGap | None
    why_not: str
    only_own: tuple[str, ...]
    only_there: tuple[str, ...]
    few: tuple[str, ...]
    in_words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LabelShare(Result):
    """How much of the images without a label one category is; shares run 0 to 1.

    Attributes:
        label: the category.
        counted: the share of the answers that name it.
        share: what it is likely to be.
        low, high: the 90 % interval of `share`.
    """

    label: str
    counted: float
    share: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class EvaluateOnResult(EvaluateResult):
    """A run tested on another manifest; `evaluate` with `on` returns it.

    Attributes:
        predictions: the table of answers.
        gap: from its own accuracy to the other set's; None without labelled images.
        mix: what of the gap is because categories come in other shares; None without a gap.
        shares: of the images without a label; empty where unknown.
    """

    predictions: str
    gap: AccuracyDifference | None
    mix: GapByMix | None
    shares: tuple[LabelShare, ...]
