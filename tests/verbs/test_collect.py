"""Keywords to pictures, on a site of this machine: whole, once, and again."""

import csv
import json
import shlex
import sqlite3
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bs4 import BeautifulSoup

from in_browser import fits
from photo_site import QUICK, Script, Serve, status, text, write_taxonomy
from pixonomy.dataset.location import locate
from pixonomy.dataset.manifest import read_manifest
from pixonomy.dataset.read import read_all
from pixonomy.dataset.read_taxonomy import read_taxonomy
from pixonomy.errors import SettingError
from pixonomy.gallery.photo_catalogue import PhotoCatalogue
from pixonomy.gallery.site_apis import COMMONS
from pixonomy.images.decode import decode
from pixonomy.progress import Context
from pixonomy.verbs.collect import CollectChoices, collect
from pixonomy.verbs.serve_gallery import example_settings

KEYWORDS = {"travel": ["beach", "suitcase"], "car-expenses": ["car", "motorbike"]}
KEYS = {"flickr": "KEY-OF-FLICKR", "openverse": "me:HUSH"}

Call = Callable[..., tuple[int, Any, str]]


def choose(*providers: str, per_keyword: int = 6, **more: Any) -> CollectChoices:
    return CollectChoices(
        providers or ("commons",), per_keyword, permission="the site's owner", keys=KEYS,
        retry_policy=QUICK, **more,
    )  # fmt: skip


@pytest.fixture
def taxonomy(tmp_path: Path, photo_site: str) -> Path:
    return write_taxonomy(tmp_path, KEYWORDS, example_settings(photo_site))


@pytest.mark.parametrize("provider", ["commons", "openverse", "flickr", "html"])
def test_every_keyword_gets_its_pictures_with_all_that_is_known_of_them(
    tmp_path: Path, taxonomy: Path, catalogue: PhotoCatalogue, provider: str
) -> None:
    result = collect(taxonomy, tmp_path / "out", choose(provider))
    assert list(result)[:6] == [
        "manifest", "pictures", "duplicates", "refused", "failed", "shortfall",
    ]  # fmt: skip
    broken = {one.path for one in catalogue.planted if one.kind == "broken_file"}
    assert result["refused"] <= len(broken)
    assert (result["failed"], result["shortfall"]) == (0, {})
    manifest = read_manifest(Path(result["manifest"]))
    assert manifest.taxonomy == read_taxonomy(taxonomy)
    rows = manifest.rows
    assert min(rows.group_by("label", "keyword").len()["len"].to_list()) >= 5
    assert set(rows["provider"]) == {provider}
    assert set(rows["label_source"]) == {"keyword"}
    told = rows.select("license", "page_url", "image_url", "fetched_at")
    assert told.null_count().row(0) == (0, 0, 0, 0)
    files = {catalogue.read(photo) for photo in catalogue.photos if photo.file not in broken}
    for _, data in read_all(locate(rows, manifest.base)):
        assert data in files
        decode(data)
    with Path(result["attribution"]).open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == rows.height
    sightings = pl.read_parquet(result["sightings"])
    assert set(rows["image_id"]) == set(sightings["image_id"])


def test_the_page_says_what_there_is_of_each_category_and_how_to_go_on(
    tmp_path: Path, taxonomy: Path
) -> None:
    result = collect(taxonomy, tmp_path / "out", choose(contact="ann@example.org", per_keyword=50))
    page = BeautifulSoup(Path(result["page"]).read_text("utf-8"), "lxml")
    rows = {
        cells[0].get_text(): [cell.get_text() for cell in cells[1:]]
        for cells in (row.find_all(["th", "td"]) for row in page.select(".categories tbody tr"))
    }
    usable = read_manifest(Path(result["manifest"])).rows.filter(pl.col("problem").is_null())
    counts = dict(usable.group_by("label").len().iter_rows())
    assert rows.keys() == KEYWORDS.keys()
    assert {name: int(cells[0]) for name, cells in rows.items()} == counts
    for name, words in KEYWORDS.items():
        assert int(rows[name][1]) == sum(result["usable_shortfall"].get(word, 0) for word in words)
    command = page.select_one(".command code")
    assert command is not None
    assert shlex.split(command.get_text()) == [
        "pixonomy", "collect", str(taxonomy), "-o", str(tmp_path / "out"), "--per-keyword", "50",
        "--provider", "commons", "--contact", "you@example.org", "--permission",
        "the site's owner",
    ]  # fmt: skip
    assert "ann@example.org" not in page.get_text()


