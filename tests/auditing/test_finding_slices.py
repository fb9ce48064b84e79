import polars as pl

from pixonomy.auditing.finding_slices import COUNTED_BY, Origin, tabulate
from pixonomy.auditing.findings import FINDING, conform
from pixonomy.auditing.kinds import CATEGORY_LEAKS, EXACT, KINDS, SPLIT_LEAKS


def test_pictures_and_findings_are_counted_by_where_they_come_from() -> None:
    nothing = conform(pl.DataFrame(schema=dict(FINDING)))
    leak = conform(pl.DataFrame({"row": [0, 1]}))
    findings = {
        **dict.fromkeys(KINDS, nothing),
        EXACT: conform(pl.DataFrame({"row": [0, 1, 4]})),
        CATEGORY_LEAKS: leak,
        SPLIT_LEAKS: leak,  # a row counts once, however many leaks it is part of
    }
    values = pl.Series(["sea", "sea", "hill", "hill", None, "sea"])
    is_usable = pl.Series([True, True, True, True, True, False])
    table = tabulate("By keyword", values, is_usable, findings)
    places = {name: place for place, name in enumerate(COUNTED_BY)}
    assert table.title == "By keyword"
    assert [one.name for one in table.lines] == ["sea", None, "hill"]
    sea = table.lines[0]
    assert sea.images == 2
    assert (sea.counts[places["Exact copies"]], sea.counts[places["Leaks"]]) == (2, 2)
    assert table.lines[1].counts[places["Exact copies"]] == 1
    assert table.lines[2] == Origin("hill", 2, (0,) * len(COUNTED_BY))
    assert table.hidden == 0


def test_a_table_is_cut_behind_its_first_fifty_lines() -> None:
    nothing = conform(pl.DataFrame(schema=dict(FINDING)))
    values = pl.Series([f"keyword {number}" for number in range(70)])
    usable = pl.repeat(True, 70, eager=True)
    table = tabulate("By keyword", values, usable, dict.fromkeys(KINDS, nothing))
    assert (len(table.lines), table.hidden) == (50, 20)
