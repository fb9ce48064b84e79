"""A run folder: where everything about one training lies, under names used everywhere."""

import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.errors import SettingError
from pixonomy.storage.files import printable, read_json, write_json
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.training.commit import source_commit
from pixonomy.training.recipe import Recipe

BY_WORDS = "by_words"
"""The column of `probe.parquet` with what words alone answer, as label numbers; null: nothing."""


@dataclass(frozen=True)
class RunFolder:
    """The files of a run."""

    path: Path

    @property
    def about(self) -> Path:
        """What the run is: recipe, labels, fingerprint, versions, commit. Written first."""
        return self.path / "run.json"

    @property
    def result(self) -> Path:
        """What training reached. Written last: a run without it is unfinished."""
        return self.path / "training.json"

    @property
    def history(self) -> Path:
        """One line an epoch."""
        return self.path / "history.csv"

    @property
    def events(self) -> Path:
        """The same for TensorBoard."""
        return self.path / "events"

    @property
    def latest(self) -> Path:
        """The newest checkpoint: all that is needed to go on."""
        return self.path / "checkpoints" / "latest.npz"

    @property
    def best(self) -> Path:
        """The weights with the lowest validation loss."""
        return self.path / "checkpoints" / "best.npz"

    @property
    def probe(self) -> Path:
        """The linear probe's prediction for every image, and its head."""
        return self.path / "probe.parquet"

    @property
    def probe_head(self) -> Path:
        """The linear probe's weights: where fine-tuning starts."""
        return self.path / "checkpoints" / "probe.npz"

    @property
    def gate(self) -> Path:
        """What answers for a frozen network beside the linear probe, where a recipe wants it."""
        return self.path / "checkpoints" / "gate.npz"

    @property
    def gate_facts(self) -> Path:
        """How that was chosen."""
        return self.path / "checkpoints" / "gate.json"

    @property
    def fine_tuning(self) -> Path:
        """What a trial showed of fine-tuning, where a recipe wants one."""
        return self.path / "checkpoints" / "fine_tuning.json"

    @property
    def trial(self) -> Path:
        """The run of that trial, while it lasts."""
        return self.path / "checkpoints" / "trial"

    @property
    def averaged(self) -> Path:
        """Weights between the start and the best ones, where a trial showed that to be better."""
        return self.path / "checkpoints" / "averaged.npz"

    @property
    def bundle(self) -> Path:
        """The exported model: what `classify` and `predict` use."""
        return self.path / "bundle"

    @property
    def words_bundle(self) -> Path:
        """The bundle of the words-only run whose place this one took, where there was one."""
        return self.path / "words" / "bundle"

    @property
    def predictions(self) -> Path:
        """One row a test image."""
        return self.path / "predictions.parquet"

    @property
    def evaluation(self) -> Path:
        """All figures of the report, as JSON."""
        return self.path / "evaluation.json"

    @property
    def report(self) -> Path:
        """The page for people."""
        return self.path / "report.html"

    @property
    def card(self) -> Path:
        """The model card: what the bundle is for, and how far it can be trusted."""
        return self.path / "model_card.md"


@dataclass(frozen=True)
class Origin:
    """Where a run comes from, for its pages; nothing of a training depends on it.

    Attributes:
        command: what to type to make all of it again.
        source: what its images were read from, as it was named.
    """

    command: str
    source: str


@dataclass(frozen=True)
class Run:
    """A run as `run.json` describes it.

    Attributes:
        labels: in the order of the network's outputs.
        arrays: the folder of the arrays it was trained on.
        weights: how the network started: a file's SHA-256, `imagenet`, or None (random).
        fingerprint: what decides whether the run can be taken as it is.
        manifest: the SHA-256 of the manifest that the arrays were prepared from.
        origin: None for a run of an earlier Pixonomy, which did not note it.
        taxonomy: the labels' names, parents, words and goals; None where nothing is known of them.
    """

    recipe: Recipe
    labels: tuple[str, ...]
    arrays: Path
    weights: str | None
    fingerprint: Fingerprint
    manifest: str | None = None
    origin: Origin | None = None
    taxonomy: Taxonomy | None = None

    def write(self, folder: RunFolder) -> None:
        """Write `run.json`."""
        about = {
            "recipe": asdict(self.recipe),
            "labels": list(self.labels),
            "arrays": str(self.arrays),
            "weights": self.weights,
            "fingerprint": dict(self.fingerprint),
            "manifest": self.manifest,
            "origin": None if self.origin is None else asdict(self.origin),
            "taxonomy": None if self.taxonomy is None else self.taxonomy.as_json(),
            "versions": versions(),
            "commit": source_commit(),
        }
        write_json(folder.about, about)


def read_run(path: Path) -> tuple[RunFolder, Run]:
    """Read a run folder.

    Raises:
        SettingError: if there is no run at `path`.
    """
    folder = RunFolder(path)
    about = read_json(folder.about)
    if about is None:
        raise SettingError(f"{printable(path)} is no run. `pixonomy train` makes one.")
    run = Run(
        recipe=Recipe(**about["recipe"]),
        labels=tuple(about["labels"]),
        arrays=Path(about["arrays"]),
        weights=about["weights"],
        fingerprint=about["fingerprint"],
        manifest=about.get("manifest"),
        origin=Origin(**about["origin"]) if about.get("origin") else None,
        taxonomy=Taxonomy.from_json(about["taxonomy"]) if about.get("taxonomy") else None,
    )
    return folder, run


def versions() -> dict[str, str]:
    """Return the versions that training depends on."""
    names = ("pixonomy", "keras", "torch", "numpy", "opencv-python-headless", "simplejpeg")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}
