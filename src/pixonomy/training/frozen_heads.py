"""Fits and stores what answers on a frozen network: its linear probe, and its gated head."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.arrays.image_shards import Arrays
from pixonomy.heads.gated import FEWEST, MOST_CATEGORIES
from pixonomy.heads.word_head import WordHead
from pixonomy.progress import Context
from pixonomy.storage.files import read_json, write_json
from pixonomy.storage.tables import read_parquet, write_parquet
from pixonomy.training.array_embedder import Embedder, in_chunks
from pixonomy.training.batches import TrainingSet
from pixonomy.training.checkpoint import load_weights, save_weights
from pixonomy.training.fine_tuning import Known
from pixonomy.training.gate import fit_gate
from pixonomy.training.probe import Embedded, Probe, choose_probed, fit_probe
from pixonomy.training.run import BY_WORDS, Run, RunFolder
from pixonomy.training.validation import divide_validation

_PROBED, _PROBED_ALONE = 20_000, 100_000  # images, before a training and instead of one
_NO_ANSWERS = pl.DataFrame(schema={"predicted": pl.Int64, BY_WORDS: pl.Int64})

Settle = Callable[[Known], bool]
"""Takes training images, and tells whether the network stays frozen."""
FindWords = Callable[[int], WordHead | str]
"""Gives what words say of the labels by embeddings of d numbers, or why they say nothing."""


def store_probe(
    embed: Embedder,
    find: FindWords,
    training_set: TrainingSet,
    arrays: Arrays,
    folder: RunFolder,
    run: Run,
    context: Context,
    settle: Settle | None = None,
) -> tuple[Probe, float | None]:
    """Fit the linear probe and store its predictions; a finished one is read back.

    Beside them stand the answers of words alone, where words have a say: a baseline, too.

    Args:
        settle: decides whether the network stays frozen; None: it does if the recipe says so.

    Returns:
        The probe, and its accuracy on the validation images that choose the best epoch.
    """
    labels, stopping = training_set.labels, divide_validation(arrays.rows).stopping
    if not folder.probe.exists():
        most = _PROBED if training_set.recipe.epochs else _PROBED_ALONE
        seed = training_set.recipe.seed
        rest = np.setdiff1d(np.arange(len(labels)), training_set.rows)
        asked = [choose_probed(rows, labels, most, seed) for rows in (training_set.rows, stopping)]
        embed.total = len(rest) + sum(map(len, asked))
        known, judged = (Embedded(embed(rows), labels[rows]) for rows in asked)
        probe = fit_probe(known, judged)
        # Finding the backbone's head may mean a download: not where there are no words to read.
        has_words = run.recipe.is_gated or arrays.taxonomy is not None
        words = find(known.embeddings.shape[1]) if has_words else "There is no taxonomy."
        answers = [_answer(probe, words, embed(some)) for some in in_chunks(rest)]
        save_weights(folder.probe_head, [probe.kernel, probe.bias])
        rows = arrays.rows[asked[0]]
        is_frozen = not run.recipe.epochs
        if settle is not None:
            is_frozen = settle(Known(known, rows, asked[0], words))
        if run.recipe.is_gated and is_frozen:
            _fit_gate(known, rows, probe, words, run, folder, context)
        table = arrays.rows[rest].select("image_id", "split")
        write_parquet(folder.probe, table.hstack(pl.concat([_NO_ANSWERS, *answers])))
    kernel, bias = (one.astype(np.float32) for one in load_weights(folder.probe_head))
    probe = Probe(kernel, bias)
    if not len(stopping):
        return probe, None
    truth = arrays.rows[stopping].select("image_id").with_columns(label=pl.Series(labels[stopping]))
    answered = truth.join(read_parquet(folder.probe), on="image_id")
    return probe, float((answered["predicted"] == answered["label"]).mean())  # type: ignore[arg-type]


def store_result(folder: RunFolder, result: dict[str, object]) -> dict[str, object]:
    """Write `training.json`, with how the heads were chosen where they were; return all of it."""
    heads = read_json(folder.gate_facts)
    result |= {} if heads is None else {"heads": heads}
    write_json(folder.result, result)
    return result


def _answer(
    probe: Probe, words: WordHead | str, embeddings: npt.NDArray[np.float32]
) -> pl.DataFrame:
    predicted = probe.logits(embeddings).argmax(axis=1)
    by_words = None if isinstance(words, str) else words.scores(embeddings).argmax(axis=1)
    return pl.DataFrame({"predicted": predicted, BY_WORDS: by_words}, _NO_ANSWERS.schema)


def _fit_gate(
    embedded: Embedded,
    rows: pl.DataFrame,
    probe: Probe,
    words: WordHead | str,
    run: Run,
    folder: RunFolder,
    context: Context,
) -> None:
    """Store the gated head, and how it was chosen; say so, or why there is none."""
    fitted = fit_gate(embedded, rows, probe, words, len(run.labels), run.recipe.seed)
    if fitted is None:
        context.report(
            f"The linear head answers alone: choosing among heads takes at least {FEWEST} "
            f"training pictures and at most {MOST_CATEGORIES} categories."
        )
        return
    gate, facts = fitted
    save_weights(folder.gate, gate.as_arrays())
    write_json(folder.gate_facts, facts.as_json())
    context.report(facts.in_words())
