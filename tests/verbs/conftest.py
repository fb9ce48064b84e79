from pathlib import Path

import pytest

from encoder_pair import make_pair
from pixonomy.verbs.fit_words import WordChoices, fit_words

TAXONOMY = """\
[[category]]
id = "circle"
name = "Cats"
keywords = ["cat"]
[[category]]
id = "cross"
name = "Dogs"
keywords = ["dog"]
"""


@pytest.fixture
def words_run(tmp_path: Path) -> Path:
    """A run by words alone; its taxonomy is `shapes.toml` beside it."""
    encoder = make_pair(tmp_path / "encoder").folder
    (tmp_path / "shapes.toml").write_text(TAXONOMY)
    fit_words(tmp_path / "shapes.toml", tmp_path / "run", WordChoices(encoder=encoder))
    return tmp_path / "run"
