"""Tables whose paths were right on another machine, and those that name no file at all."""

import base64
import unicodedata
from collections.abc import Callable
from pathlib import Path

import polars as pl

from people.conftest import Case, Cases, Named, check, fill, image, put

CASES = Cases()
LABELS, COUNT = ("cat", "dog"), 3
PETS = dict.fromkeys(LABELS, COUNT)


def put_table(
    here: Path, write: Callable[[str], str], table: str = "t.csv", ending: str = ".jpg"
) -> Path:
    """Write pictures to `pics/cat/000.jpg` …, and a table that has other paths for them."""
    lines = ["path,label"]
    for label in LABELS:
        fill(here / "pics" / label, label, COUNT, ending=ending)
        lines += [f"{write(f'pics/{label}/{n:03d}{ending}')},{label}" for n in range(COUNT)]
    return put(here / table, "\n".join(lines))


# fizyr/keras-retinanet#347, emedvedev/attention-ocr#65, DeepLabCut/DeepLabCut#1569
@CASES.add("backslashes", PETS, told=("backslash",))
def _(here: Path) -> Named:
    return put_table(here, lambda path: path.replace("/", "\\"))


@CASES.add("a drive and a folder of another machine", PETS, told=(r"C:",))
def _(here: Path) -> Named:
    return put_table(here, lambda path: "C:\\Users\\me\\data\\" + path.replace("/", "\\"))


@CASES.add("a home folder of another machine", PETS, told=("/home/ann",))
def _(here: Path) -> Named:
    return put_table(here, lambda path: f"/home/ann/work/{path}")


@CASES.add("a notebook service's /kaggle/input", PETS, told=("/kaggle/input",))
def _(here: Path) -> Named:
    return put_table(here, lambda path: f"/kaggle/input/pets/{path}")


@CASES.add("other capital letters", PETS, told=("capital|case",))
def _(here: Path) -> Named:
    return put_table(here, lambda path: path.replace("pics", "Pics").replace(".jpg", ".JPG"))


@CASES.add("no ending", PETS, told=("ending",))
def _(here: Path) -> Named:
    return put_table(here, lambda path: path.removesuffix(".jpg"))


@CASES.add(
    "another ending than the files have", refused=(r"pics/cat/000\.png", "exist|there|found")
)
def _(here: Path) -> Named:
    return put_table(here, lambda path: path.replace(".jpg", ".png"))


@CASES.add("file:// of this machine", PETS)
def _(here: Path) -> Named:
    return put_table(here, lambda path: (here / path).as_uri())


@CASES.add("file:// of a Windows machine", PETS, told=("file://",))
def _(here: Path) -> Named:
    return put_table(here, lambda path: f"file:///D:/pets/{path}")


@CASES.add("percent signs", {"cat": 1, "dog": 1}, told=("%20",))
def _(here: Path) -> Named:
    put(here / "my pics" / "cat é.jpg", image("cat"))
    put(here / "my pics" / "100%25 dog.jpg", image("dog"))
    lines = ("path,label", "my%20pics/cat%20%C3%A9.jpg,cat", "my pics/100%25 dog.jpg,dog")
    return put(here / "t.csv", "\n".join(lines))


@CASES.add("a slash in front", PETS, told=("slash",))
def _(here: Path) -> Named:
    return put_table(here, lambda path: f"/{path}")


@CASES.add("./ in front", PETS)
def _(here: Path) -> Named:
    return put_table(here, lambda path: f"./{path}")


@CASES.add("the folder of the table in front", PETS, told=("dataset/",))
def _(here: Path) -> Named:
    return put_table(here / "dataset", lambda path: f"dataset/{path}")


@CASES.add("a table in a folder beside the pictures", PETS, told=("found",))
def _(here: Path) -> Named:
    return put_table(here, str, "annotations/t.csv")


@CASES.add("file names alone, of pictures one folder below", PETS, told=("found|images",))
def _(here: Path) -> Named:
    lines = ["filename,class"]
    for number, label in enumerate(LABELS):
        fill(here / "images", label, COUNT, start=10 * number)
        lines += [f"{10 * number + n:03d}.jpg,{label}" for n in range(COUNT)]
    return put(here / "labels.csv", "\n".join(lines))


@CASES.add("the root is named", PETS, columns={"root": "elsewhere"})
def _(here: Path) -> Named:
    put_table(here / "elsewhere", str)
    return (here / "elsewhere" / "t.csv").rename(here / "t.csv")


@CASES.add("names that a Mac has written, files that Linux has", {"pâté": 3}, told=("Unicode",))
def _(here: Path) -> Named:
    fill(here / "pâté", "pâté")
    lines = ["path,label", *(f"pâté/{n:03d}.jpg,pâté" for n in range(3))]
    return put(here / "t.csv", unicodedata.normalize("NFD", "\n".join(lines)))


