"""Folders of pictures with what others have left there: thumbnails, plots, films, boxes, notes.

"Packable" cases are indexed a second and a third time, as a zip and as a tar.
"""

from pathlib import Path

from people.conftest import Case, Cases, check, fill, fill_all, image, put

CASES = Cases()
CATS, PETS = {"cat": 6, "dog": 6}, ("cat", "dog")


@CASES.add(
    "a third folder with pictures to predict, beside seg_train/seg_train",
    CATS,
    splits=(8, 0, 4),
    told=("seg_pred|beside",),
    is_packable=True,
)
def _(here: Path) -> None:
    fill_all(here / "seg_train" / "seg_train", PETS, 4)
    fill_all(here / "seg_test" / "seg_test", PETS, 2, start=4)
    fill(here / "seg_pred" / "seg_pred", "unknown")


@CASES.add(
    "plots and runs of a trainer beside train and val",
    CATS,
    splits=(8, 4, 0),
    told=("runs/ beside train/ and val/ 1",),
    is_packable=True,
)
def _(here: Path) -> None:
    fill_all(here / "train", PETS, 4)
    fill_all(here / "val", PETS, 2, start=4)
    put(here / "labels.jpg", image("plot"))
    put(here / "runs" / "classify" / "train" / "train_batch0.jpg", image("plot", 1))
    put(here / "README.md", "# pets")


# photoprism/photoprism#555: three times as many photographs as there are.
@CASES.add(
    "a storage box with @eaDir, #recycle and $RECYCLE.BIN",
    {"cat": 3, "dog": 3},
    told=("hidden or system",),
    is_packable=True,
)
def _(here: Path) -> None:
    fill_all(here, PETS)
    for folder in ("cat/@eaDir/000.jpg", "#recycle", "$RECYCLE.BIN/S-1-5-21", "dog/@eaDir/1.jpg"):
        put(here / folder / "SYNOPHOTO_THUMB_S.jpg", image("thumb"))


# bghira/SimpleTuner#94: a notebook's copies inside the folder of the data set.
@CASES.add(
    "leftovers of a Mac, of Windows, of a notebook and of an office",
    {"cat": 3, "dog": 3},
    told=("hidden or system",),
    is_packable=True,
)
def _(here: Path) -> None:
    fill_all(here, PETS)
    fill(here / "cat" / ".ipynb_checkpoints", "cat")
    fill(here / ".ipynb_checkpoints", "cat")
    for name in ("__MACOSX/cat/._000.jpg", "dog/._000.jpg", "dog/~$001.jpg"):
        put(here / name, b"\0\5\x16\7\0\2\0\0Mac OS X")
    for name in (".DS_Store", "cat/Thumbs.db", "cat/desktop.ini"):
        put(here / name, b"\0\0\0\1Bud1")


@CASES.add(
    "photographs taken out of a cloud, each with its .json, and films",
    {"cat": 3, "dog": 3},
    passed_over={".json": 6, ".mov": 1, ".aae": 1},
    told=("film",),
    is_packable=True,
)
def _(here: Path) -> None:
    fill_all(here / "Takeout" / "Photos", PETS)
    for label in PETS:
        for number in range(3):
            put(here / f"Takeout/Photos/{label}/{number:03d}.jpg.supplemental-metadata.json", "{}")
    put(here / "Takeout/Photos/cat/000.MOV", b"\0\0\0\x14ftypqt  \0\0\0\0qt  ")
    put(here / "Takeout/Photos/cat/000.AAE", "<?xml version='1.0'?><plist/>")


@CASES.add(
    "an empty folder, and one of phone photographs alone",
    {"cat": 3, "dog": 3},
    passed_over={".heic": 4},
    told=("empty folders: boats", "HEIC", "without pictures: pets"),
)
def _(here: Path) -> None:
    fill_all(here, PETS)
    (here / "boats").mkdir()
    for name in ("pets/IMG_1.HEIC", "pets/IMG_2.HEIC", "pets/IMG_3.heic", "cat/IMG_4.HEIC"):
        put(here / name, b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(400))


@CASES.add("masks beside the pictures", {"cat": 3, "dog": 3}, is_packable=True)
def _(here: Path) -> None:
    fill_all(here / "images", PETS)
    for label in PETS:
        fill(here / "masks" / label, "mask", ending=".png")


def put_boxes(here: Path, classes: tuple[str, str]) -> None:
    for number, boxes in enumerate(classes):
        for split in ("train", "val"):
            label, name = PETS[number], f"{number}{split}"
            put(here / "images" / split / f"{name}.jpg", image(label, number))
            put(here / "labels" / split / f"{name}.txt", boxes)
    put(here / "data.yaml", "names: [cat, dog]\nnc: 2\n")


