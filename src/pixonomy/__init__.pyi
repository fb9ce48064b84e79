"""The types of the public functions: text is taken wherever a path is (`text_paths`)."""

import os
from collections.abc import Collection, Sequence

from pixonomy.arrays.write import ArraySettings as ArraySettings
from pixonomy.browsing.overview_page import BrowseChoices as BrowseChoices
from pixonomy.bundle.answer import Answer as Answer
from pixonomy.bundle.classifier import Classifier as Classifier
from pixonomy.dataset.manifest import Manifest
from pixonomy.errors import PixonomyError as PixonomyError
from pixonomy.exporting.write_shards import Kind
from pixonomy.progress import Context as Context
from pixonomy.results.answer_results import ClassifyResult, PredictResult
from pixonomy.results.collection_results import CollectPlanResult, CollectResult
from pixonomy.results.comparison_results import CompareResult, DemoResult, StudyResult
from pixonomy.results.data_results import (
    AuditResult,
    BrowseResult,
    CatalogueResult,
    ExportResult,
    JoinResult,
    ManifestResult,
    PrepareResult,
    SampleResult,
    SplitResult,
    TaxonomyResult,
)
from pixonomy.results.model_results import EvaluateResult, TrainResult
from pixonomy.results.word_results import FitWordsResult
from pixonomy.sampling.draw import SampleChoices as SampleChoices
from pixonomy.sources.table import TableColumns as TableColumns
from pixonomy.splitting.assign import SplitShares as SplitShares
from pixonomy.studies.study import StudyChoices as StudyChoices
from pixonomy.verbs.audit import AuditChoices as AuditChoices
from pixonomy.verbs.collect import CollectChoices as CollectChoices
from pixonomy.verbs.fit import FitChoices as FitChoices
from pixonomy.verbs.fit_words import WordChoices as WordChoices
from pixonomy.verbs.index import IndexChoices as IndexChoices
from pixonomy.verbs.predict import PredictChoices as PredictChoices
from pixonomy.verbs.train import Plan
from pixonomy.verbs.train import TrainChoices as TrainChoices

StrPath = str | os.PathLike[str]

__version__: str

__all__ = [
    "Answer",
    "ArraySettings",
    "AuditChoices",
    "BrowseChoices",
    "Classifier",
    "CollectChoices",
    "Context",
    "FitChoices",
    "IndexChoices",
    "PixonomyError",
    "PredictChoices",
    "SampleChoices",
    "SplitShares",
    "StudyChoices",
    "TableColumns",
    "TrainChoices",
    "WordChoices",
    "audit",
    "browse",
    "check_submission",
    "check_taxonomy",
    "classify",
    "collect",
    "compare",
    "demo",
    "draw_catalogue",
    "evaluate",
    "export",
    "fit",
    "fit_words",
    "index",
    "init_taxonomy",
    "join",
    "load",
    "plan_training",
    "predict",
    "prepare",
    "read_manifest",
    "sample",
    "split",
    "study",
    "train",
]

def audit(
    manifest: StrPath,
    output: StrPath,
    choices: AuditChoices | None = ...,
    overwrite: bool = ...,
    context: Context = ...,
) -> AuditResult: ...
def browse(
    manifest: StrPath,
    output: StrPath,
    choices: BrowseChoices | None = ...,
    overwrite: bool = ...,
    context: Context = ...,
) -> BrowseResult: ...
def check_submission(submission: StrPath, manifest: StrPath, labels: Collection[str]) -> None: ...
def check_taxonomy(path: StrPath) -> TaxonomyResult: ...
def classify(
    bundle: StrPath, images: StrPath | Sequence[StrPath], context: Context = ...
) -> ClassifyResult: ...
def collect(
    taxonomy: StrPath,
    output: StrPath,
    choices: CollectChoices | None = ...,
    is_dry_run: bool = ...,
    context: Context = ...,
) -> CollectResult | CollectPlanResult: ...
def compare(
    runs: StrPath | Sequence[StrPath], output: StrPath, context: Context = ...
) -> CompareResult: ...
def demo(
    output: StrPath, pictures_per_category: int = ..., seed: int = ..., context: Context = ...
) -> DemoResult: ...
def draw_catalogue(
    folder: StrPath, products: int = ..., seed: int = ..., context: Context = ...
) -> CatalogueResult: ...
def evaluate(run: StrPath, context: Context = ..., on: StrPath | None = ...) -> EvaluateResult: ...
def export(
    manifest: StrPath,
    output: StrPath,
    to: Kind,
    overwrite: bool = ...,
    context: Context = ...,
    shard_bytes: int = ...,
) -> ExportResult: ...
def fit(
    sources: StrPath | Sequence[StrPath],
    output: StrPath,
    choices: FitChoices | None = ...,
    overwrite: bool = ...,
    context: Context = ...,
) -> EvaluateResult: ...
def fit_words(
    taxonomy: StrPath,
    output: StrPath,
    choices: WordChoices | None = ...,
    overwrite: bool = ...,
    context: Context = ...,
) -> FitWordsResult: ...
def index(
    sources: StrPath | Sequence[StrPath],
    output: StrPath,
    choices: IndexChoices | None = ...,
    overwrite: bool = ...,
    context: Context = ...,
) -> ManifestResult: ...
def init_taxonomy(
    output: StrPath, name: str = ..., table: StrPath | None = ..., overwrite: bool = ...
) -> TaxonomyResult: ...
def join(
    manifests: Sequence[StrPath],
    output: StrPath,
    same_groups: bool = ...,
    overwrite: bool = ...,
    context: Context = ...,
) -> JoinResult: ...
def load(path: StrPath, threads: int | None = ...) -> Classifier: ...
def plan_training(choices: TrainChoices, context: Context = ...) -> Plan: ...
def predict(
    bundle: StrPath,
    manifest: StrPath,
    output: StrPath,
    choices: PredictChoices | None = ...,
    overwrite: bool = ...,
    context: Context = ...,
) -> PredictResult: ...
def prepare(
    manifest: StrPath,
    output: StrPath,
    settings: ArraySettings,
    overwrite: bool = ...,
    context: Context = ...,
) -> PrepareResult: ...
def read_manifest(path: StrPath, columns: Sequence[str] | None = ...) -> Manifest: ...
def sample(
    manifest: StrPath,
    output: StrPath,
    choices: SampleChoices | None = ...,
    overwrite: bool = ...,
    context: Context = ...,
) -> SampleResult: ...
def split(
    manifest: StrPath,
    output: StrPath,
    shares: SplitShares | None = ...,
    overwrite: bool = ...,
    context: Context = ...,
) -> SplitResult: ...
def study(
    file: StrPath, output: StrPath, choices: StudyChoices | None = ..., context: Context = ...
) -> StudyResult: ...
def train(
    arrays: StrPath, output: StrPath, plan: Plan, overwrite: bool = ..., context: Context = ...
) -> TrainResult: ...
