from itertools import accumulate
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.exporting.export_shard import COLUMNS, UNSPLIT, plan_shards

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["train", "validation", "test", None]),
        st.sampled_from(["a", "b"]),
        st.integers(0, 5),
        st.integers(0, 9000) | st.none(),
    ),
    max_size=30,
)


def table(rows: list[tuple[str | None, str, int, int | None]]) -> pl.DataFrame:
    content = [
        {"image_id": str(number), "split": split, "uri": uri, "offset": offset, "length": length}
        for number, (split, uri, offset, length) in enumerate(rows)
    ]
    schema = {name: pl.Int64 if name in ("offset", "length") else pl.String for name in COLUMNS}
    return pl.DataFrame(content, schema=schema)


@given(ROWS, st.integers(1, 40_000))
@settings(deadline=None)
def test_every_row_is_in_one_shard_of_its_split_in_file_order(
    rows: list[tuple[str | None, str, int, int | None]], shard_bytes: int
) -> None:
    shards = plan_shards(table(rows), Path("/nowhere"), shard_bytes)
    if not shards:
        assert not rows
        return
    together = pl.concat(shard.rows for shard in shards)
    assert sorted(together["image_id"].cast(pl.Int64)) == list(range(len(rows)))
    ends = list(accumulate(shard.rows.height for shard in shards))
    assert [shard.first for shard in shards] == [0, *ends[:-1]]
    for shard in shards:
        assert set(shard.rows["split"].fill_null(UNSPLIT)) == {shard.split}
        assert shard.rows.select("uri", "offset").rows() == sorted(
            shard.rows.select("uri", "offset").rows()
        )
        weight = shard.rows["length"].fill_null(0).sum() + 4096 * shard.rows.height
        assert weight <= shard_bytes + 9000 + 4096
        of_split = [one for one in shards if one.split == shard.split]
        assert shard.count == len(of_split)
        assert of_split[shard.number] is shard
    assert len({shard.name for shard in shards}) == len(shards)


def test_the_sizes_of_whole_files_are_looked_up(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(bytes(50_000))
    rows = table([("train", name, 0, None) for name in ("a", "b", "c", "missing")])
    shards = plan_shards(rows, tmp_path, 100_000)
    assert [shard.rows["uri"].to_list() for shard in shards] == [["a", "b"], ["c", "missing"]]


def test_rows_of_a_table_are_read_in_their_order() -> None:
    rows = table([("train", "t.parquet", 0, 1)] * 12).with_columns(
        pl.lit(None, pl.Int64).alias("offset"),
        pl.Series("member", [str(number) for number in range(11, -1, -1)]),
    )
    (shard,) = plan_shards(rows, Path("/nowhere"))
    assert shard.rows["member"].to_list() == [str(number) for number in range(12)]
