"""The whole verb: a folder with planted flaws is audited, marked, split; nothing is lost."""

import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bs4 import BeautifulSoup
from PIL import Image, ImageFilter, ImageOps

from pixonomy.auditing.kinds import KINDS
from pixonomy.dataset.manifest import read_manifest
from pixonomy.errors import ArtefactDiffers, SettingError
from pixonomy.results.data_results import AuditResult
from pixonomy.sources.table import TableColumns
from pixonomy.verbs.audit import AuditChoices, audit
from pixonomy.verbs.index import IndexChoices, index
from pixonomy.verbs.split import split

Call = Callable[..., tuple[int, Any, str]]
OFFLINE = AuditChoices(network="none")
KEYS = {
    "exact_duplicates", "near_duplicates", "conflicting_labels", "category_leaks", "split_leaks",
    "undecodable", "damaged", "blank", "tiny", "dark", "bright", "blurred", "odd_shape",
    "suspected_labels", "doubtful_labels",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, write_images: Callable[..., Path]) -> Path:
    """36 pictures in three categories, and ten that something is wrong with."""
    made = write_images(tmp_path_factory.mktemp("audited") / "pictures")
    shutil.copy(made / "circle" / "000.jpg", made / "circle" / "copy.jpg")
    shutil.copy(made / "circle" / "001.jpg", made / "cross" / "conflict.jpg")
    with Image.open(made / "cross" / "002.jpg") as image:
        image.save(made / "cross" / "near.png")
    (made / "cross" / "text.jpg").write_text("This is no picture.")
    Image.new("RGB", (60, 60), "white").save(made / "cross" / "blank.png")
    noise = Image.effect_noise((80, 80), 90).convert("RGB")
    noise.resize((20, 20)).save(made / "stripes" / "tiny.png")
    noise.point(lambda level: level // 12).save(made / "stripes" / "dark.png")
    noise.point(lambda level: 235 + level // 13).save(made / "stripes" / "bright.png")
    block = ImageOps.expand(Image.new("RGB", (40, 40), "orange"), 20, "navy")
    block.filter(ImageFilter.GaussianBlur(4)).save(made / "stripes" / "blurred.png")
    noise.resize((400, 60)).save(made / "stripes" / "odd.png")
    return made


@pytest.fixture(scope="module")
def manifest(folder: Path) -> Path:
    index([folder], folder.parent / "m.parquet")
    return folder.parent / "m.parquet"


@pytest.fixture(scope="module")
def audited(manifest: Path) -> AuditResult:
    """The answer of the one audit that many tests read; take `copy` to change its folder."""
    return audit(manifest, manifest.parent / "out", OFFLINE)


@pytest.fixture
def copy(audited: AuditResult, tmp_path: Path) -> Path:
    return shutil.copytree(Path(audited["page"]).parent, tmp_path / "out")


def problems(path: Path) -> dict[str, str]:
    rows = read_manifest(path).rows.drop_nulls("problem")
    return dict(rows.select("image_id", "problem").iter_rows())


def named(output: Path, kind: str) -> list[tuple[str, str | None]]:
    found = pl.read_parquet(output / "findings.parquet").filter(kind=kind)
    return [tuple(row) for row in found.select("image_id", "other").iter_rows()]


def test_every_planted_flaw_is_found_and_listed(audited: AuditResult) -> None:
    result, out = audited, Path(audited["page"]).parent
    assert result.keys() == {"manifest", "page", "seconds", "findings", "notes"}
    found = result["findings"]
    assert found.keys() == KEYS
    assert found["exact_duplicates"] == 2
    assert found["conflicting_labels"] == 1
    assert named(out, "exact_duplicates") == [
        ("circle/copy.jpg", "circle/000.jpg"), ("cross/conflict.jpg", "circle/001.jpg"),
    ]  # fmt: skip
    assert ("cross/near.png", "cross/002.jpg") in named(out, "near_duplicates")
    for kind in ("blank", "tiny", "dark", "bright", "blurred"):
        assert [Path(one).stem for one, _ in named(out, kind)] == [kind]
    assert named(out, "odd_shape") == [("stripes/odd.png", None)]
    assert named(out, "undecodable") == [("cross/text.jpg", None)]
    assert (found["split_leaks"], found["blank"], found["undecodable"]) == (0, 1, 1)
    page = Path(result["page"]).read_text("utf-8")
    assert page.count("data:image/jpeg;base64,") > 10
    assert "<script src" not in page


def test_the_page_groups_findings_and_names_their_files_and_its_own_command(
    audited: AuditResult, manifest: Path
) -> None:
    page = BeautifulSoup(Path(audited["page"]).read_text("utf-8"), "lxml")
    kinds = [one["id"] for one in page.select("section.finding details.kind > p[id]")]
    assert kinds == [kind for kind in KINDS if audited["findings"][kind]]
    (same,) = page.select("#exact_duplicates ~ .cards .card:-soup-contains('circle/copy.jpg')")
    assert [one.get_text() for one in same.select("code.file")] == [
        "circle/000.jpg", "circle/copy.jpg",
    ]  # fmt: skip
    assert len(same.select("img")) == 1  # the same file is shown once
    command = page.select_one("header .command code")
    assert command is not None
    words = shlex.split(command.get_text())
    assert words[:3] == ["pixonomy", "audit", str(manifest)]
    assert words[3:5] == ["-o", str(Path(audited["page"]).parent)]
    (steps,) = page.select("#next dl")
    assert f"{command.get_text()} --apply exact_duplicates" in steps.get_text()


def test_the_marked_manifest_has_every_row_and_only_the_undecodable_left_out(
    manifest: Path, audited: AuditResult
) -> None:
    before, result = read_manifest(manifest), audited
    after = read_manifest(Path(result["manifest"]))
    kept = ["image_id", "group_id", "label", "uri", "offset", "length", "split"]
    assert after.rows.select(kept).equals(before.rows.select(kept))
    assert after.base == before.base
    assert problems(Path(result["manifest"])) == {
        "cross/text.jpg": "not a picture in a known format"
    }
    groups = dict(after.rows.select("image_id", "duplicate_group").iter_rows())
    assert groups["circle/copy.jpg"] == groups["circle/000.jpg"] == "circle/000.jpg"
    assert groups["cross/near.png"] == groups["cross/002.jpg"] == "cross/002.jpg"
    assert after.rows["sha256"].null_count() == 0
    assert after.rows.schema["width"] == pl.Int32


def test_split_afterwards_reads_no_picture_and_tears_no_copies_apart(
    audited: AuditResult, folder: Path, tmp_path: Path
) -> None:
    folder.rename(folder.with_name("elsewhere"))
    try:
        split(Path(audited["manifest"]), tmp_path / "split.parquet")
    finally:
        folder.with_name("elsewhere").rename(folder)
    rows = read_manifest(tmp_path / "split.parquet").usable
    torn = (
        rows.drop_nulls("duplicate_group")
        .group_by("duplicate_group")
        .agg(pl.col("split").n_unique())
    )
    assert torn["split"].max() == 1


def test_applied_findings_are_left_out_and_the_others_stay(manifest: Path, copy: Path) -> None:
    choices = AuditChoices("none", apply=("exact_duplicates", "blank"))
    result = audit(manifest, copy, choices, overwrite=True)
    assert problems(Path(result["manifest"])) == {
        "circle/copy.jpg": "duplicate of circle/000.jpg",
        "cross/conflict.jpg": "duplicate of circle/001.jpg",
        "cross/blank.png": "blank: its colours differ by 0.0 levels of 255",
        "cross/text.jpg": "not a picture in a known format",
    }


def test_an_audit_of_the_marked_manifest_says_nothing_of_what_is_left_out(
    manifest: Path, copy: Path, tmp_path: Path
) -> None:
    choices = AuditChoices("none", apply=("exact_duplicates", "blank"))
    first = audit(manifest, copy, choices, overwrite=True)
    second = audit(Path(first["manifest"]), tmp_path / "two", OFFLINE)
    for kind in ("exact_duplicates", "conflicting_labels", "blank", "undecodable"):
        assert second["findings"][kind] == 0
    assert problems(Path(second["manifest"])) == problems(Path(first["manifest"]))


def test_copies_on_both_sides_of_a_split_are_leaks(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    folder = write_images(tmp_path / "p" / "train", 3)
    write_images(tmp_path / "p" / "test", 1)  # the first picture of each category again
    index([folder.parent], tmp_path / "m.parquet")
    choices = AuditChoices("none", apply=("split_leaks",))
    result = audit(tmp_path / "m.parquet", tmp_path / "out", choices)
    assert result["findings"]["split_leaks"] == 3
    assert sorted(problems(Path(result["manifest"]))) == [
        f"train/{label}/000.jpg" for label in ("circle", "cross", "stripes")
    ]


def test_findings_are_told_by_keyword_and_provider_where_those_are_known(
    tmp_path: Path, folder: Path
) -> None:
    files = sorted((folder / "circle").glob("*.jpg"))
    table = pl.DataFrame(
        {
            "path": [str(file) for file in files],
            "label": ["travel"] * len(files),
            "keyword": ["beach" if place % 2 else "sea <b>" for place in range(len(files))],
            "provider": ["A stock site"] * len(files),
        }
    )
    table.write_csv(tmp_path / "t.csv")
    index(
        [tmp_path / "t.csv"],
        tmp_path / "m.parquet",
        IndexChoices(TableColumns(None, "path", "label")),
    )
    result = audit(tmp_path / "m.parquet", tmp_path / "out", OFFLINE)
    assert result["findings"]["exact_duplicates"] == 1
    assert result["findings"]["suspected_labels"] == 0  # one category only
    page = Path(result["page"]).read_text("utf-8")
    for told in ("By keyword", "By provider", "sea &lt;b&gt;", "A stock site"):
        assert told in page


def test_a_finished_audit_is_not_made_again_and_another_is_refused(
    manifest: Path, audited: AuditResult, copy: Path
) -> None:
    first, out = audited, copy
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    again = audit(manifest, out, OFFLINE)
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before
    assert again["findings"] == first["findings"]
    other = AuditChoices("none", apply=("blank",))
    with pytest.raises(ArtefactDiffers, match="apply was"):
        audit(manifest, out, other)
    audit(manifest, out, other, overwrite=True)
    assert problems(out / "manifest.parquet").keys() == {"cross/text.jpg", "cross/blank.png"}
    # The pictures were not looked at again for it.
    assert (out / "survey.parquet").stat().st_mtime_ns == before["survey.parquet"]


def test_of_a_grown_manifest_only_new_pictures_are_looked_at(
    copy: Path, folder: Path, tmp_path: Path
) -> None:
    newer = folder / "stripes" / "newer.jpg"
    shutil.copy(folder / "stripes" / "004.jpg", newer)
    grown = tmp_path / "grown.parquet"
    index([folder], grown)
    with pytest.raises(ArtefactDiffers):
        audit(grown, copy, OFFLINE)
    result = audit(grown, tmp_path / "new", AuditChoices("none", earlier=copy))
    assert result["findings"]["exact_duplicates"] == 3
    page = (tmp_path / "new" / "audit.html").read_text("utf-8")
    assert "<dt>pictures looked at</dt><dd>1</dd>" in page
    fresh = audit(grown, tmp_path / "fresh", OFFLINE)
    newer.unlink()
    assert fresh["findings"] == result["findings"]
    one, other = (pl.read_parquet(tmp_path / n / "findings.parquet") for n in ("new", "fresh"))
    assert one.equals(other)


@pytest.mark.parametrize(
    ("name", "message"), [("photos", "holds other files"), ("file", "is no folder")]
)
def test_other_peoples_files_are_left_alone(
    manifest: Path, tmp_path: Path, name: str, message: str
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "mine.jpg").write_bytes(b"x")
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(SettingError, match=message):
        audit(manifest, tmp_path / name, OFFLINE)
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["mine.jpg"]


def test_the_command_prints_the_counts(
    call: Call, manifest: Path, copy: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from pixonomy.cli.main import run

    out = copy
    code, result, _ = call("audit", manifest, "-o", out, "--network", "none")
    assert code == 0
    assert result.keys() == {"manifest", "page", "seconds", "findings", "notes"}
    assert run(["audit", str(manifest), "-o", str(out), "--network", "none"]) == 0
    told = capfd.readouterr().out
    assert "exact duplicates" in told
    assert f"Page: {out / 'audit.html'}" in told
    code, result, _ = call("audit", manifest, "-o", out, "--network", "none", "--apply", "blan")
    assert (code, result["error"]["kind"]) == (2, "SettingError")
    assert "'blan'; known are" in result["error"]["message"]


def test_labels_that_people_gave_are_in_the_marked_manifest_and_stay_there(
    audited: AuditResult, call: Call, tmp_path: Path
) -> None:
    first = Path(audited["page"]).parent
    table = tmp_path / "corrections.csv"
    table.write_text("image_id,label,by\ncircle/003.jpg,cross,Ann\nlost.jpg,cross,Ann\n")
    told = ["--earlier", str(first), "--network", "none", "--apply-corrections", str(table)]
    output = tmp_path / "corrected"
    code, answer, _ = call("audit", audited["manifest"], *told, "-o", str(output), "--json")
    assert code == 0
    assert "'lost.jpg' in line 3" in answer["notes"][0]
    rows = read_manifest(output / "manifest.parquet").rows
    it = rows.filter(image_id="circle/003.jpg").row(0, named=True)
    assert (it["label"], it["label_source"], it["label_by"]) == ("cross", "reviewer", "Ann")
    assert it["label_quality"] == 1.0
    before = read_manifest(Path(audited["manifest"])).rows
    others = pl.col("image_id") != "circle/003.jpg"
    assert rows.filter(others)["label"].equals(before.filter(others)["label"])
    assert not (output / ".corrected.parquet").exists()
    again = call("audit", audited["manifest"], *told, "-o", str(output), "--json")[1]
    assert again["notes"] == answer["notes"]
    table.write_text("image_id,label,by\ncircle/003.jpg,square,Ann\n")
    code, answer, _ = call("audit", audited["manifest"], *told, "-o", str(output), "--json")
    assert code == 1
    assert "no category 'square'" in answer["error"]["message"]
