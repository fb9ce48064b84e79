"""Pictures in, a trained and honest classifier out: every verb of the command line as a function.

    from pathlib import Path
    import pixonomy

    pixonomy.fit([Path("photos")], Path("run"))
    pixonomy.classify(Path("run"), [Path("new.jpg")])

Names are imported when they are first used, so that `import pixonomy` is instant.
"""

import sys
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from pixonomy.platforms import explain_unsupported

_refused = explain_unsupported(sys.platform)
if _refused is not None and PurePath(sys.argv[0]).stem != "pixonomy":  # the command says it itself
    raise ImportError(_refused)

if TYPE_CHECKING:
    from pixonomy.arrays.write import ArraySettings
    from pixonomy.browsing.page import BrowseChoices
    from pixonomy.curation.sample import SampleChoices
    from pixonomy.curation.split import SplitShares
    from pixonomy.errors import PixonomyError
    from pixonomy.evaluation.submission import check_submission
    from pixonomy.manifest import read_manifest
    from pixonomy.progress import Surroundings
    from pixonomy.road.audit import AuditChoices, audit
    from pixonomy.road.browse import browse
    from pixonomy.road.catalogue import draw_catalogue
    from pixonomy.road.classify import classify
    from pixonomy.road.collect import CollectChoices, collect
    from pixonomy.road.compare import compare
    from pixonomy.road.demo import demo
    from pixonomy.road.evaluate import evaluate
    from pixonomy.road.export import export
    from pixonomy.road.fit import FitChoices, fit
    from pixonomy.road.index import IndexChoices, index
    from pixonomy.road.predict import PredictChoices, predict
    from pixonomy.road.prepare import prepare
    from pixonomy.road.sample import sample
    from pixonomy.road.split import split
    from pixonomy.road.taxonomy import check_taxonomy, init_taxonomy
    from pixonomy.road.train import TrainChoices, plan_training, train
    from pixonomy.sources.table import TableColumns
    from pixonomy.studies.study import StudyChoices, study

__all__ = [
    "ArraySettings",
    "AuditChoices",
    "BrowseChoices",
    "CollectChoices",
    "FitChoices",
    "IndexChoices",
    "PixonomyError",
    "PredictChoices",
    "SampleChoices",
    "SplitShares",
    "StudyChoices",
    "Surroundings",
    "TableColumns",
    "TrainChoices",
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
    "index",
    "init_taxonomy",
    "plan_training",
    "predict",
    "prepare",
    "read_manifest",
    "sample",
    "split",
    "study",
    "train",
]

_HOMES = {
    "ArraySettings": "arrays.write",
    "AuditChoices": "road.audit",
    "BrowseChoices": "browsing.page",
    "CollectChoices": "road.collect",
    "FitChoices": "road.fit",
    "IndexChoices": "road.index",
    "PixonomyError": "errors",
    "PredictChoices": "road.predict",
    "SampleChoices": "curation.sample",
    "SplitShares": "curation.split",
    "StudyChoices": "studies.study",
    "Surroundings": "progress",
    "TableColumns": "sources.table",
    "TrainChoices": "road.train",
    "check_submission": "evaluation.submission",
    "check_taxonomy": "road.taxonomy",
    "draw_catalogue": "road.catalogue",
    "init_taxonomy": "road.taxonomy",
    "plan_training": "road.train",
    "read_manifest": "manifest",
    "study": "studies.study",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'pixonomy' has no attribute {name!r}")
    return getattr(import_module(f"pixonomy.{_HOMES.get(name, f'road.{name}')}"), name)