def test_no_cell_of_the_attribution_is_a_formula(tmp_path: Path, serve: Serve) -> None:
    script, _ = site_of_ten(tmp_path, serve)
    listed = tmp_path / "list.csv"
    listed.write_text(
        f"url,keyword,title,creator\n{script.address}/images/1.jpg,beach,=1+1,@me\n"
        f"{script.address}/images/2.jpg,beach,a = b,-me\n"
    )
    settings = (
        f'\n[provider.table]\npath = "{listed}"\nper_second = 500\nprivate_hosts = ["127.0.0.1"]\n'
    )
    taxonomy = write_taxonomy(tmp_path, {"travel": ["beach"]}, settings)
    result = collect(taxonomy, tmp_path / "out", choose("table", per_keyword=5))
    told = pl.read_csv(result["attribution"]).sort("image_url")
    assert told["title"].to_list() == ["'=1+1", "a = b"]
    assert told["creator"].to_list() == ["'@me", "'-me"]
    rows = read_manifest(Path(result["manifest"])).rows
    assert set(rows["title"]) == {"=1+1", "a = b"}, "what is read back stays exact"


def test_the_same_again_asks_nobody_and_changes_nothing(tmp_path: Path, serve: Serve) -> None:
    script, taxonomy = site_of_ten(tmp_path, serve)
    first = collect(taxonomy, tmp_path / "out", choose(per_keyword=5))
    asked = len(script.asked)
    before = (tmp_path / "out" / "shards" / "pictures-00000.tar").read_bytes()
    again = collect(taxonomy, tmp_path / "out", choose(per_keyword=5))
    assert len(script.asked) == asked
    assert {**first, "seconds": 0} == {**again, "seconds": 0}
    assert (tmp_path / "out" / "shards" / "pictures-00000.tar").read_bytes() == before


def test_more_wanted_later_fetches_only_what_is_new(tmp_path: Path, serve: Serve) -> None:
    script, taxonomy = site_of_ten(tmp_path, serve)
    collect(taxonomy, tmp_path / "out", choose(per_keyword=4))
    more = collect(taxonomy, tmp_path / "out", choose(per_keyword=20))
    assert more["pictures"] == 10
    assert more["shortfall"] == {"beach": 10}
    images = [path for _, path in script.asked if path.startswith("/images/")]
    assert len(images) == len(set(images)) == 10


def test_a_month_later_a_search_that_was_over_finds_what_is_new(
    tmp_path: Path, serve: Serve
) -> None:
    script, taxonomy = site_of_ten(tmp_path, serve)
    now = 1.8e9
    collect(taxonomy, tmp_path / "out", choose(per_keyword=20, clock=lambda: now))
    searches = script.count(COMMONS)
    collect(taxonomy, tmp_path / "out", choose(per_keyword=20, clock=lambda: now + 3600))
    assert script.count(COMMONS) == searches  # an hour later nobody is asked
    add_images(script, 12)
    later = choose(per_keyword=20, clock=lambda: now + 30 * 86_400)
    assert collect(taxonomy, tmp_path / "out", later)["pictures"] == 12
    images = [path for _, path in script.asked if path.startswith("/images/")]
    assert len(images) == len(set(images)) == 12


