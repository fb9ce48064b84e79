"""Trains and uses honest image classifiers: every verb of the command line as a function.

    import pixonomy

    classifier = pixonomy.load("run")
    classifier("beach.jpg").label

Names are imported when they are first used, so that `import pixonomy` is instant; their types are
in `__init__.pyi`.
"""

import os
import sys
from importlib import import_module
from pathlib import PurePath
from typing import Any

from pixonomy.platforms import explain_unsupported

_refused = explain_unsupported(sys.platform)
if _refused is not None and PurePath(sys.argv[0]).stem != "pixonomy":  # the command says it itself
    raise ImportError(_refused)

# Wheels of ONNX Runtime 1.29 and later report to their makers, unless this stands there before
# they are loaded: what is done with people's pictures is nobody else's business.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

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

_HOMES = {
    "Answer": "bundle.answer",
    "ArraySettings": "arrays.write",
    "AuditChoices": "verbs.audit",
    "BrowseChoices": "browsing.overview_page",
    "Classifier": "bundle.classifier",
    "CollectChoices": "verbs.collect",
    "FitChoices": "verbs.fit",
    "IndexChoices": "verbs.index",
    "PixonomyError": "errors",
    "PredictChoices": "verbs.predict",
    "SampleChoices": "sampling.draw",
    "SplitShares": "splitting.assign",
    "StudyChoices": "studies.study",
    "Context": "progress",
    "TableColumns": "sources.table",
    "TrainChoices": "verbs.train",
    "WordChoices": "verbs.fit_words",
    "check_submission": "prediction.submission",
    "check_taxonomy": "verbs.taxonomy",
    "draw_catalogue": "verbs.catalogue",
    "init_taxonomy": "verbs.taxonomy",
    "load": "bundle.classifier",
    "plan_training": "verbs.train",
    "read_manifest": "dataset.manifest",
    "study": "studies.study",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        found: Any = version("pixonomy")
    elif name in __all__:
        from pixonomy.text_paths import takes_text

        found = getattr(import_module(f"pixonomy.{_HOMES.get(name, f'verbs.{name}')}"), name)
        found = found if isinstance(found, type) else takes_text(found)
    else:
        raise AttributeError(f"module 'pixonomy' has no attribute {name!r}")
    globals()[name] = found  # so that the next one who asks gets the same
    return found


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__", *(one for one in globals() if one.startswith("__"))])
