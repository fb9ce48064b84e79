"""What is the memory of corrections worth, and what does it cost? One JSON line a case.

    python benchmarks/correction_memory.py RUN [--embeddings FILE.npy] [--draws 5] [--speed]

RUN is a run with a gated head (`pixonomy fit TABLE --backbone FILE.onnx` or a frozen MobileNet)
whose table has a column `source`. Each source of a category that has several is held out in turn:
the heads are fitted without it (and without a seventh of the others, the model's own random test),
half of it is tested, and some of the other half are given as corrections. Then one source of each
such category is held out at once, and corrections are drawn from all of them: nearer to what many
people send. --speed times 50,000 remembered images and counts how often the exact nearest is found;
they are mixtures of the run's pictures with noise, which lie closer together than pictures do.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.arrays.image_shards import read_arrays
from pixonomy.bundle.load import load_bundle
from pixonomy.heads.correction_memory import CorrectionMemory, Review, reference_embeddings
from pixonomy.heads.gated import fit_gated_head
from pixonomy.heads.logistic_head import fit_logistic
from pixonomy.heads.out_of_fold import Training
from pixonomy.heads.references import Floats, Integers, to_length_one
from pixonomy.heads.word_head import WordHead
from pixonomy.training.checkpoint import load_weights
from pixonomy.training.gate import Gate
from pixonomy.training.run import read_run
from pixonomy.training.train_run import number_labels

GIVEN = (0, 5, 10, 20)
WRONG = 0.25
OWN_TEST = 0.15
STRENGTH = 0.1


@dataclass(frozen=True)
class Pictures:
    """All pictures of a run: embeddings (n, d), label numbers (n,) and sources (n,)."""

    embeddings: Floats
    labels: Integers
    sources: npt.NDArray[np.str_]
    categories: int
    words: WordHead | None


def read_pictures(run_folder: Path, cache: Path | None) -> Pictures:
    """Embed the pictures of a run, or read how they were embedded before."""
    folder, run = read_run(run_folder)
    arrays = read_arrays(run.arrays)
    if cache is not None and cache.exists():
        embeddings = np.load(cache)
    else:
        bundle = load_bundle(run_folder)
        images, n = arrays.images(bundle.resize_spec.size), arrays.rows.height
        rows = [np.arange(at, min(at + 64, n)) for at in range(0, n, 64)]
        embeddings = np.concatenate(
            [bundle.network.run(images.gather(some)).embeddings for some in rows]
        )
        if cache is not None:
            np.save(cache, embeddings)
    labels = number_labels(arrays.rows, run.labels)
    words = Gate.from_arrays(load_weights(folder.gate)).head.words
    sources = arrays.rows["source"].to_numpy().astype(str)
    return Pictures(embeddings, labels, sources, len(run.labels), words)


@dataclass(frozen=True)
class Case:
    """What a model without some sources answers.

    Attributes:
        answers: label numbers for all pictures, (n,).
        own: rows of the model's own random test.
        held: rows of the sources held out.
    """

    answers: Integers
    references: Floats
    own: Integers
    held: Integers


def fit_without(pictures: Pictures, held: npt.NDArray[np.bool_], seed: int) -> Case:
    """Fit the heads of today on all other pictures, but for a random test of them."""
    others = np.random.default_rng([seed, 1]).permutation(np.flatnonzero(~held))
    cut = int(OWN_TEST * len(others))
    own, learnt = others[:cut], np.sort(others[cut:])
    embeddings, labels = pictures.embeddings[learnt], pictures.labels[learnt]
    groups = pl.Series(pictures.sources[learnt]).rank("dense").to_numpy().astype(np.int64)
    training = Training(embeddings, labels, groups, pictures.categories, STRENGTH)
    fitted = fit_gated_head(training, np.arange(len(learnt)), pictures.words, seed)
    assert fitted is not None
    head, linear = fitted[0], fit_logistic(embeddings, labels, STRENGTH)
    asked = np.concatenate([own, np.flatnonzero(held)])
    answers = np.full(len(held), -1)
    given = head.answer(pictures.embeddings[asked], linear.logits(pictures.embeddings[asked]))[0]
    answers[asked] = given.argmax(axis=1)
    return Case(answers, reference_embeddings(head.references), own, np.flatnonzero(held))


def remember(
    pictures: Pictures, case: Case, rows: Integers, wrong: float, chance: np.random.Generator
) -> CorrectionMemory:
    """Return the memory of some corrections, a share of them wrong."""
    memory = CorrectionMemory(case.references)
    labels = pictures.labels[rows].copy()
    for place in chance.permutation(len(rows))[: round(wrong * len(rows))]:
        others = np.delete(np.arange(pictures.categories), labels[place])
        labels[place] = chance.choice(others)
    for row, label in zip(rows, labels, strict=True):
        review = Review(str(row), str(label), str(case.answers[row]))
        memory.add(pictures.embeddings[row], review, is_checked=False)
    memory.check()
    return memory


def answer(
    pictures: Pictures, case: Case, memory: CorrectionMemory, rows: Integers
) -> dict[str, float]:
    """Return the accuracy on some rows, that of the model alone, and how often memory answered."""
    truth, model = pictures.labels[rows], case.answers[rows]
    given = [memory.answer(pictures.embeddings[row]) for row in rows]
    both = [
        other if one is None else int(str(one.label))
        for one, other in zip(given, model.tolist(), strict=True)
    ]
    return {
        "accuracy": float((np.array(both) == truth).mean()),
        "model": float((model == truth).mean()),
        "by_memory": mean(one is not None for one in given),
    }


def measure(
    pictures: Pictures, case: Case, seed: int, counts: tuple[int, ...]
) -> Iterator[dict[str, float | str]]:
    """Yield one line a number of corrections, and one where a quarter of the most are wrong."""
    chance = np.random.default_rng([seed, 2])
    order = chance.permutation(case.held)
    tested, pool = order[: len(order) // 2], order[len(order) // 2 :]
    for count, wrong in (*((count, 0.0) for count in counts), (counts[-1], WRONG)):
        memory = remember(pictures, case, pool[:count], wrong, chance)
        held, own = (answer(pictures, case, memory, rows) for rows in (tested, case.own))
        yield {
            "corrections": count,
            "wrong": wrong,
            "new": held["accuracy"],
            "new_by_memory": held["by_memory"],
            "own": own["accuracy"],
            "own_change": own["accuracy"] - own["model"],
            "own_by_memory": own["by_memory"],
            "stands_aside": float(memory.standing.stands_aside),
        }


def summarise(name: str, rows: list[dict[str, float | str]]) -> None:
    """Print the means over all draws and cases of each number of corrections."""
    table = pl.DataFrame(rows)
    means = table.group_by("corrections", "wrong").agg(
        pl.col("new", "new_by_memory", "own", "own_by_memory", "stands_aside").mean().round(4),
        pl.col("own_change").mean().round(4),
        worst_own_change=pl.col("own_change").min().round(4),
        lowest_new=pl.col("new").min().round(4),
        draws=pl.len(),
    )
    for row in means.sort("wrong", "corrections").iter_rows(named=True):
        print(json.dumps({"over": name, **row}), flush=True)


def measure_speed(pictures: Pictures, seed: int, count: int = 50_000, queries: int = 300) -> None:
    """Time answers among many, and compare what is found with the exact nearest."""
    chance = np.random.default_rng([seed, 3])
    known = to_length_one(pictures.embeddings)

    def draw(n: int) -> Floats:
        weights = chance.dirichlet([0.6] * 3, n).astype(np.float32)
        chosen = chance.integers(0, len(known), (n, 3))
        mixed = np.zeros((n, known.shape[1]), np.float32)
        for one in range(3):
            mixed += weights[:, [one]] * known[chosen[:, one]]
        noise = chance.normal(0, 0.24 * np.abs(known).mean(), mixed.shape)
        return to_length_one(np.maximum(mixed + noise, 0).astype(np.float32))

    memory = CorrectionMemory(known[chance.permutation(len(known))[:1000]])
    vectors, asked = draw(count), draw(queries)
    for place, one in enumerate(vectors):
        memory.add(one, Review(str(place), str(place % 5), "0"), is_checked=False)
    memory.check()
    start = time.thread_time()
    cosines = np.stack([vectors @ one for one in asked])
    plain = (time.thread_time() - start) / queries
    exact = np.argsort(-cosines, axis=1)[:, :5]
    found, spent = [], []
    for one in asked:
        start = time.thread_time()
        memory.answer(one)
        spent.append(time.thread_time() - start)
        found.append(memory.nearest(one).places)
    pairs = list(zip(found, exact, strict=True))
    print(
        json.dumps(
            {
                "remembered": count,
                "milliseconds": round(1000 * mean(spent), 3),
                "median": round(1000 * float(np.median(spent)), 3),
                "milliseconds_of_a_product_with_all": round(1000 * plain, 3),
                "nearest_found": mean(bool(one[0] == other[0]) for one, other in pairs),
                "of_five_found": mean(len(set(one) & set(other)) / 5 for one, other in pairs),
            }
        ),
        flush=True,
    )


def find_sources(pictures: Pictures) -> pl.DataFrame:
    """Return label and source of the sources of categories that have several."""
    pairs = pl.DataFrame({"label": pictures.labels, "source": pictures.sources}).unique()
    return pairs.filter(pl.len().over("label") > 1).sort("label", "source")


def measure_sources(pictures: Pictures, draws: int, only: list[str] | None) -> None:
    """Hold out one source at a time."""
    rows: list[dict[str, float | str]] = []
    for source in only or find_sources(pictures)["source"]:
        case = fit_without(pictures, pictures.sources == source, 0)
        own = [one for draw in range(draws) for one in measure(pictures, case, draw, GIVEN)]
        summarise(source, own)
        rows += own
    summarise("all these sources, one at a time", rows)


def measure_at_once(pictures: Pictures, draws: int) -> None:
    """Hold out one source of each category that has several, another choice in each draw."""
    several = find_sources(pictures)
    rows: list[dict[str, float | str]] = []
    for draw in range(draws):
        chosen = several.sample(fraction=1.0, shuffle=True, seed=draw).unique("label", keep="first")
        case = fit_without(pictures, np.isin(pictures.sources, chosen["source"].to_list()), draw)
        rows += measure(pictures, case, draw, (*GIVEN, 40))
    summarise("one source of each category, at once", rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--embeddings", type=Path, help="read from here, or stored there")
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--source", action="append", help="only this one; repeatable")
    asked = parser.parse_args()
    pictures = read_pictures(asked.run, asked.embeddings)
    if asked.speed:
        measure_speed(pictures, 0)
        return
    measure_sources(pictures, asked.draws, asked.source)
    if not asked.source:
        measure_at_once(pictures, asked.draws)


if __name__ == "__main__":
    main()
