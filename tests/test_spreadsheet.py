from pathlib import Path

import polars as pl

from pixonomy.spreadsheet import guard, unguard, write_spreadsheet


def test_no_cell_of_a_csv_for_people_is_a_formula(tmp_path: Path) -> None:
    formulas = ["=HYPERLINK(1)", "+cmd", "-cmd|x", "@SUM(A1)", "\tx", "\rx", "＝1+1", "=1,2"]
    table = pl.DataFrame({"title": formulas, "count": range(len(formulas))})
    write_spreadsheet(tmp_path / "table.csv", table)
    found = pl.read_csv(tmp_path / "table.csv")
    assert found["title"].to_list() == [f"'{one}" for one in formulas]
    assert found["count"].to_list() == list(range(len(formulas)))


def test_numbers_and_other_texts_stay_as_they_are(tmp_path: Path) -> None:
    plain = ["-0.5", "+3", "-1e-4", "a=b", None, "d'été", "1 - 2"]
    write_spreadsheet(tmp_path / "table.csv", pl.DataFrame({"text": plain}))
    found = pl.read_csv(tmp_path / "table.csv", infer_schema=False)
    assert found["text"].to_list() == plain


def test_every_guarded_text_is_read_back_as_it_was() -> None:
    texts = ["=x", "'=x", "''=x", "'-5", "-5", "-x", "'a", "a", "", None, "\tx", "＝y", "@", "'"]
    table = pl.DataFrame({"text": texts}).select(told=guard(pl.col("text")))
    assert table["told"].str.contains(r"^[=@\t＝]|^-\D").any() is False
    assert table.select(unguard(pl.col("told"))).to_series().to_list() == texts
