from xml.etree import ElementTree

import numpy as np

from pixonomy.browsing.curve import draw_curve


def test_the_curve_of_a_whole_catalogue_is_small_and_says_what_it_shows() -> None:
    sizes = np.sort(np.random.default_rng(0).zipf(1.3, 5_270).clip(0, 10**6))[::-1]
    svg = draw_curve(np.append(sizes, 0), floor=100)
    texts = [element.text for element in ElementTree.fromstring(svg).iter("text")]
    assert {"category, by rank", "pictures", "100 pictures"} <= set(texts)
    assert len(svg) < 40_000


def test_categories_of_one_size_are_drawn_too() -> None:
    assert draw_curve(np.full(40, 7), floor=100).startswith("<svg")
