"""Trains on a frozen ONNX backbone: a linear probe and its heads, and nothing of the network."""

import time
from collections.abc import Mapping

from pixonomy.arrays.image_shards import Arrays
from pixonomy.errors import SettingError
from pixonomy.heads.word_head import WordHead
from pixonomy.inference.embed import EmbeddingNetwork
from pixonomy.progress import Context, silent
from pixonomy.training.array_embedder import Embedder
from pixonomy.training.backbone import Backbone
from pixonomy.training.epochs import measure_logits
from pixonomy.training.frozen_heads import store_probe, store_result
from pixonomy.training.gate import find_words
from pixonomy.training.run import Run, RunFolder
from pixonomy.training.train_run import open_training_set
from pixonomy.training.validation import divide_validation

WITHOUT_CLASSES = (
    "Words have no say: the backbone has no named classes (a last layer of ImageNet's 1,000, or "
    "a file NAME_head.npz beside NAME.onnx)."
)


def train_frozen(
    arrays: Arrays, run: Run, folder: RunFolder, backbone: Backbone, context: Context
) -> dict[str, object]:
    """Fit what answers by a backbone's embeddings; a probe that a killed run has left is kept.

    Returns:
        The content of `training.json`, see `train_run`.

    Raises:
        SettingError: if several hosts are to share the work, which is that of one.
    """
    if context.hosts.world > 1:
        raise SettingError("A frozen backbone is not trained: leave PIXONOMY_HOSTS out.")
    began = time.monotonic()
    training_set = open_training_set(arrays, run, context)
    stopping = divide_validation(arrays.rows).stopping
    context.report(
        f"Fitting heads on the embeddings of {len(training_set.rows)} pictures at "
        f"{backbone.size} px on the processor, by {backbone.path.name}, which stays as it is; "
        f"{len(stopping)} validation pictures choose the regularisation."
    )
    network = EmbeddingNetwork(backbone.content, context.cores)
    embed = Embedder(network.run, network.dimensions, training_set.images, context.progress)

    def find(_: int) -> WordHead | str:
        if backbone.head is None:
            return WITHOUT_CLASSES
        return find_words(run.labels, arrays.taxonomy, backbone.head)

    probe, accuracy = store_probe(embed, find, training_set, arrays, folder, run, context)
    validation: Mapping[str, object] | None = None
    if len(stopping):
        again = Embedder(network.run, network.dimensions, training_set.images, silent)
        loss, _ = measure_logits(probe.logits(again(stopping)), training_set.labels[stopping])
        validation = {"n": len(stopping), "accuracy": accuracy, "loss": loss}
    result: dict[str, object] = {
        "steps": 0,
        "seconds": round(time.monotonic() - began, 2),
        "seconds_waited": 0.0,
        "best_epoch": 0,
        "validation": validation,
        "probe": None if accuracy is None else {"validation_accuracy": accuracy},
        "device": "cpu",
        "precision": "float32",
    }
    return store_result(folder, result)
