import subprocess
import sys

import numpy as np
import pytest

from pixonomy.semantic_prior.noun_hierarchy import LICENCE, TABLE, lemma_key, load_hierarchy


def test_the_table_is_small_and_its_licence_stands_beside_it() -> None:
    assert len(TABLE.read_bytes()) <= 3_000_000
    text = LICENCE.read_text("ascii")
    assert text.startswith("This software and database is being provided to you, the LICENSEE, by")
    assert "WordNet 3.0 Copyright 2006 by Princeton University." in text


def test_the_senses_of_a_word_come_in_order_of_their_frequency() -> None:
    hierarchy = load_hierarchy()
    bank = hierarchy.senses("bank")
    # Sloping land (n09213565) was met 25 times, the financial institution (n08420278) 20 times.
    assert [one.synset for one in bank[:2]] == list(
        map(hierarchy.synset, ("n09213565", "n08420278"))
    )
    assert [one.frequency for one in bank[:2]] == [25, 20]


def test_a_word_that_is_no_noun_has_no_senses() -> None:
    hierarchy = load_hierarchy()
    assert hierarchy.senses("longsleeve") == hierarchy.senses("") == hierarchy.senses("zzzz") == ()


@pytest.mark.parametrize(
    "wnid", ["n00000001", "n99999999", "02123045", "n2123045", "", "n02123045x"]
)
def test_an_id_that_is_none_of_wordnet_is_not_found(wnid: str) -> None:
    assert load_hierarchy().synset(wnid) is None


def test_a_tabby_is_a_cat_and_an_animal_and_both_have_their_depth() -> None:
    hierarchy = load_hierarchy()
    tabby, cat = hierarchy.synset("n02123045"), hierarchy.synset("n02121808")
    animal, entity = hierarchy.synset("n00015388"), hierarchy.synset("n00001740")
    assert tabby is not None
    assert cat is not None
    assert animal is not None
    assert entity is not None
    above = hierarchy.ancestors(tabby)
    assert (above[tabby], above[cat], above[animal]) == (0, 1, 3)
    assert hierarchy.depth(entity) == 1
    # A domestic cat is a domestic animal (3 steps) and a feline (8): the longest way counts.
    assert hierarchy.depth(tabby) == hierarchy.depth(cat) + 1 == 16


def test_every_sense_leads_up_to_the_one_root() -> None:
    hierarchy = load_hierarchy()
    root = hierarchy.synset("n00001740")
    chance = np.random.default_rng(0)
    for synset in chance.choice(82_115, 500, replace=False):
        assert root in hierarchy.ancestors(int(synset))


def test_irregular_plurals_are_known() -> None:
    assert load_hierarchy().irregular("geese") == "goose"
    assert load_hierarchy().irregular("cars") is None


def test_spellings_of_one_word_have_one_key() -> None:
    assert lemma_key("T-Shirt") == lemma_key(" t_shirt\n") == "t shirt"
    assert lemma_key("U.S.A.") == "usa"


@pytest.mark.timed
def test_the_table_is_read_in_a_fifth_of_a_second_and_little_memory() -> None:
    code = (
        "import resource, time\n"
        "from pixonomy.semantic_prior.noun_hierarchy import load_hierarchy\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "start = time.process_time()\n"
        "load_hierarchy()\n"
        "seconds = time.process_time() - start\n"
        "grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before\n"
        "print(seconds, grown)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, grown = map(float, done.stdout.split())
    assert seconds < 0.2
    assert grown / (1024 if sys.platform == "darwin" else 1) < 40_000  # kilobytes