def test_a_picture_of_two_categories_is_a_leak_and_a_copy_is_merged(
    tmp_path: Path, serve: Serve
) -> None:
    script, _ = site_of_ten(tmp_path, serve)
    small = resave(image_of(1), 0.6)
    script.answers["/images/3.jpg"] = [send(small)]  # a smaller copy of picture 1
    script.answers["/images/4.jpg"] = [send(image_of(2))]  # the same file as picture 2
    address = script.address
    keywords = {"travel": ["beach"], "home": ["sand"]}
    taxonomy = write_taxonomy(tmp_path / "two", keywords, commons_at(address))
    found = {"beach filetype:bitmap": [1, 2, 3, 4, 5], "sand filetype:bitmap": [5, 6]}
    script.answers[COMMONS] = [lambda one: search(address, found[one.query["gsrsearch"]])]
    result = collect(taxonomy, tmp_path / "out", choose(per_keyword=9))
    rows = read_manifest(Path(result["manifest"])).rows
    assert (rows.height, result["pictures"], result["duplicates"]) == (5, 3, 2)
    by_url = {row["image_url"].rpartition("/")[2]: row for row in rows.iter_rows(named=True)}
    assert by_url["3.jpg"]["problem"] == f"duplicate of {by_url['1.jpg']['image_id']}"
    assert by_url["1.jpg"]["problem"] is None
    assert by_url["1.jpg"]["duplicate_group"] == by_url["3.jpg"]["duplicate_group"]
    assert by_url["5.jpg"]["problem"] == "found in several categories: home, travel"
    sightings = pl.read_parquet(result["sightings"])
    same = by_url["2.jpg"]["image_id"]
    assert sightings.filter(image_id=same)["native_id"].to_list() == ["2", "4"]


def test_what_is_refused_or_fails_is_counted_with_its_reason(tmp_path: Path, serve: Serve) -> None:
    script, taxonomy = site_of_ten(tmp_path, serve)
    script.answers["/images/0.jpg"] = [text("<html>no picture", Content_Type="image/jpeg")]
    script.answers["/images/1.jpg"] = [404]
    script.answers["/images/2.jpg"] = [500]
    script.answers["/images/3.jpg"] = [send(image_of(3), X_Robots_Tag="noai")]
    script.answers["/images/4.jpg"] = [status(302, Location="http://169.254.169.254/x")]
    script.answers["/images/5.jpg"] = [send(resave(image_of(5), 0.1))]
    result = collect(taxonomy, tmp_path / "out", choose(per_keyword=10))
    assert (result["pictures"], result["refused"], result["failed"]) == (4, 5, 1)
    page = Path(result["page"]).read_text("utf-8")
    for reason in ("not a picture", "not there (status 404)", "the host failed (status 500)",
                   "X-Robots-Tag says noai", "smaller than 64 px", "private network"):  # fmt: skip
        assert reason in page


def test_what_failed_is_tried_again_in_a_later_run(tmp_path: Path, serve: Serve) -> None:
    script, taxonomy = site_of_ten(tmp_path, serve)
    script.answers["/images/2.jpg"] = [500]
    assert collect(taxonomy, tmp_path / "out", choose(per_keyword=10))["failed"] == 1
    script.answers["/images/2.jpg"] = [send(image_of(2))]
    assert collect(taxonomy, tmp_path / "out", choose(per_keyword=10))["pictures"] == 10


def test_a_picture_without_a_licence_is_refused(tmp_path: Path, serve: Serve) -> None:
    script, taxonomy = site_of_ten(tmp_path, serve)
    address = script.address
    script.answers[COMMONS] = [lambda _request: search(address, [1, 2], licence="")]
    result = collect(taxonomy, tmp_path / "out", choose())
    assert (result["pictures"], result["refused"], script.count("/images/1.jpg")) == (0, 2, 0)