@CASES.add("files that a Mac has written, names that Windows has", {"pâté": 3}, told=("Unicode",))
def _(here: Path) -> Named:
    fill(here / unicodedata.normalize("NFD", "pâté"), "pâté")
    lines = ["path,label", *(f"pâté\\{n:03d}.jpg,pâté" for n in range(3))]
    return put(here / "t.csv", "\n".join(lines).encode("cp1252"))


@CASES.add("numbers as floats for names", {"cat": 1, "dog": 1}, told=("ending",))
def _(here: Path) -> Named:
    put(here / "1000003437.jpg", image("cat"))
    put(here / "12.jpg", image("dog"))
    rows = pl.DataFrame({"image_id": [1000003437.0, 12.0], "label": LABELS})
    rows.write_parquet(here / "t.parquet")
    return here / "t.parquet"


@CASES.add("two of eight files do not exist", PETS, problems=2, missing=2, told=("missing",))
def _(here: Path) -> Named:
    path = put_table(here, str)
    return put(path, path.read_text() + "\npics/cat/9.jpg,cat\npics/dog/9.jpg,dog")


@CASES.add("no file exists", refused=("none|no file", r"old/pics/cat/000\.jpg"))
def _(here: Path) -> Named:
    put_table(here / "gone", str)
    path = put_table(here, lambda path: f"old/{path.replace('000', '000')}").read_text()
    (here / "pics").rename(here.parent / "pics of before")
    (here / "gone").rename(here.parent / "gone")
    return put(here / "t.csv", path)


@CASES.add("two files that differ in capitals could be meant", problems=1, told=("several|both",))
def _(here: Path) -> Named:
    put(here / "A.jpg", image("cat"))
    put(here / "a.JPG", image("cat", 1))
    put(here / "b.jpg", image("dog"))
    return put(here / "t.csv", "path,label\na.jpg,cat\nb.jpg,dog")


@CASES.add("two pictures in a cell", refused=("several|two", r"000\.jpg"))
def _(here: Path) -> Named:
    return put_table(here, lambda path: f"{path}|{path.replace('000', '001')}")


@CASES.add("pictures as base64 in a cell", refused=("base64",))
def _(here: Path) -> Named:
    text = base64.b64encode(image("cat")).decode()
    return put(here / "t.csv", f"image,label\n{text},cat\n{text},cat\n")


@CASES.add("pictures as data: in a cell", refused=("base64|data:",))
def _(here: Path) -> Named:
    text = base64.b64encode(image("cat")).decode()
    return put(here / "t.csv", f'image,label\n"data:image/jpeg;base64,{text}",cat\n')


@CASES.add("web addresses alone", refused=("address", "collect"))
def _(here: Path) -> Named:
    return put(here / "t.csv", "url,label\nhttps://example.org/1.jpg,cat\n")


@CASES.add("web addresses in the column of paths", refused=("address|https",))
def _(here: Path) -> Named:
    return put(here / "t.csv", "image,label\nhttps://example.org/1.jpg,cat\n")


@CASES.add("no column of paths", refused=("--path-column", "who", "label"))
def _(here: Path) -> Named:
    return put(here / "t.csv", "who,label\nann,cat\n")


@CASES.add("one picture with two labels", told=("twice|several|two rows|different|differ",))
def _(here: Path) -> Named:
    path = put_table(here, str)
    return put(path, path.read_text() + "\npics/cat/000.jpg,dog")


@CASES.add("steps up", PETS)
def _(here: Path) -> Named:
    path = put_table(here, lambda path: f"../{path}")
    return put(here / "tables" / "t.csv", path.read_bytes())


@CASES.add("blanks around paths", PETS)
def _(here: Path) -> Named:
    return put_table(here, lambda path: f"  {path} ")


@CASES.add("no ending, where two endings are there", problems=1, told=("several",))
def _(here: Path) -> Named:
    put(here / "1.jpg", image("cat"))
    put(here / "1.png", image("cat", 1, "PNG"))
    put(here / "2.jpg", image("dog"))
    return put(here / "t.csv", "path,label\n1,cat\n2,dog\n")


@CASES.add("a folder of another machine and other capitals and no ending at once", PETS)
def _(here: Path) -> Named:
    return put_table(here, lambda path: "D:\\X\\" + path.upper().replace("/", "\\")[:-4])


@CASES.add("a picture that is a folder", {"dog": 1}, problems=1)
def _(here: Path) -> Named:
    (here / "cat.jpg").mkdir()
    put(here / "dog.jpg", image("dog"))
    return put(here / "t.csv", "path,label\ncat.jpg,cat\ndog.jpg,dog\n")


@CASES.each()
def test_tables_whose_paths_were_right_elsewhere(case: Case, tmp_path: Path) -> None:
    check(case, tmp_path)
