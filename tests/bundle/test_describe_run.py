from pathlib import Path

import numpy as np

from pixonomy.arrays.image_shards import read_arrays
from pixonomy.bundle.describe_run import describe_run
from pixonomy.bundle.load import load_bundle
from pixonomy.heads.gated import GatedHead, HeldOut
from pixonomy.heads.prototypes import fit_prototypes
from pixonomy.heads.references import choose_references
from pixonomy.training.gate import Gate
from pixonomy.training.run import read_run
from pixonomy.training.train_run import number_labels


def test_it_says_again_what_the_bundle_of_the_run_says(fitted_run: Path) -> None:
    _, run = read_run(fitted_run)
    arrays, bundle = read_arrays(run.arrays), load_bundle(fitted_run)
    numbers = number_labels(arrays.rows, run.labels)
    found = describe_run(run, arrays, numbers, bundle.network, None)
    stored = {key: bundle.about[key] for key in found}  # type: ignore[literal-required]
    assert found == stored
    assert set(bundle.about) - set(found) == {"hashes", "digest", "linear_exponents"}


def test_answers_by_words_are_sure_as_far_as_held_out_groups_show(fitted_run: Path) -> None:
    _, run = read_run(fitted_run)
    arrays, bundle = read_arrays(run.arrays), load_bundle(fitted_run)
    embeddings = np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32)
    labels = np.arange(20) % 3
    head = GatedHead(
        choose_references(embeddings, labels, 3, 0),
        fit_prototypes(embeddings, labels, labels, 3),
        (0.5, 0.4),
        ((1.0, 0.0, 0.0, 0.0),) * 3,
    )
    groups = np.arange(400)
    gate = Gate(head, HeldOut(np.full(400, 0.99), np.ones(400, bool), groups))
    numbers = number_labels(arrays.rows, run.labels)
    calibration = describe_run(run, arrays, numbers, bundle.network, gate)["calibration"]
    assert calibration["sure_by_words"] <= 0.99  # type: ignore[index]
