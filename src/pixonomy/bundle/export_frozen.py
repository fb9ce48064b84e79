"""Exports a run on a frozen ONNX backbone: its network and what was fitted join in one model."""

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import compose, version_converter

from pixonomy.arrays.image_shards import Arrays
from pixonomy.bundle.calibration_time import write_calibration_time
from pixonomy.bundle.describe_run import describe_run
from pixonomy.bundle.export_onnx import check_answers, choose_examples, quietly
from pixonomy.bundle.load import BUNDLE_FILE, MODEL_FILE, seal
from pixonomy.bundle.pooled_features import add_features
from pixonomy.errors import SettingError
from pixonomy.heads.logistic_head import Linear
from pixonomy.inference.embed import EmbeddingNetwork
from pixonomy.inference.form import in_short
from pixonomy.inference.session import EMBEDDING, LOGITS, NOVELTY, RESTS_ON, Network, Outputs
from pixonomy.models.device import CPU
from pixonomy.storage.files import hash_file, write_aside, write_json
from pixonomy.training.array_embedder import in_chunks
from pixonomy.training.backbone import Backbone
from pixonomy.training.checkpoint import load_weights
from pixonomy.training.gate import Gate
from pixonomy.training.gated_module import GatedModule
from pixonomy.training.novelty import Novelty, fit_novelty
from pixonomy.training.run import Run, RunFolder
from pixonomy.training.train_run import number_labels

_CHECKED = 7  # images the joined network is compared on, an odd batch on purpose
_SEEN, _PREFIX = "seen", "heads/"


class _Heads(torch.nn.Module):
    """All that answers behind the embedding, as operations that ONNX has."""

    def __init__(self, linear: Linear, novelty: Novelty | None, gate: Gate | None) -> None:
        super().__init__()
        self.gate = None if gate is None else GatedModule(gate.head)
        self.novelty = novelty
        self.kernel, self.bias = torch.from_numpy(linear.kernel), torch.from_numpy(linear.bias)

    def forward(self, embeddings: torch.Tensor) -> tuple[torch.Tensor, ...]:
        logits = embeddings @ self.kernel + self.bias
        measured = None if self.novelty is None else self.novelty.measure(embeddings)
        if self.gate is None:
            return (logits,) if measured is None else (logits, measured)
        logits, rests_on, measured = self.gate(embeddings, logits, measured)
        return (logits, rests_on) if measured is None else (logits, measured, rests_on)


def export_frozen(
    arrays: Arrays, run: Run, folder: RunFolder, backbone: Backbone, threads: int
) -> None:
    """Write the bundle of a run on a frozen backbone; see `export_bundle`.

    Raises:
        SettingError: if the backbone's operations cannot be joined with those of the heads.
        BundleError: if the joined network does not answer as the heads do on its embeddings.
    """
    kernel, bias = (one.astype(np.float32) for one in load_weights(folder.probe_head))
    linear = Linear(kernel, bias)
    gate = Gate.from_arrays(load_weights(folder.gate)) if folder.gate.exists() else None
    numbers = number_labels(arrays.rows, run.labels)
    images = arrays.images(run.recipe.size)
    embed = EmbeddingNetwork(backbone.content, threads).run
    some = choose_examples(arrays, numbers, run.recipe.seed)
    embeddings = np.concatenate([embed(images.gather(rows)) for rows in in_chunks(some)])
    heads = _Heads(linear, fit_novelty(embeddings, numbers[some]), gate)
    with write_aside(folder.bundle) as partial:
        partial.mkdir()
        model = join(backbone.content, _export_heads(heads, backbone.dimensions))
        (partial / MODEL_FILE).write_bytes(model)
        explained = add_features(partial / MODEL_FILE, None if gate is None else gate.head)
        network = Network((partial / MODEL_FILE).read_bytes(), threads)
        checked = images.gather(np.arange(min(_CHECKED, arrays.rows.height)))
        _check(network.run(checked), embed(checked), linear, gate)
        hashes = {MODEL_FILE: hash_file(partial / MODEL_FILE)}
        about = describe_run(run, arrays, numbers, network, gate) | explained | {"hashes": hashes}
        sealed = seal(about)
        write_json(partial / BUNDLE_FILE, sealed)
        write_calibration_time(partial, sealed["digest"])


def _check(
    given: Outputs, embeddings: npt.NDArray[np.float32], linear: Linear, gate: Gate | None
) -> None:
    """Compare the joined network with the backbone alone, and with the heads in NumPy."""
    check_answers(linear.logits(embeddings), linear.logits(given.embeddings), CPU)
    logits = linear.logits(given.embeddings)
    if gate is not None:
        # On the joined network's embeddings: rounding could bring an image to another side.
        logits = gate.head.answer(given.embeddings, logits)[0].astype(np.float32)
    check_answers(logits, given.logits, CPU)


def _export_heads(heads: _Heads, dimensions: int) -> bytes:
    """Return an ONNX model from embeddings, (n, d), to what the heads give."""
    also = [NOVELTY] * (heads.novelty is not None) + [RESTS_ON] * (heads.gate is not None)
    with quietly(), torch.no_grad():
        program = torch.onnx.export(
            heads.eval(),
            (torch.zeros((2, dimensions)),),
            dynamo=True,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            input_names=[_SEEN],
            output_names=[LOGITS, *also],
            external_data=False,
        )
    assert program is not None
    return bytes(program.model_proto.SerializeToString())


def join(backbone: bytes, heads: bytes) -> bytes:
    """Return one ONNX model that gives the backbone's embedding and what heads make of it.

    Raises:
        SettingError: if their operations are of versions that cannot be brought together.
    """
    first, second = (onnx.load_model_from_string(one) for one in (backbone, heads))
    version = max(_version(first), _version(second))
    try:
        first, second = (
            one if _version(one) == version else version_converter.convert_version(one, version)
            for one in (first, second)
        )
    except Exception as error:  # of the converter, which raises types of its own
        raise SettingError(
            f"The backbone has operations of version {_version(first)}, which could not be brought "
            f"to version {version}; export it anew with opset {version}: {in_short(error)}."
        ) from error
    second = compose.add_prefix(second, _PREFIX, rename_outputs=False, rename_inputs=False)
    graph = first.graph
    for node in second.graph.node:
        node.input[:] = [EMBEDDING if name == _SEEN else name for name in node.input]
    graph.node.extend(second.graph.node)
    graph.initializer.extend(second.graph.initializer)
    graph.output.extend(second.graph.output)
    first.functions.extend(second.functions)
    known = {one.domain for one in first.opset_import}
    first.opset_import.extend(one for one in second.opset_import if one.domain not in known)
    first.ir_version = max(first.ir_version, second.ir_version)
    return bytes(first.SerializeToString())


def _version(model: onnx.ModelProto) -> int:
    """Return the version of ONNX's own operations that a model has."""
    return next((int(one.version) for one in model.opset_import if not one.domain), 1)
