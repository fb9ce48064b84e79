"""What the verbs return that look after data: manifests, arrays, audits, pages and copies."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pixonomy.results.json_record import LEFT_OUT_WHEN_NONE, Result
from pixonomy.results.word_results import WordCheck


@dataclass(frozen=True, kw_only=True)
class Damage(Result):
    """Where a source is broken.

    Attributes:
        offset: in bytes.
        message: what is broken there, with the source's name.
    """

    offset: int
    message: str


@dataclass(frozen=True, kw_only=True)
class ManifestResult(Result):
    """What a manifest holds; `index` returns it.

    Attributes:
        manifest: the path of the Parquet file.
        rows: images, with and without a problem.
        groups: products and the like; an image without a group counts as one.
        categories: different labels.
        problems: rows that are left out.
        splits: usable rows of train, validation and test.
        labels: rows of the 100 most frequent labels, the most frequent first.
        passed_over: files that are no images, by reason.
        missing: files that are named and not there.
        damage: places at which sources are broken.
    """

    manifest: str
    rows: int
    groups: int
    categories: int
    problems: int
    splits: Mapping[str, int]
    labels: Mapping[str, int]
    passed_over: Mapping[str, int]
    missing: int
    damage: tuple[Damage, ...]


@dataclass(frozen=True, kw_only=True)
class HeldOutValues(Result):
    """Values of a column (keywords, providers) that are tested and not learnt.

    Attributes:
        column: the column's name.
        values: how many values there are in train, validation and test.
        test, validation: these values, the first hundred of them.
        without_value: images without a value; they are not tested.
        untested: labels that have no test image.
        single: those of them with one value or none.
        kept: those of them that stay in training although all their values are held out.
        replaced: images that had a split before.
    """

    column: str
    values: Mapping[str, int]
    test: tuple[str, ...]
    validation: tuple[str, ...]
    without_value: int
    untested: tuple[str, ...]
    single: tuple[str, ...]
    kept: tuple[str, ...]
    replaced: int


@dataclass(frozen=True, kw_only=True)
class SplitResult(ManifestResult):
    """A manifest with splits; `split` returns it.

    Attributes:
        held_out: only where values were held out.
    """

    held_out: HeldOutValues | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)


@dataclass(frozen=True, kw_only=True)
class JoinedManifest(Result):
    """One of the manifests that were joined.

    Attributes:
        manifest: its path.
        rows: its rows.
        shared: those of them that are no rows of their own now: an earlier manifest has the image.
        image_prefix, group_prefix: what its ids begin with now; "" where they stay.
        repeated_images, repeated_groups: its ids that an earlier manifest has for something else.
    """

    manifest: str
    rows: int
    shared: int
    image_prefix: str
    group_prefix: str
    repeated_images: int
    repeated_groups: int


@dataclass(frozen=True, kw_only=True)
class JoinResult(ManifestResult):
    """Several manifests as one; `join` returns it.

    Attributes:
        joined: the manifests, in the order in which they were named.
        shared_images: images that stand in several of them; each is one row.
        conflicting_labels: of these, images with several labels.
        reviewed_labels: of these, images whose label became that of a reviewer.
        conflicting_splits: of these, images with several splits; the later one counts.
        left_out: of these, images that one manifest leaves out and another does not; they stay out.
        united_groups: groups that became part of another one, for they share an image.
        notes: what was done, in sentences.
    """

    joined: tuple[JoinedManifest, ...]
    shared_images: int
    conflicting_labels: int
    reviewed_labels: int
    conflicting_splits: int
    left_out: int
    united_groups: int
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SampledCategory(Result):
    """One category of a sample.

    Attributes:
        label: the category.
        name: its name for people.
        asked, had: products asked for, and had.
        pictures: images of those that were had.
    """

    label: str
    name: str
    asked: int
    had: int
    pictures: int


@dataclass(frozen=True, kw_only=True)
class SampleResult(ManifestResult):
    """A part of a manifest; `sample` returns it.

    Attributes:
        repeats: images of these categories that repeat another; only where these are dropped.
        sampled: every category of the sample.
    """

    repeats: int | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)
    sampled: tuple[SampledCategory, ...]


@dataclass(frozen=True, kw_only=True)
class PrepareResult(Result):
    """Decoded, resized images; `prepare` returns it.

    Attributes:
        arrays: the folder.
        rows: images in it.
        problems: images that could not be decoded.
        sizes: sides of the squares, in pixels.
        seconds: how long this call took.
        images_per_second: rows a second of this call.
    """

    arrays: str
    rows: int
    problems: int
    sizes: tuple[int, ...]
    seconds: float
    images_per_second: float


@dataclass(frozen=True, kw_only=True)
class AuditResult(Result):
    """What is wrong with images and labels; `audit` returns it.

    Attributes:
        manifest: the marked manifest.
        page: the HTML page of findings.
        seconds: how long this call took.
        findings: how many there are of each kind, see `auditing.findings.count_findings`.
        notes: sentences about what could not be found out.
    """

    manifest: str
    page: str
    seconds: float
    findings: Mapping[str, int]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class BrowseResult(Result):
    """A page to look at before training; `browse` returns it.

    Attributes:
        page: the HTML page.
        rows, groups, categories, problems: as in a manifest's result.
    """

    page: str
    rows: int
    groups: int
    categories: int
    problems: int


@dataclass(frozen=True, kw_only=True)
class ExportResult(Result):
    """A copy for other programs; `export` returns it.

    Attributes:
        export: the folder.
        rows: images in it.
        problems: rows left out.
        splits: rows of train, validation and test.
        files: shards, or in a folder the images.
        seconds: how long this call took.
    """

    export: str
    rows: int
    problems: int
    splits: Mapping[str, int]
    files: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class CatalogueResult(Result):
    """A drawn catalogue; `draw_catalogue` returns it.

    Attributes:
        catalogue: the BSON file.
        categories: the CSV of its categories.
        products, pictures: how many it holds.
    """

    catalogue: str
    categories: str
    products: int
    pictures: int


@dataclass(frozen=True, kw_only=True)
class GoalCheck(Result):
    """What the goals of a taxonomy rest on.

    Attributes:
        count: how many there are.
        sourced: how many have a source.
        guesses: names of those whose sums have none.
        without_sum: names of those without any sum.
        old: names, each with its year, of those whose figures are over three years old.
    """

    count: int
    sourced: int
    guesses: tuple[str, ...]
    without_sum: tuple[str, ...]
    old: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TaxonomyResult(Result):
    """A file of categories and keywords; `init_taxonomy` and `check_taxonomy` return it.

    Attributes:
        taxonomy: the TOML file.
        categories, keywords: how many it names.
        words: what its words can tell apart; `init_taxonomy` leaves it out.
        goals: what its goals rest on, where it has some; `init_taxonomy` leaves it out.
    """

    taxonomy: str
    categories: int
    keywords: int
    words: WordCheck | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)
    goals: GoalCheck | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)