def test_an_interface_that_is_down_ends_its_search_and_is_told(
    tmp_path: Path, serve: Serve
) -> None:
    script, taxonomy = site_of_ten(tmp_path, serve)
    good = script.answers[COMMONS]
    script.answers[COMMONS] = [text("<html>We are down")]
    said: list[str] = []
    around = Context(1, report=said.append)
    result = collect(taxonomy, tmp_path / "out", choose(), context=around)
    assert result["shortfall"] == {"beach": 6}
    assert "a page in place of JSON. Run again to go on." in said[0]
    script.answers[COMMONS] = good
    assert collect(taxonomy, tmp_path / "out", choose())["pictures"] == 6


def test_a_second_provider_makes_up_for_what_the_first_lacks(
    tmp_path: Path, serve: Serve, photo_site: str
) -> None:
    script, _ = site_of_ten(tmp_path, serve)
    flickr = example_settings(photo_site).partition("[provider.flickr]")[2]
    settings = f"{commons_at(script.address)}[provider.flickr]{flickr}"
    taxonomy = write_taxonomy(tmp_path / "b", {"travel": ["beach"]}, settings)
    result = collect(taxonomy, tmp_path / "out", choose("commons", "flickr", per_keyword=14))
    rows = read_manifest(Path(result["manifest"])).rows
    assert dict(rows.group_by("provider").len().iter_rows()) == {"commons": 10, "flickr": 4}


def test_keys_and_permission_are_where_they_belong(tmp_path: Path, taxonomy: Path) -> None:
    result = collect(taxonomy, tmp_path / "out", choose("flickr", "openverse", "html"))
    assert result["pictures"]
    files = (path for path in (tmp_path / "out").rglob("*") if path.is_file())
    written = b"".join(path.read_bytes() for path in files)
    assert b"KEY-OF-FLICKR" not in written
    assert b"HUSH" not in written
    with sqlite3.connect(tmp_path / "out" / "ledger.sqlite") as state_db:
        noted = dict(state_db.execute("SELECT key, value FROM about"))
    assert noted["permission:html"] == "the site's owner"
    assert "permission:flickr" not in noted


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        (CollectChoices(("html",)), "--permission"),
        (CollectChoices(("commons",), 0), "1 or more pictures"),
        (CollectChoices(()), "Name a provider"),
        (CollectChoices(("unsplash",)), "do not allow"),
    ],
)
def test_a_wrong_choice_is_told_before_anybody_is_asked(
    tmp_path: Path, taxonomy: Path, choices: CollectChoices, told: str
) -> None:
    with pytest.raises(SettingError, match=told):
        collect(taxonomy, tmp_path / "out", choices)
    assert not (tmp_path / "out").exists()


def test_live_use_needs_a_contact(tmp_path: Path) -> None:
    taxonomy = write_taxonomy(tmp_path, KEYWORDS, "")
    with pytest.raises(SettingError, match="--contact"):
        collect(taxonomy, tmp_path / "out", CollectChoices())


