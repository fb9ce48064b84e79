"""Writes the bundle of a finished training: Keras has to run on PyTorch for it."""

from pathlib import Path

from pixonomy.arrays.image_shards import read_arrays
from pixonomy.training.backbone import Backbone
from pixonomy.training.run import read_run


def export_trained(arrays: Path, output: Path, cores: int, device: str) -> None:
    """Write the bundle of a finished training."""
    from pixonomy.bundle.export_onnx import export_bundle

    folder, run = read_run(output)
    export_bundle(read_arrays(arrays), run, folder, cores, device)


def export_on_backbone(arrays: Path, output: Path, cores: int, backbone: Backbone) -> None:
    """Write the bundle of a finished training on a backbone."""
    from pixonomy.bundle.export_frozen import export_frozen

    folder, run = read_run(output)
    export_frozen(read_arrays(arrays), run, folder, backbone, cores)
