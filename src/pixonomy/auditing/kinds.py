"""The kinds of findings an audit can have: their names, and how people are told of them."""

from dataclasses import dataclass

from pixonomy.errors import SettingError
from pixonomy.nearest_names import suggest


@dataclass(frozen=True)
class Kind:
    """One kind of finding.

    Attributes:
        name: in tables, in JSON and behind --apply.
        title: of its section on the page.
        meaning: what it is and why it matters, for somebody who trains a classifier the first time.
        advice: what to do about it; every second part between backticks is a command.
        noun, plural: what is counted; an empty plural is made with an s.
    """

    name: str
    title: str
    meaning: str
    advice: str
    noun: str = "picture"
    plural: str = ""

    @property
    def advised(self) -> list[tuple[str, bool]]:
        """The advice in parts: each with whether it is a command."""
        return [(part, place % 2 == 1) for place, part in enumerate(self.advice.split("`"))]


UNDECODABLE, DAMAGED = "undecodable", "damaged"
EXACT, NEAR = "exact_duplicates", "near_duplicates"
CONFLICTS, CATEGORY_LEAKS, SPLIT_LEAKS = "conflicting_labels", "category_leaks", "split_leaks"
LABEL_ISSUES, DOUBTFUL = "suspected_labels", "doubtful_labels"
BLANK, TINY = "blank", "tiny"
DARK, BRIGHT, BLURRED, ODD_SHAPE = "dark", "bright", "blurred", "odd_shape"

KINDS = {
    one.name: one
    for one in (
        Kind(
            LABEL_ISSUES,
            "Labels that look wrong",
            "A classifier that had not seen the picture finds another category likelier: often "
            "somebody put it into the wrong one. Wrong labels teach wrong things.",
            "Look at each, most suspicious first, and correct the label where it is wrong; some "
            "will be right and only unusual.",
        ),
        Kind(
            DOUBTFUL,
            "Labels to look at next",
            "A classifier that had not seen these is least sure of their labels. A few may be "
            "wrong; most are right, only hard to tell.",
            "Look at the first of them after the labels that look wrong, if there are any; stop "
            "where none is wrong any more.",
        ),
        Kind(
            CONFLICTS,
            "One picture, several labels",
            "The very same file stands in more than one category. At most one of them can be "
            "right, and a test that asks for the other counts an error that is none.",
            "Decide on one label for each and delete or relabel the other rows.",
        ),
        Kind(
            CATEGORY_LEAKS,
            "The same motif in several categories or keywords",
            "Copies of one picture, not all of them the same file, stand in more than one category "
            "(or were found by more than one keyword). They blur the line between the two.",
            "Keep the copy whose category fits best.",
            "group of copies",
            "groups of copies",
        ),
        Kind(
            SPLIT_LEAKS,
            "Copies on both sides of a split",
            "A picture to be tested on has a copy among those to be learnt from. The classifier "
            "knows the answer by heart, and its accuracy flatters.",
            "Split anew with `pixonomy split` from the marked manifest: it keeps copies together. "
            "Or leave the copies out of training with `--apply split_leaks`.",
            "group of copies",
            "groups of copies",
        ),
        Kind(
            EXACT,
            "Exact copies",
            "The same file again, byte by byte. Copies count one picture several times.",
            "Harmless as long as they are kept together, which `pixonomy split` does; "
            "`--apply exact_duplicates` leaves all but the first out.",
            "repeat",
        ),
        Kind(
            NEAR,
            "Near-copies",
            "The same picture, stored otherwise: smaller, cropped, framed, mirrored, recoloured. "
            "They count one picture several times, and leak between splits unnoticed.",
            "Harmless as long as they are kept together, which `pixonomy split` does; "
            "`--apply near_duplicates` leaves all but the first of each group out.",
            "near-copy",
            "near-copies",
        ),
        Kind(
            UNDECODABLE,
            "Files that are no pictures",
            "They are missing, cut short or of no known format. Nothing can be learnt from them.",
            "They are left out always. Fetch them anew if you need them.",
            "file",
        ),
        Kind(
            DAMAGED,
            "Pictures that may be damaged",
            "They can be read, but their bytes are not quite in order. Either a bad disk or "
            "transfer has made part of the picture garbage, or a careless program has left a few "
            "bytes too many and nothing can be seen of it.",
            "Look at each; fetch the bad ones anew, or leave them out with `--apply damaged`.",
        ),
        Kind(
            BLANK,
            "Blank pictures",
            "One colour all over, as a placeholder for a missing photograph is. (A white logo on "
            "transparent ground is blank too: pictures are laid on white.)",
            "Leave them out with `--apply blank`.",
        ),
        Kind(
            TINY,
            "Tiny pictures",
            "So few pixels that hardly anything can be seen: often an icon or a preview.",
            "Fetch a larger version, or leave them out with `--apply tiny`.",
        ),
        Kind(
            DARK,
            "Very dark pictures",
            "Even their lightest parts are nearly black.",
            "Leave them out with `--apply dark` if you cannot tell what they show.",
        ),
        Kind(
            BRIGHT,
            "Very bright pictures",
            "Even their darkest parts are nearly white. (A product on white is not meant: it "
            "has dark parts.)",
            "Leave them out with `--apply bright` if you cannot tell what they show.",
        ),
        Kind(
            BLURRED,
            "Blurred pictures",
            "Nothing in them is sharp, not even when they are looked at in a small size.",
            "Keep them if people will send you such pictures; else leave them out with "
            "`--apply blurred`.",
        ),
        Kind(
            ODD_SHAPE,
            "Odd shapes",
            "Very long or very high, as banners are. Made square for the network, they are "
            "squeezed beyond recognition.",
            "Crop them, or leave them out with `--apply odd_shape`.",
        ),
    )
}
"""In the order of the page: what needs a decision first."""

COUNTED = (
    EXACT, NEAR, CONFLICTS, CATEGORY_LEAKS, SPLIT_LEAKS, UNDECODABLE, DAMAGED, BLANK, TINY, DARK,
    BRIGHT, BLURRED, ODD_SHAPE, LABEL_ISSUES, DOUBTFUL,
)  # fmt: skip
"""In the order of the JSON object."""


def check_kinds(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the kinds that are to become problems, without repeats, in the order of `KINDS`.

    Raises:
        SettingError: if one is unknown.
    """
    for name in names:
        if name not in KINDS:
            raise SettingError(
                f"There are no findings called {name!r}; known are {', '.join(COUNTED)}."
                f"{suggest(name, KINDS)}"
            )
    return tuple(name for name in KINDS if name in names)