def test_other_peoples_folders_are_left_alone(tmp_path: Path, taxonomy: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("x")
    with pytest.raises(SettingError, match="holds other files"):
        collect(taxonomy, tmp_path / "out", choose())


def test_a_dry_run_asks_nobody_and_tells_times(tmp_path: Path) -> None:
    taxonomy = write_taxonomy(tmp_path, KEYWORDS, "")
    choices = CollectChoices(("commons", "openverse"), 1000)
    result = collect(taxonomy, tmp_path / "out", choices, is_dry_run=True)
    assert (result["keywords"], result["pictures"]) == (4, 4000)
    commons, openverse = result["providers"]
    assert (commons["pictures"], commons["requests"], commons["shortfall"]) == (4000, 80, 0)
    assert (openverse["pictures"], openverse["shortfall"]) == (960, 3040)
    assert not (tmp_path / "out").exists()


def test_the_verbs_answer_in_json(
    call: Call, tmp_path: Path, photo_site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXONOMY_FLICKR_KEY", "KEY-OF-FLICKR")
    file = tmp_path / "taxonomy.toml"
    code, made, _ = call("taxonomy", "init", "savings-goals", "-o", file)
    assert (code, made["categories"]) == (0, 5)
    file.write_text(file.read_text("utf-8") + example_settings(photo_site), "utf-8")
    assert call("taxonomy", "check", file)[1]["keywords"] == made["keywords"]
    code, result, _ = call(
        "collect", file, "-o", tmp_path / "out", "--provider", "flickr", "--per-keyword", 2
    )
    assert code == 0
    assert result["pictures"] > 20
    code, plan, _ = call("collect", file, "-o", tmp_path / "plan", "--dry-run")
    assert plan["providers"][0]["provider"] == "commons"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_shows_each_keyword_and_keeps_nobody_out(
    tmp_path: Path, taxonomy: Path, open_page: Any, barriers: Any, width: int
) -> None:
    result = collect(taxonomy, tmp_path / "out", choose("html", per_keyword=50))
    page = open_page(Path(result["page"]).absolute(), width)
    assert page.locator("img").count() == 4 * 8
    assert "What is missing" in page.inner_text("body")
    assert "the site's owner" in page.inner_text("body")
    assert fits(page)
    assert barriers(page) == []


def test_the_tar_files_are_webdataset_shards(tmp_path: Path, taxonomy: Path) -> None:
    import webdataset

    result = collect(taxonomy, tmp_path / "out", choose())
    shard = tmp_path / "out" / "shards" / "pictures-00000.tar"
    samples = list(webdataset.WebDataset(str(shard), shardshuffle=False))
    rows = read_manifest(Path(result["manifest"])).rows
    assert len(samples) == rows.height
    assert {json.loads(one["json"])["image_url"] for one in samples} == set(rows["image_url"])
    with tarfile.open(shard) as file:
        assert len(file.getnames()) == 2 * rows.height


# A site of ten different pictures whose answers a test can change.


def image_of(number: int) -> bytes:
    import io

    import numpy as np
    from PIL import Image

    noise = np.random.default_rng(number).integers(0, 256, (6, 8, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).resize((320, 240), Image.Resampling.BICUBIC).save(file, "JPEG")
    return file.getvalue()


def resave(data: bytes, factor: float) -> bytes:
    import io

    from PIL import Image

    image = Image.open(io.BytesIO(data))
    file = io.BytesIO()
    size = (round(image.width * factor), round(image.height * factor))
    image.resize(size, Image.Resampling.LANCZOS).save(file, "JPEG", quality=85)
    return file.getvalue()


def send(data: bytes, **headers: str) -> Any:
    from aiohttp import web

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request: web.Response(body=data, headers=named)


def search(address: str, numbers: list[int], licence: str = "CC0") -> Any:
    from aiohttp import web

    pages = [
        {"pageid": number, "index": place, "title": f"File:beach {number}",
         "imageinfo": [{"url": f"{address}/images/{number}.jpg",
                        "extmetadata": {"LicenseShortName": {"value": licence}}}]}
        for place, number in enumerate(numbers, 1)
    ]  # fmt: skip
    return web.json_response({"query": {"pages": pages}})


def add_images(script: Script, count: int) -> None:
    address = script.address
    for number in range(count):
        script.answers[f"/images/{number}.jpg"] = [send(image_of(number))]
    script.answers[COMMONS] = [lambda _request: search(address, list(range(count)))]


def commons_at(address: str) -> str:
    return (
        f'\n[provider.commons]\nbase_url = "{address}{COMMONS}"\nper_second = 500\n'
        'private_hosts = ["127.0.0.1"]\n'
    )


def site_of_ten(folder: Path, serve: Serve) -> tuple[Script, Path]:
    script = Script()
    serve(script)
    add_images(script, 10)
    settings = commons_at(script.address)
    return script, write_taxonomy(folder, {"travel": ["beach"]}, settings)