@CASES.add("boxes of one class a picture", {"cat": 2, "dog": 2}, splits=(2, 2, 0))
def _(here: Path) -> None:
    put_boxes(here, ("0 .5 .5 .2 .2\n0 .1 .1 .1 .1\n", "1 .5 .5 .2 .2\n"))


@CASES.add("boxes of several classes a picture", refused=("labels", r"1?train\.txt|1val", "class"))
def _(here: Path) -> None:
    put_boxes(here, ("0 .5 .5 .2 .2\n", "1 .5 .5 .2 .2\n0 .1 .1 .1 .1\n"))


@CASES.add(
    "pictures for a detector with one large .json", refused=("train", "json|annotations", "table")
)
def _(here: Path) -> None:
    fill(here / "train2017", "cat")
    fill(here / "val2017", "dog")
    put(here / "annotations" / "instances_train2017.json", '{"images": []}')


@CASES.add(
    "a labelling service's _classes.csv in each split folder",
    CATS,
    splits=(8, 4, 0),
    told=("_classes",),
)
def _(here: Path) -> None:
    for split, start, count in (("train", 0, 4), ("valid", 4, 2)):
        lines = ["filename, cat, dog"]
        for label in PETS:
            for number in range(start, start + count):
                name = f"{label}_{number}.rf.0a.jpg"
                put(here / split / name, image(label, number))
                lines.append(f"{name}, {int(label == 'cat')}, {int(label == 'dog')}")
        put(here / split / "_classes.csv", "\n".join(lines))


@CASES.add("a preview beside the one folder that holds everything", CATS, told=("beside|preview",))
def _(here: Path) -> None:
    fill_all(here / "dataset", PETS, 6)
    put(here / "preview.jpg", image("plot"))


@CASES.add("screenshots in docs beside the data", told=("'?data'? .*20 of 21|beside data",))
def _(here: Path) -> None:
    fill_all(here / "data", PETS, 10)
    put(here / "docs" / "screenshot.png", image("plot", format="PNG"))


# The pets that a well-known course downloads: one file is empty, a document lies beside.
@CASES.add(
    "an empty picture file and a document",
    {"cat": 3, "dog": 3},
    problems=1,
    told=("empty", r"\.docx"),
    is_packable=True,
)
def _(here: Path) -> None:
    fill_all(here / "PetImages", PETS)
    put(here / "PetImages" / "cat" / "666.jpg")
    put(here / "readme[1].docx", "PK\3\4")


@CASES.add(
    "loose pictures beside the categories, one folder down",
    CATS,
    unlabelled=3,
    told=("no category",),
    is_packable=True,
)
def _(here: Path) -> None:
    fill_all(here / "dataset", PETS, 6)
    fill(here / "dataset", "unknown")


@CASES.add(
    "all pictures once more, and pictures to predict, beside the splits",
    CATS,
    splits=(8, 4, 0),
    told=("all/ beside .* 12", "unlabeled/ beside .* 4"),
    is_packable=True,
)
def _(here: Path) -> None:
    fill_all(here / "train", PETS, 4)
    fill_all(here / "val", PETS, 2, start=4)
    fill_all(here / "all", PETS, 6)
    fill(here / "unlabeled", "unknown", 4)


@CASES.add("names that addresses and shells know", {"100% cat #1?": 3, "🐱": 4}, is_packable=True)
def _(here: Path) -> None:
    fill_all(here, ("100% cat #1?", "🐱"))
    put(here / "🐱" / "a%20b&c=d;'$(x).jpg", image("🐱", 9))


@CASES.add("folders called like nothing", {"NA": 3, "null": 3, "nan": 3, "None": 3})
def _(here: Path) -> None:
    fill_all(here, ("NA", "null", "nan", "None"))


@CASES.add(
    "pictures to test on, all in one folder called unknown",
    {"cat": 3, "dog": 3, "unknown": 3},
    splits=(6, 0, 3),
    told=("unknown",),
)
def _(here: Path) -> None:
    fill_all(here / "Train", PETS)
    fill(here / "Test" / "unknown", "unknown")


@CASES.each()
def test_folders_with_what_others_left(case: Case, tmp_path: Path) -> None:
    check(case, tmp_path)


@CASES.each(are_packed=True)
def test_the_same_leftovers_in_a_zip(case: Case, tmp_path: Path) -> None:
    check(case, tmp_path, ".zip")


@CASES.each(are_packed=True)
def test_the_same_leftovers_in_a_tar(case: Case, tmp_path: Path) -> None:
    check(case, tmp_path, ".tar")
