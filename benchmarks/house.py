"""How readable is the code? Sizes, circles, names and comments of a source tree, as JSON.

    python benchmarks/house.py                      # this checkout
    python benchmarks/house.py --source OTHER/src/pixonomy
    python benchmarks/house.py --fit PICTURES       # and how far it is from `fit` to the disk

Run it on two checkouts to see what a change of structure was worth. Words are counted where they
name something: modules, classes, functions, parameters and attributes that are assigned.
"""

import argparse
import ast
import json
import re
import statistics
import sys
import tempfile
import tokenize
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

# Names that a newcomer would have to learn, though the field has a word for each.
INVENTED = """
    agreement board box census contender copies cut deal dealt dice doubts elsewhere extents
    find finds foreign framing held hop hold judge kept ledger likeness look manners mark nobody
    origins partners parts patience pauses permute picture pictures placement repeats road room
    said salvage say scatter sift sightings sketches stock stretch stretches surroundings survey
    suspects taught tally tell telling throw told tones untaught variants walk winners
""".split()
# The same words where they are the field's own, plain English, or an option or JSON key that stays.
ORDINARY = re.compile(
    r"_?(remark_)?(hold|held)_?out(values|_line)?|_?is_held_out"  # group hold-out
    r"|(out_of_)?patience"  # of early stopping
    r"|scatter"  # a scatter matrix
    r"|(most_|count_)?parts"  # of a path, of an address, of an array; `--part k/n`
    r"|_?walk"  # as `os.walk`
    r"|salvage|framing|pictures(_per_category)?|by_pictures|told|kept|last_kept|sightings|repeats"
    r"|living_room|road|room|box|stretch"  # scenery and shapes of the drawn gallery
    r"|_?\w*box|scatter_tasks|scattertask|_scatter(_all)?"  # bounding boxes; scatter and gather
    r"|\w*kept\w*"  # what a saver agreed that the service keeps
    r"|_?placement"  # a column of `pairs.parquet`
    r"|picture"  # the element of HTML
    r"|(read|score)_held_out|heldoutrecord",
    re.IGNORECASE,
)
VERBS = ("find", "tell", "look", "mark")  # ordinary as the first word of a name
_PASSES_ON = re.compile(r"goes? in; .*comes? out|goes? in and comes? out", re.DOTALL)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def main() -> None:
    """Print the figures of one tree."""
    parser = argparse.ArgumentParser()
    default = Path(__file__).parents[1] / "src" / "pixonomy"
    parser.add_argument("--source", type=Path, default=default)
    parser.add_argument("--fit", type=Path, help="a folder of a few pictures to train on")
    asked = parser.parse_args()
    way = {} if asked.fit is None else measure_way(asked.fit)
    print(json.dumps(measure(asked.source) | way, indent=2))


def measure(source: Path) -> dict[str, object]:
    """Return all figures of the package in a folder."""
    files = sorted(path for path in source.rglob("*.py"))
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in files}
    functions = [one for tree in trees.values() for one in ast.walk(tree) if is_function(one)]
    lengths = sorted(count_lines(one) for one in functions)
    lines = {path: path.read_text(encoding="utf-8").count("\n") for path in files}
    names = Counter(path.stem for path in files if path.stem != "__init__")
    used = Counter(word for tree in trees.values() for word in words_of(tree))
    return {
        "files": len(files),
        "lines": sum(lines.values()),
        "largest file": max(lines.values()),
        "functions": len(functions),
        "function lines, median": statistics.median(lengths),
        "function lines, p90": lengths[int(0.9 * len(lengths))],
        "function lines, most": lengths[-1],
        "files in a circle of imports": count_in_circles(source, trees),
        "file names used twice": sum(count > 1 for count in names.values()),
        "Any per 100 functions": round(100 * count_any(trees.values()) / len(functions), 1),
        "invented words": sum(used[word] > 0 for word in INVENTED),
        "their uses": sum(used[word] for word in INVENTED),
        "docstrings that say what goes in and comes out": sum(
            bool(_PASSES_ON.search(ast.get_docstring(tree) or "")) for tree in trees.values()
        ),
        "comment share, %": round(100 * count_comments(files) / sum(lines.values()), 2),
        "comment share of models, %": share_of_comments(source / "models", lines),
    }


