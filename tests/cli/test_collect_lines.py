from pixonomy.cli.collect_lines import outcome_lines, plan_lines
from pixonomy.collecting.collection_plan import plan_collection
from pixonomy.collecting.known import open_provider
from pixonomy.results.collection_results import CollectResult

RESULT = CollectResult(
    manifest="out/manifest.parquet", pictures=1204, duplicates=3, refused=9, failed=0,
    shortfall={}, sightings="out/sightings.parquet", attribution="out/ATTRIBUTION.csv",
    page="out/collected.html", credits="out/ATTRIBUTION.html", kept=1210, waiting=20,
    usable_shortfall={"sea": 2, "beach": 7}, licenses={},
    refused_by_reason={f"reason {number}": 9 - number for number in range(7)},
    left={}, left_hosts=0,
)  # fmt: skip


def test_what_was_collected_is_told_with_what_was_not_and_why() -> None:
    assert outcome_lines(RESULT) == [
        "1,204 usable pictures in out/manifest.parquet; 1,210 kept in all, 3 duplicates, 9 refused,"
        " 0 failed, 20 still waiting.",
        "Refused: 9 reason 0; 8 reason 1; 7 reason 2; 6 reason 3; 5 reason 4; 2 more reasons.",
        "Fewer usable pictures than wanted: beach (7), sea (2).",
        "Look at them: out/collected.html",
        "Credits to publish: out/ATTRIBUTION.html",
    ]


def test_a_plan_of_several_providers_is_told_each_alone_and_in_turn() -> None:
    providers = [open_provider(name, {}, None) for name in ("openverse", "commons")]
    lines = plan_lines(plan_collection(providers, 10, 11_000).as_result())
    assert lines[0] == "10 keywords want 110,000 pictures."
    assert lines[1].startswith("openverse alone: 2,400 pictures at most, 120 requests, ")
    assert lines[3].startswith("In turn: 102,400 pictures at most, ")
    assert lines[4] == "7,600 of those wanted are beyond what they give."


def test_short_and_long_times_are_told_in_their_own_units() -> None:
    short = plan_collection([open_provider("commons", {}, None)], 1, 100).as_result()
    assert " 25 s or more (interface 1 s, pictures 25 s from one host)" in plan_lines(short)[1]
