"""Parts of a table of predictions: every picture, every product, in order, problems included."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import polars as pl
import pytest
from onnx import TensorProto, helper

from pixonomy.bundle.answer import classify_images
from pixonomy.bundle.load import Bundle, load_bundle, seal
from pixonomy.images.resize import RESIZE_VERSION
from pixonomy.prediction.groups import group_rows
from pixonomy.prediction.pooling import Pooling
from pixonomy.prediction.predict_groups import NEEDED, PartCounts, Predictor, predict_chunks
from pixonomy.storage.checkpoints import Checkpoints
from pixonomy.storage.files import hash_file
from pixonomy.storage.tables import scan_parquet

COLUMNS = [
    *("image_id", "group_id", "label", "predicted", "confidence", "verdict"),
    *("group_predicted", "problem"),
]
PROBABILITIES = ["probability_0", "probability_1", "probability_2"]

Write = Callable[..., Path]


@pytest.fixture
def bundle(fitted_run: Path) -> Bundle:
    return load_bundle(fitted_run)


def predicted(
    bundle: Bundle, manifest: Path, pooling: Pooling = "mean_log", size: int = 10, threads: int = 1
) -> pl.DataFrame:
    output = manifest.with_name(f"{pooling}-{size}-{threads}.parquet")
    parts = Checkpoints[PartCounts](output, {})
    with scan_parquet(manifest) as rows:
        grouped = group_rows(rows.select(NEEDED))
        predict_chunks(Predictor(bundle, Path("/"), pooling), grouped, parts, size, threads)
    parts.assemble({})
    return pl.read_parquet(output)


def test_the_table_has_a_row_a_picture_in_the_manifests_order(
    bundle: Bundle, mixed_images: list[Path], write_products: Write
) -> None:
    labels = [path.parent.name if n % 2 else None for n, path in enumerate(mixed_images)]
    manifest = write_products(mixed_images, label=labels)
    table = predicted(bundle, manifest)
    assert table.columns == [*COLUMNS, *PROBABILITIES]
    assert table["image_id"].to_list() == [f"picture {number}" for number in range(72)]
    assert table["group_id"].to_list() == [str(100 - number // 3) for number in range(72)]
    assert table["label"].to_list() == labels
    assert table["problem"].null_count() == 72


def test_answers_equal_those_of_classify(
    bundle: Bundle, mixed_images: list[Path], write_products: Write
) -> None:
    table = predicted(bundle, write_products(mixed_images))
    answers = classify_images(bundle, [path.read_bytes() for path in mixed_images])
    for row, answer in zip(table.iter_rows(named=True), answers, strict=True):
        assert row["predicted"] == answer.top[0]["label"]
        assert row["verdict"] == answer.verdict
        assert row["confidence"] == pytest.approx(answer.confidence, abs=1e-5)
        shares = {one["label"]: one["confidence"] for one in answer.top}
        given = [row[name] for name in PROBABILITIES]
        assert given == pytest.approx([shares[label] for label in bundle.labels], abs=1e-5)


@pytest.mark.parametrize("pooling", ["mean_log", "mean", "max"])
def test_products_take_the_category_that_their_pictures_have_by_hand(
    bundle: Bundle, mixed_images: list[Path], write_products: Write, pooling: Pooling
) -> None:
    table = predicted(bundle, write_products(mixed_images), pooling)
    for _, product in table.group_by("group_id"):
        categories = [product[name].to_list() for name in PROBABILITIES]
        values = {
            "mean_log": [sum(map(math.log, one)) / 3 for one in categories],
            "mean": [sum(one) / 3 for one in categories],
            "max": [max(one) for one in categories],
        }[pooling]
        winner = bundle.labels[values.index(max(values))]
        assert product["group_predicted"].to_list() == [winner] * 3


def test_the_ways_of_pooling_differ_on_these_products(
    bundle: Bundle, mixed_images: list[Path], write_products: Write
) -> None:
    manifest = write_products(mixed_images)
    by_mean, by_highest = (predicted(bundle, manifest, one) for one in ("mean_log", "max"))
    assert not by_mean["group_predicted"].equals(by_highest["group_predicted"])


def test_a_product_larger_than_a_part_and_than_a_stretch_is_pooled_as_one(
    bundle: Bundle, mixed_images: list[Path], write_products: Write
) -> None:
    groups = ["small"] * 2 + ["large"] * 1000 + ["last"] * 6
    table = predicted(bundle, write_products((mixed_images * 14)[:1008], groups), threads=2)
    large = table.filter(pl.col("group_id") == "large")
    logs = large.select(pl.col(PROBABILITIES).log().mean()).row(0)
    assert large.height == 1000
    assert large["group_predicted"].unique().to_list() == [bundle.labels[logs.index(max(logs))]]


def test_pictures_that_cannot_be_read_have_a_problem_and_no_answer(
    bundle: Bundle, mixed_images: list[Path], write_products: Write, tmp_path: Path
) -> None:
    (tmp_path / "text.jpg").write_text("text")
    odd = [tmp_path / "text.jpg", tmp_path / "nowhere.jpg"]
    paths = [*mixed_images[:3], *odd, mixed_images[3]]
    left_out = [None] * 5 + ["duplicate of picture 1"]
    table = predicted(bundle, write_products(paths, list("112234"), problem=left_out))
    assert table["problem"].to_list() == [
        *(None, None, None),
        "not a picture in a known format",
        "the file is missing",
        "duplicate of picture 1",
    ]
    answers = table.select("predicted", "confidence", "verdict", *PROBABILITIES)
    assert answers[:3].null_count().row(0) == (0,) * 6
    assert answers[3:].null_count().row(0) == (3,) * 6
    assert table["group_predicted"][3] == table["predicted"][2]  # its product's other picture
    assert table["group_predicted"][4:].to_list() == [None, None]


def test_without_one_readable_picture_the_columns_are_the_same(
    bundle: Bundle, write_products: Write, tmp_path: Path
) -> None:
    table = predicted(bundle, write_products([tmp_path / "nowhere.jpg"] * 3))
    assert table.columns == [*COLUMNS, *PROBABILITIES]
    assert table.schema["predicted"] == table.schema["group_predicted"] == pl.String
    assert table.schema["probability_2"] == pl.Float64
    assert table["predicted"].null_count() == 3


def test_products_torn_apart_in_the_manifest_are_pooled_once(
    bundle: Bundle, mixed_images: list[Path], write_products: Write
) -> None:
    groups = [str(100 - number // 3) for number in range(72)]
    order = np.random.default_rng(3).permutation(72)
    mixed = [mixed_images[place] for place in order], [groups[place] for place in order]
    whole = predicted(bundle, write_products(mixed_images, groups))
    torn = predicted(bundle, write_products(*mixed, "torn.parquet"), size=11)
    answers = [dict(one.select("group_id", "group_predicted").iter_rows()) for one in (whole, torn)]
    assert answers[0] == answers[1]
    assert list(answers[1]) == list(dict.fromkeys(mixed[1]))
    assert torn["group_id"].rle().len() == 24


def test_the_number_of_threads_changes_no_bit(
    bundle: Bundle, mixed_images: list[Path], write_products: Write
) -> None:
    manifest = write_products(mixed_images * 20)
    one, three = (predicted(bundle, manifest, size=700, threads=threads) for threads in (1, 3))
    assert one.equals(three)


def write_linear_bundle(folder: Path, categories: int) -> Path:
    """Write a bundle of one random matrix over pictures of 8 pixels."""
    kernel = np.random.default_rng(0).normal(0, 0.002, (192, categories)).astype(np.float32)
    floats = TensorProto.FLOAT
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["images"], ["floats"], to=floats),
            helper.make_node("Flatten", ["floats"], ["embedding"]),
            helper.make_node("MatMul", ["embedding", "kernel"], ["logits"]),
        ],
        "linear",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", 3, 8, 8])],
        [
            helper.make_tensor_value_info("logits", floats, ["n", categories]),
            helper.make_tensor_value_info("embedding", floats, ["n", 192]),
        ],
        [onnx.numpy_helper.from_array(kernel, "kernel")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    folder.mkdir()
    onnx.save(model, folder / "model.onnx")
    labels = [str(1_000_000_000 + number) for number in range(categories)]
    about = {
        "schema_version": 1,
        "labels": [{"label": label, "name": label} for label in labels],
        "preprocessing": {"size": 8, "fit": "stretch", "resize_version": RESIZE_VERSION},
        "calibration": {"temperature": 2.0, "sure": 0.9, "none_energy": None, "n": 100},
        "hashes": {"model.onnx": hash_file(folder / "model.onnx")},
    }
    (folder / "bundle.json").write_text(json.dumps(seal(about)))
    return folder


def test_of_200_categories_the_ten_likeliest_are_told(
    mixed_images: list[Path], write_products: Write, tmp_path: Path
) -> None:
    bundle = load_bundle(write_linear_bundle(tmp_path / "bundle", 200))
    paths = mixed_images[:5]
    table = predicted(bundle, write_products([*paths, tmp_path / "nowhere.jpg"], list("aabbcc")))
    tops = [name for n in range(1, 11) for name in (f"top_{n}", f"top_{n}_probability")]
    assert table.columns == [*COLUMNS, *tops]
    answers = classify_images(bundle, [path.read_bytes() for path in paths])
    for row, answer in zip(table[:5].iter_rows(named=True), answers, strict=True):
        assert [row[f"top_{n}"] for n in range(1, 6)] == [one["label"] for one in answer.top]
        shares = [row[f"top_{n}_probability"] for n in range(1, 6)]
        assert shares == pytest.approx([one["confidence"] for one in answer.top], abs=1e-5)
        assert (row["top_1"], row["top_1_probability"]) == (row["predicted"], row["confidence"])
    assert table[5].select(tops).null_count().row(0) == (1,) * 20
    assert table["group_predicted"].null_count() == 0
