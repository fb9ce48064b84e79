from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compared_runs import contender
from in_browser import cut_off, fits
from pixonomy.evaluation.comparison import ComparedRun, compare_with_first
from pixonomy.evaluation.comparison_page import render_comparison
from pixonomy.pages.provenance import Provenance

PROVENANCE = Provenance("2 May 2026", "a, c", 1.0, "pixonomy compare a c")


def render(compared_runs: list[ComparedRun]) -> str:
    return render_comparison(compared_runs, compare_with_first(compared_runs), PROVENANCE)


def test_the_page_tells_what_differs_and_escapes_names() -> None:
    right = np.arange(40) % 4 > 0
    compared_runs = [contender("a<b", right), contender("c", ~right)]
    page = render(compared_runs)
    assert "a&lt;b" in page
    assert "&lt;cats&gt;" in page
    assert "<cats>" not in page
    assert '<th scope="row">seed</th>' in page
    assert '<th scope="row">size</th>' not in page  # the same in both
    assert page.count('class="matrix tilted"') == 2
    assert 'id="histories"' in page


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_keeps_nobody_out(
    open_page: Any, barriers: Any, tmp_path: Path, width: int
) -> None:
    right = np.arange(40) % 4 > 0
    compared_runs = [contender("a<b", right), contender("c", ~right)]
    file = tmp_path / "page.html"
    file.write_text(render(compared_runs))
    page = open_page(file, width)
    assert fits(page)
    assert cut_off(page) == []
    assert barriers(page) == []


def test_the_best_run_is_the_bold_one(open_page: Any, tmp_path: Path) -> None:
    good, bad = np.arange(40) < 39, np.arange(40) < 20
    file = tmp_path / "page.html"
    file.write_text(render([contender("weak", bad), contender("strong", good)]))
    page = open_page(file)
    for table in ("#headline .bars", "#figures table >> nth=0"):
        rows = page.locator(f"{table} >> tbody tr")
        weights = rows.locator("th").evaluate_all(
            "all => all.map((one) => [one.innerText, getComputedStyle(one).fontWeight])"
        )
        bold = max(int(weight) for _, weight in weights)
        assert [name for name, weight in weights if int(weight) == bold] == ["strong"]
    assert page.locator(".answer").inner_text() == (
        "“strong” is right most often: 97.5% (95% interval 87.1% to 99.6%). That is clearly ahead "
        "of the other run, by more than chance."
    )


def test_differences_within_noise_are_called_chance() -> None:
    runs = [contender(name, np.arange(40) < n) for name, n in (("a", 37), ("b", 38), ("c", 9))]
    assert "That it is ahead of “a” can be chance, of 1 other run hardly." in render(runs)
    assert "But that it is ahead of “a” can be chance." in render(runs[:2])


def test_equal_runs_are_both_bold_and_called_equal() -> None:
    right = np.arange(40) < 30
    page = render([contender("a", right), contender("b", ~right[::-1] | right)])
    assert "“a” and “b” are right equally often: 75.0%" in page
    assert page.count('<tr class="this">') == 4  # in the bars and in the table


def test_runs_of_other_pictures_are_said_to_be() -> None:
    right = np.arange(40) % 4 > 0
    page = render([contender("a", right), contender("b", right, "other ")])
    assert "Not all were tested on the same pictures" in page
