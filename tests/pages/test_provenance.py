import re
import time

from pixonomy.pages.provenance import Provenance


def test_it_tells_the_day_and_how_long_it_took() -> None:
    made = Provenance.now("goals.parquet", time.monotonic() - 65, "pixonomy audit goals.parquet")
    assert re.fullmatch(r"[1-9]\d? [A-Z][a-z]+ 20\d\d, \d\d:\d\d UTC", made.created)
    assert made.seconds is not None
    assert 65 <= made.seconds < 70
    assert made.command == "pixonomy audit goals.parquet"


def test_what_was_not_measured_has_no_figure() -> None:
    assert Provenance.now("goals.toml", None, "pixonomy collect goals.toml").seconds is None


def test_a_long_source_is_cut_in_its_middle() -> None:
    source = "/data/" + "folder/" * 40 + "goals.parquet"
    short = Provenance("today", source, 1.0, "").short_source
    assert len(short) <= 60
    assert short.startswith("/data/folder")
    assert short.endswith("goals.parquet")