def measure_way(pictures: Path) -> dict[str, object]:
    """Return through how many files and packages a call of `fit` goes until a file is opened.

    Counted on the stack at each file that this process opens for writing below the run, in a
    training of one pass; the deepest one counts.
    """
    import pixonomy
    from pixonomy.verbs.fit import FitChoices
    from pixonomy.verbs.train import TrainChoices

    source = Path(pixonomy.__file__).parent
    deepest: tuple[str, ...] = ()

    def see(event: str, values: tuple[object, ...]) -> None:
        nonlocal deepest
        if event == "open" and str(values[0]).startswith(folder) and "r" not in str(values[1]):
            frames = [Path(frame.filename) for frame in traceback.extract_stack()]
            ours = [path for path in frames if path.is_relative_to(source)]
            passed = dict.fromkeys(str(path.relative_to(source)) for path in ours)
            deepest = max(deepest, tuple(passed), key=len)

    with tempfile.TemporaryDirectory() as folder:
        sys.addaudithook(see)
        training = TrainChoices("compact", changes={"epochs": 1, "size": 32})
        pixonomy.fit([pictures], Path(folder) / "run", FitChoices(training=training))
    packages = {one.partition("/")[0] for one in deepest}
    return {
        "files from fit to the disk": len(deepest),
        "packages": len(packages),
        "the way": " > ".join(deepest),
    }


def is_function(node: ast.AST) -> bool:
    """Tell whether a node is a function."""
    return isinstance(node, Function)


def count_lines(function: ast.AST) -> int:
    """Return the lines of a function without its docstring."""
    assert isinstance(function, Function)
    assert function.end_lineno is not None
    begin = function.lineno
    text = function.body[0]
    is_docstring = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    docstring = (text.end_lineno or 0) - text.lineno + 1 if is_docstring else 0
    return function.end_lineno - begin + 1 - docstring


def words_of(tree: ast.AST) -> Iterator[str]:
    """Yield the words of all names that a file gives, but of `ORDINARY` ones."""
    for name in names_of(tree):
        if not ORDINARY.fullmatch(name):
            first, *others = split_name(name)
            yield from others if first in VERBS else [first, *others]


def names_of(tree: ast.AST) -> Iterator[str]:
    """Yield all names that a file gives."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | Function):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr


def split_name(name: str) -> list[str]:
    """Return the words of a name in snake or camel case, in lower case."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_")


def count_any(trees: Iterable[ast.Module]) -> int:
    """Return how often `Any` is written in annotations and elsewhere, imports aside."""
    return sum(
        isinstance(node, ast.Name) and node.id == "Any" for tree in trees for node in ast.walk(tree)
    )


def count_comments(files: list[Path]) -> int:
    """Return how many lines hold a comment."""
    found = 0
    for path in files:
        with tokenize.open(path) as file:
            tokens = tokenize.generate_tokens(file.readline)
            found += len({one.start[0] for one in tokens if one.type == tokenize.COMMENT})
    return found


def share_of_comments(folder: Path, lines: dict[Path, int]) -> float:
    """Return the share of the lines of a folder that hold a comment, in percent."""
    files = [path for path in lines if path.is_relative_to(folder)]
    return round(100 * count_comments(files) / max(1, sum(lines[path] for path in files)), 2)


def count_in_circles(source: Path, trees: dict[Path, ast.Module]) -> int:
    """Return how many files can reach themselves by what is imported at the top of files."""
    names = {module_name(source, path): path for path in trees}
    leads_to = {
        module: {one for one in imported(trees[path], names) if one != module}
        for module, path in names.items()
    }
    return sum(module in reach(module, leads_to) for module in names)


def module_name(source: Path, path: Path) -> str:
    """Return the dotted name of a file."""
    parts = path.relative_to(source.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.Module, known: dict[str, Path]) -> Iterator[str]:
    """Yield the modules of the package that a file imports at its top."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            inner = [f"{node.module}.{one.name}" for one in node.names]
            yield from [one for one in (node.module, *inner) if one in known]


def reach(module: str, leads_to: dict[str, set[str]]) -> set[str]:
    """Return all that a module leads to."""
    found: set[str] = set()
    left = list(leads_to[module])
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left.extend(leads_to[one])
    return found


if __name__ == "__main__":
    main()
