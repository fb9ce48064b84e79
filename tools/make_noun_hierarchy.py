"""Make the table of English nouns that `pixonomy.semantic_prior` reads, from WordNet 3.0.

    apt-get install wordnet-base
    python tools/make_noun_hierarchy.py [--wordnet /usr/share/wordnet]

The same files give the same bytes. WordNet 3.0 it has to be, for the classes of ImageNet are named
by its offsets. The licence, which the head of `data.noun` holds, is written beside the table.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pixonomy.semantic_prior.noun_hierarchy import LICENCE, TABLE, lemma_key

Senses = dict[str, list[tuple[int, int]]]
"""Lemma → (offset, how often it was met in WordNet's tagged texts), the most frequent first."""

HYPERNYM, INSTANCE = "@", "@i"
LICENCE_LINES = 29


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines behind the licence, which are those that do not begin with a space."""
    lines = path.read_text("ascii").splitlines()
    yield from (line for line in lines if not line.startswith("  "))


def read_counts(folder: Path) -> dict[tuple[str, int], int]:
    """Return (lemma, number of the noun sense) → how often it was met."""
    counts = {}
    for line in read_lines(folder / "cntlist.rev"):
        key, sense, count = line.split()
        lemma, kind = key.split("%")
        if kind.startswith("1:"):
            counts[lemma, int(sense)] = int(count)
    return counts


def read_senses(folder: Path) -> Senses:
    counts, senses = read_counts(folder), Senses()
    for line in read_lines(folder / "index.noun"):
        lemma, *rest = line.split()
        offsets = [int(one) for one in rest[-int(rest[1]) :]]
        found = [(one, counts.get((lemma, place), 0)) for place, one in enumerate(offsets, 1)]
        senses.setdefault(lemma_key(lemma), []).extend(found)
    # Two spellings of one key ("t-shirt", "t_shirt") are brought into one order.
    return {
        key: sorted(dict(found).items(), key=lambda one: -one[1]) for key, found in senses.items()
    }


def read_hypernyms(folder: Path) -> dict[int, list[int]]:
    hypernyms = {}
    for line in read_lines(folder / "data.noun"):
        fields = line.split(" | ")[0].split()
        at = 4 + 2 * int(fields[3], 16)
        pointers = fields[at + 1 :]
        hypernyms[int(fields[0])] = [
            int(pointers[place + 1])
            for place in range(0, 4 * int(fields[at]), 4)
            if pointers[place] in (HYPERNYM, INSTANCE)
        ]
    return hypernyms


def make_table(folder: Path) -> dict[str, np.ndarray]:
    senses, hypernyms = read_senses(folder), read_hypernyms(folder)
    lemmas, offsets = sorted(senses, key=str.encode), sorted(hypernyms)
    number = {offset: place for place, offset in enumerate(offsets)}
    exceptions = (line.split()[:2] for line in read_lines(folder / "noun.exc"))
    plurals = sorted({(lemma_key(plural), lemma_key(one)) for plural, one in exceptions})
    flat = [sense for lemma in lemmas for sense in senses[lemma]]
    above = [hypernyms[offset] for offset in offsets]
    return {
        "lemmas": as_bytes(lemmas),
        "sense_counts": np.array([len(senses[lemma]) for lemma in lemmas], np.uint8),
        "senses": np.array([number[offset] for offset, _ in flat], np.int32),
        "frequencies": np.array([count for _, count in flat], np.uint16),
        "offset_steps": np.diff(np.array(offsets, np.int32), prepend=np.int32(0)),
        "hypernym_counts": np.array([len(some) for some in above], np.uint8),
        "hypernyms": np.array([number[one] for some in above for one in some], np.int32),
        "plurals": as_bytes([f"{plural}\t{one}" for plural, one in plurals]),
    }


def as_bytes(lines: list[str]) -> np.ndarray:
    return np.frombuffer("\n".join(lines).encode(), np.uint8)


def write_licence(folder: Path, path: Path) -> None:
    """Write the licence as it stands in `data.noun`, without the numbers of its lines."""
    head = (folder / "data.noun").read_text("ascii").splitlines()[:LICENCE_LINES]
    path.write_text("\n".join(line.lstrip().partition(" ")[2].strip() for line in head) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"))
    parser.add_argument("--output", type=Path, default=Path(str(TABLE)).parent, help="a folder")
    asked = parser.parse_args()
    table = asked.output / TABLE.name
    np.savez_compressed(table, allow_pickle=False, **make_table(asked.wordnet))
    write_licence(asked.wordnet, asked.output / LICENCE.name)
    print(f"{table}: {table.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
