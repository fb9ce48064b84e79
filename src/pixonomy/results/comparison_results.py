"""What the verbs return that try several models, or the whole way to one."""

from collections.abc import Mapping
from dataclasses import dataclass

from pixonomy.results.answer_results import ImageAnswer
from pixonomy.results.json_record import Result
from pixonomy.results.model_results import TestFigures


@dataclass(frozen=True, kw_only=True)
class ComparedRunResult(Result):
    """One of the runs that are compared.

    Attributes:
        run: the run's folder.
        model: the network's name.
        size: side of its images, in pixels.
        seed: of its training.
        test: how right it is.
    """

    run: str
    model: str
    size: int
    seed: int
    test: TestFigures


@dataclass(frozen=True, kw_only=True)
class RunComparison(Result):
    """A run beside the first one; shares run -1 to 1.

    Attributes:
        run: the run's name among those compared.
        n: images.
        groups: independent units.
        first, second: the accuracies of the first run and of this one.
        difference: second minus first.
        low, high: its 95 % interval.
        chance: the p-value of no difference.
        spread: its standard error.
        freedom: degrees of freedom.
        smallest: the difference that a test at 5 % would find four times in five.
        is_paired: whether both were tested on the same images.
        adjusted: `chance` as it counts when it is one of several (Holm 1979).
        only_first, only_second: images that only one of the two answers rightly; None where they
            were not tested on the same images.
    """

    run: str
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
    adjusted: float
    only_first: int | None
    only_second: int | None


@dataclass(frozen=True, kw_only=True)
class CompareResult(Result):
    """Runs side by side; `compare` returns it.

    Attributes:
        page: the HTML page.
        runs: in the order of the call.
        comparisons: each run but the first beside the first.
        seconds: how long this call took.
    """

    page: str
    runs: tuple[ComparedRunResult, ...]
    comparisons: tuple[RunComparison, ...]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class CellCounts(Result):
    """How many cells of a study this call trained, could not train, and found finished."""

    done: int
    failed: int
    skipped: int


@dataclass(frozen=True, kw_only=True)
class StudyEffect(Result):
    """What the second value of an axis changes in accuracy, in the place of the first.

    All else is alike: means over the other axes, folds and seeds. The interval is Student's t, with
    as many degrees of freedom as allow for both the chance of which images are tested and that of
    the training (Satterthwaite 1946).

    Attributes:
        axis: a setting of the study.
        first_value, second_value: two of its values.
        n: test images.
        first, second: the accuracies, 0 to 1.
        difference: second minus first.
        low, high: its 95 % interval.
        chance: the p-value of no difference.
        adjusted: `chance` as it counts among all effects (Holm 1979).
        smallest: what would have been found four times in five.
        of_seeds: the difference in each seed's trainings alone.
        is_paired: whether the same images were tested.
    """

    axis: str
    first_value: object
    second_value: object
    n: int
    first: float
    second: float
    difference: float
    low: float
    high: float
    chance: float
    adjusted: float
    smallest: float
    of_seeds: tuple[float, ...]
    is_paired: bool


@dataclass(frozen=True, kw_only=True)
class StudyResult(Result):
    """A grid of trainings; `study` returns it.

    Attributes:
        table: the CSV with a line for each finished cell.
        page: the HTML page.
        cells: what this call did.
        effects: of each pair of values of each axis.
        seconds: how long this call took.
    """

    table: str
    page: str
    cells: CellCounts
    effects: tuple[StudyEffect, ...]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class DemoCollection(Result):
    """What the demo collected; see `CollectResult`."""

    pictures: int
    duplicates: int
    refused: int
    page: str


@dataclass(frozen=True, kw_only=True)
class DemoAudit(Result):
    """What the demo's audit found; see `AuditResult`."""

    page: str
    findings: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class FreshAnswer(ImageAnswer):
    """An answer for an image whose category is known.

    Attributes:
        truth: the category.
    """

    truth: str


@dataclass(frozen=True, kw_only=True)
class FreshAnswers(Result):
    """Answers for images that training never saw.

    Attributes:
        n: how many there are.
        right: of which the likeliest category is the true one.
        sure: that the bundle is sure of.
        images: an answer for each.
    """

    n: int
    right: int
    sure: int
    images: tuple[FreshAnswer, ...]


@dataclass(frozen=True, kw_only=True)
class DemoResult(Result):
    """The whole way from keywords to answers; `demo` returns it.

    Attributes:
        gallery: the folder of the drawn photos.
        collected: what came from the local site.
        audit: what is wrong with it.
        run: the run's folder.
        bundle: the exported model.
        report: the HTML page.
        planted: flaws that the site has on purpose.
        test: None without test images.
        fresh: answers for new images.
        seconds: how long this call took.
    """

    gallery: str
    collected: DemoCollection
    audit: DemoAudit
    run: str
    bundle: str
    report: str
    planted: int
    test: TestFigures | None
    fresh: FreshAnswers
    seconds: float
