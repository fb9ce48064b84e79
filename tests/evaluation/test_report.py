import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest

from pixonomy.evaluation.copies import DuplicateCheck
from pixonomy.evaluation.examples import Attention, ImageSource
from pixonomy.evaluation.hierarchy import Hierarchy, LevelShare
from pixonomy.evaluation.label_issues import LabelIssues, Suspect
from pixonomy.evaluation.metrics import measure
from pixonomy.evaluation.new_sources import NewSources
from pixonomy.evaluation.product_metrics import ImageCount, Pooled, ProductCheck
from pixonomy.evaluation.report import Report, render_report
from pixonomy.evaluation.shares import Share, share_right
from pixonomy.evaluation.slices import Slice, SliceRow
from pixonomy.pages.provenance import Provenance
from pixonomy.prediction.pooling import Pooling

VOID = {"meta", "img", "br", "link", "input", "hr"}
HOSTILE = "<script>alert('Ça & co')</script>"


class PageReader(HTMLParser):
    """Collects what the tests ask of a page, and notices tags that do not match."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id" and value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def paint(image_ids: Sequence[str]) -> Mapping[str, np.ndarray]:
    random = np.random.default_rng(7)
    return {
        image_id: random.integers(0, 255, (3, 60, 200), dtype=np.uint8) for image_id in image_ids
    }


def make_predictions(labels: Sequence[str], n: int) -> pl.DataFrame:
    random = np.random.default_rng(1)
    truth = random.integers(0, len(labels), n)
    predicted = np.where(random.random(n) < 0.8, truth, (truth + 1) % len(labels))
    confidence = random.uniform(0.3, 1, n)
    return pl.DataFrame(
        {
            "image_id": [f"picture-{row}.jpg" for row in range(n)],
            "group_id": [f"group-{row // 2}" for row in range(n)],
            "label": [labels[k] for k in truth],
            "predicted": [labels[k] for k in predicted],
            "confidence": confidence,
            "verdict": np.where(confidence > 0.5, "sure", "unsure"),
        }
    )


def make_history() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "epoch": [1, 2],
            "train_loss": [1.0, 0.6],
            "validation_loss": [1.1, 0.9],
            "validation_accuracy": [0.5, 0.7],
            "learning_rate": [1e-3, 1e-4],
            "seconds": [61.0, 59.0],
        }
    )


def make_problems() -> pl.DataFrame:
    duplicates = [f"duplicate of picture-{row}.jpg" for row in range(30)]
    return pl.DataFrame(
        {
            "image_id": [f"bad-{row}.jpg" for row in range(40)],
            "problem": ["undecodable: cut short"] * 10 + duplicates,
        }
    )


def make_report(categories: int = 3, n: int = 90) -> Report:
    labels = tuple(f"c{k:03d}" for k in range(categories))
    predictions = make_predictions(labels, n)
    return Report(
        title="Goals & more",
        metrics=measure(predictions, labels, labels[0]),
        evaluated_split="test",
        labels=labels,
        names={label: f"Catégorie {label}" for label in labels} | {labels[1]: HOSTILE},
        predictions=predictions,
        images=ImageSource(paint),
        history=make_history(),
        baselines={"linear probe": 0.55, "always the most common category": 0.33},
        counts=pl.DataFrame({"label": labels}).with_columns(
            train=pl.lit(1200), validation=pl.lit(30), test=pl.lit(40), left_out=pl.lit(2)
        ),
        problems=make_problems(),
        facts={"Seed": "7", "Manifest hash": "sha256:abc"},
        notes=("All pictures come from one site.",),
        provenance=Provenance("2 May 2026", "pictures", 121.0, "pixonomy fit pictures -o run"),
    )


@cache
def render_sample(categories: int = 3) -> str:
    return render_report(make_report(categories, n=30 * categories))


def test_the_page_has_every_section_and_its_links_lead_there() -> None:
    page = PageReader(render_sample())
    targets = [str(link["href"])[1:] for link in page.all("a")]
    assert {
        "headline",
        "certainty",
        "categories",
        "matrix",
        "mistakes",
        "training",
        "data",
        "left-out",
        "limits",
        "facts",
        "notes",
    } <= set(page.ids)
    assert set(targets) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_the_page_is_sound_html_with_one_heading_captions_and_scopes() -> None:
    source = render_sample()
    page = PageReader(source)
    assert source.startswith("<!DOCTYPE html>")
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == 1
    assert len(page.all("caption")) == len(page.all("table")) > 4
    assert all(heading.get("scope") in {"col", "row"} for heading in page.all("th"))
    assert all(image["alt"] for image in page.all("img"))


@pytest.mark.parametrize("categories", [2, 30, 100])
def test_the_page_stays_small_and_asks_for_nothing_from_the_network(categories: int) -> None:
    source = render_sample(categories)
    page = PageReader(source)
    assert len(source.encode()) < 2_000_000
    assert "http://" not in source
    assert "https://" not in source
    assert not page.all("link") + page.all("iframe")
    assert [one.get("src") for one in page.all("script")] == [None]
    references = [
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in {"src", "href", "xlink:href"}
    ]
    assert all(value and value.startswith(("#", "data:image/")) for value in references)
    assert "@import" not in source


@pytest.mark.parametrize("categories", [3, 30])
def test_names_with_markup_in_them_are_escaped_and_shown(categories: int) -> None:
    source = render_sample(categories)
    assert source.count("<script") == 1  # our own
    assert HOSTILE in PageReader(source).text


def test_the_headline_tells_accuracy_interval_and_all_baselines() -> None:
    report = make_report()
    assert report.metrics is not None
    text = PageReader(render_report(report)).text
    for share in (
        report.metrics.accuracy,
        report.metrics.accuracy_low,
        report.metrics.accuracy_high,
        report.metrics.majority_baseline,
        report.metrics.random_baseline,
        0.55,
    ):
        assert f"{share:.1%}" in text
    assert f"{report.metrics.macro_f1:.3f}" in text
    assert "Linear probe" in text
    assert "Guessing at random" in text
    assert text.count("Always answering Catégorie c000") == 1
    assert "Clearly better than the linear probe" in text


def test_the_headline_tells_the_accuracy_where_training_has_never_been() -> None:
    new = NewSources("source", 4, 480, 0.62, 0.31, 0.86, 0.6, 200, 0.97)
    text = PageReader(render_report(replace(make_report(), new_sources=new))).text
    told = " ".join(text[text.index("Where it has never been") :].split())
    assert "480 pictures from 4 values of “source” that training has none of, it is 62.0%" in told
    assert "between 31.0% and 86.0%" in told
    assert "On 200 pictures from where training has been it is 97.0%." in told
    assert 'id="new-sources"' not in render_sample()


def test_validation_pictures_come_with_a_warning_and_test_pictures_without() -> None:
    report = make_report()
    assert "These figures flatter" not in render_report(report)
    flattering = PageReader(render_report(replace(report, evaluated_split="validation"))).text
    assert "These figures flatter" in flattering
    assert "validation pictures got the right category" in flattering


def test_without_test_pictures_the_page_says_so_and_states_no_accuracy() -> None:
    report = make_report()
    empty = replace(report, metrics=None, predictions=report.predictions.clear(), baselines={})
    page = PageReader(render_report(empty))
    assert "there are no test pictures" in page.text
    assert not {"certainty", "categories", "matrix", "mistakes"} & set(page.ids)
    assert {"training", "data", "left-out", "limits", "facts"} <= set(page.ids)
    assert "(split: test)" in page.text


def test_a_few_categories_get_a_matrix_with_shares_and_many_a_dense_one() -> None:
    few, many = render_sample(25), render_sample(30)
    assert 'class="matrix tilted"' in few
    assert 'class="matrix tilted small"' in many
    assert "confused ones side by side" in many


def test_cells_lead_to_their_pictures() -> None:
    source = render_sample(30)
    page = PageReader(source)
    links = [str(one["href"])[1:] for one in page.all("a") if "cell-" in str(one["href"])]
    assert len(links) > 30
    assert set(links) <= set(page.ids)


def test_thousands_of_categories_show_the_weakest_and_the_most_frequent_mistakes() -> None:
    report = make_report(2000, n=4000)
    source = render_report(report)
    page = PageReader(source)
    assert "2,000 categories are too many for one readable matrix" in page.text
    assert "The 200 weakest; evaluation.json has all 2,000" in page.text
    assert "The 200 with the most training pictures" in page.text
    assert "2,400,000" in page.text  # of all, not of those shown
    assert len(source.encode()) < 2_000_000
    assert {str(link["href"])[1:] for link in page.all("a")} <= set(page.ids)


def test_categories_come_weakest_first() -> None:
    report = make_report(8, n=400)
    assert report.metrics is not None
    source = render_report(report)
    table = source[source.index('id="categories"') : source.index('id="matrix"')]
    cells = re.findall(r"<td>([\d.]+)%<span class=\"interval\">", table)
    recalls = [float(x) for x in cells[1::2]]  # each after the precision
    assert len(recalls) == 8
    assert recalls == sorted(recalls)


def test_example_pictures_are_small_jpegs_and_missing_ones_are_said() -> None:
    page = PageReader(render_sample())
    assert 12 <= len(page.all("img")) <= 60
    assert "picture not at hand" not in page.text
    without = PageReader(render_report(replace(make_report(), images=ImageSource(lambda _: {}))))
    assert not without.all("img")
    assert "picture not at hand" in without.text


def test_a_flawless_classifier_has_no_mistakes_to_show() -> None:
    report = make_report()
    flawless = report.predictions.with_columns(predicted=pl.col("label"))
    metrics = measure(flawless, report.labels, report.labels[0])
    page = PageReader(render_report(replace(report, predictions=flawless, metrics=metrics)))
    assert "got a wrong answer" in page.text
    assert len(page.all("img")) == 12  # right answers of three categories


def test_pictures_left_out_are_grouped_by_reason_and_twenty_are_shown() -> None:
    text = PageReader(render_sample()).text
    assert "duplicate of another picture: 30 pictures" in text
    assert "undecodable: 10 pictures" in text
    assert len(re.findall(r"bad-\d+\.jpg", text)) == 20


def test_an_empty_run_without_history_or_problems_still_has_a_page() -> None:
    report = make_report(2, n=1)
    bare = replace(
        report, history=None, problems=report.problems.clear(), facts={}, notes=(), baselines={}
    )
    text = PageReader(render_report(bare)).text
    assert "There is no training history" in text
    assert "No picture was left out." in text
    assert "Know this before you rely on it" not in text


def test_limits_tell_of_groups_and_of_categories_with_few_or_no_pictures() -> None:
    text = PageReader(render_report(make_report(9, n=12))).text
    assert "12 pictures come from 6 independent units" in text
    assert "too few for a firm figure" in text
    assert "Nothing is known about" in text


def test_pictures_of_no_category_are_counted_as_such() -> None:
    report = make_report()
    counts = report.counts.with_columns(pl.Series("label", [*report.labels[:2], None]))
    assert "(no category)" in render_report(replace(report, counts=counts))


def test_two_categories_of_one_name_are_told_apart_by_their_label() -> None:
    report = make_report()
    twins = dict.fromkeys(report.labels, "Twin")
    text = PageReader(render_report(replace(report, names=twins))).text
    assert "Twin (c000)" in text
    assert "Twin (c002)" in text


def test_the_same_run_gives_the_same_page() -> None:
    assert render_sample() == render_report(make_report())


def test_accuracy_without_known_copies_is_told_beside_the_headline() -> None:
    report = make_report()
    known = DuplicateCheck(3, 0, share_right(72, 90), share_right(69, 87), share_right(3, 3))
    page = PageReader(render_report(replace(report, copies=known)))
    assert "Training has seen 3 of them in another copy." in page.text
    assert page.text.count("79.3%") == 2
    assert "origins" in page.ids
    none = replace(known, n=0, without=known.all, copies=None)
    text = PageReader(render_report(replace(report, copies=none))).text
    assert "None of the test pictures has a near-duplicate in training." in text
    unknown = PageReader(render_report(replace(report, copies=replace(none, unknown=90)))).text
    assert "Nobody has looked for copies" in unknown
    assert "None of the test pictures has" not in unknown


def test_accuracy_by_origin_is_a_table_that_says_what_training_has_seen() -> None:
    rows = (
        SliceRow(HOSTILE, 1, 20, 0.5, 0.3, 0.7, 0),
        SliceRow(None, 4, 9, 0.6, 0.3, 0.8, 2),
        SliceRow(None, 0, 1, 1.0, 0.2, 1.0, 0),
    )
    slice_ = Slice("keyword", rows, 7, 5, 5)
    page = PageReader(render_report(replace(make_report(), slices=(slice_,))))
    assert "By keyword" in page.text
    assert "Training has seen no picture of these 5 values of keyword" in page.text
    assert "4 values with fewer than 5 pictures each" in page.text
    assert "7 better ones are not shown" in page.text
    assert HOSTILE in page.text
    assert len(page.all("caption")) == len(page.all("table"))
    seen = replace(slice_, unseen=0)
    text = PageReader(render_report(replace(make_report(), slices=(seen,)))).text
    assert "pixonomy split --hold-out keyword" in text


def test_products_of_several_pictures_are_told_in_every_pooling() -> None:
    report, share = make_report(), Share(40, 0.8, 0.65, 0.9, 40)
    poolings: tuple[Pooling, ...] = ("mean_log", "mean", "max")
    ways = tuple(Pooled(pooling, share, 0.7) for pooling in poolings)
    counts = (ImageCount(1, share, share), ImageCount(2, share, share))
    products = ProductCheck(40, 25, 1, ways, counts)
    page = PageReader(render_report(replace(report, products=products)))
    assert "25 products have several of" in page.text
    assert "1 group of pictures of different categories is left out" in page.text
    for name in ("mean log-probability", "mean probability", "highest probability"):
        assert name in page.text
    assert "By product" not in PageReader(render_report(report)).text


def test_levels_of_a_tree_and_suspected_labels_are_told_where_they_are_known() -> None:
    report, share = make_report(), Share(90, 0.9, 0.8, 0.95, 90)
    levels = (LevelShare(1, 2, share), LevelShare(2, 3, share))
    tree = Hierarchy(levels, 1.7, 0.6, 0.3)
    row = report.predictions.row(0, named=True)
    suspect = Suspect(row["image_id"], row["label"], report.labels[2], 0.031, "why")
    page = PageReader(
        render_report(replace(report, hierarchy=tree, label_issues=LabelIssues(7, (suspect,))))
    )
    assert "A wrong answer shares 0.60 of 2 levels with the truth" in page.text
    assert "7 wrong answers are more likely a wrong label" in page.text
    assert "(3.1% likely)" in page.text
    assert {"levels", "suspects"} <= set(page.ids)
    assert not {"levels", "suspects"} & set(PageReader(render_sample()).ids)


def make_unlearned_report(attention: Attention | None) -> Report:
    """A report of a classifier that always answers the most common category."""
    report = make_report()
    constant = report.predictions.with_columns(predicted=pl.lit(report.labels[0]))
    metrics = measure(constant, report.labels, report.labels[0])
    images = ImageSource(paint, attention=attention)
    return replace(report, predictions=constant, metrics=metrics, images=images)


def attend(shown: Mapping[str, np.ndarray], labels: Sequence[str]) -> dict[str, np.ndarray]:
    return {name: np.ones(image.shape[1:], np.float32) for name, image in shown.items()}


def test_at_the_baseline_no_maps_are_shown_and_the_page_says_why() -> None:
    learned = replace(make_report(), images=ImageSource(paint, attention=attend))
    assert "tinted where the answer comes from" in render_report(learned)
    page = PageReader(render_report(make_unlearned_report(attend)))
    assert (
        "Maps of where the network looks (Grad-CAM) are left out: it is no better than" in page.text
    )
    assert not [one for one in page.all("img") if "tinted" in str(one["alt"])]
    assert "That is not clearly better than always answering" in page.text
    assert "Grad-CAM" not in render_report(make_unlearned_report(None))


def test_the_line_below_the_title_tells_day_source_duration_and_command() -> None:
    page = PageReader(render_sample())
    start = page.text[page.text.index("Goals & more Made") :]
    assert start.startswith(
        "Goals & more Made on 2 May 2026 in 2 min 1 s, from pictures . All of it once more: "
        "pixonomy fit pictures -o run"
    )


def test_images_that_are_gone_are_shown_as_the_network_sees_them_and_that_is_said() -> None:
    lost = ImageSource(lambda _: {}, stand_ins=paint)
    text = PageReader(render_report(replace(make_report(), images=lost))).text
    assert re.search(r"\d+ pictures are shown as the network sees them", text)
    assert "as the network sees them" not in PageReader(render_sample()).text


def test_pictures_of_other_categories_count_among_the_verdicts() -> None:
    report = make_report()
    strangers = report.predictions.head(5).with_columns(
        label=pl.lit("zebra"), verdict=pl.Series(["none"] * 4 + ["sure"])
    )
    page = PageReader(render_report(replace(report, out_of_vocabulary=strangers)))
    assert "4, of which 4 rightly" in page.text
    assert "5 pictures of categories that it does not know among them" in page.text


def test_a_column_of_one_value_needs_no_table() -> None:
    rows = (SliceRow("commons", 1, 90, 0.5, 0.3, 0.7, 200),)
    page = PageReader(
        render_report(replace(make_report(), slices=(Slice("provider", rows, 0, 0, 1),)))
    )
    assert "All of the test pictures have one provider, commons" in page.text
    assert "by provider" not in page.text
