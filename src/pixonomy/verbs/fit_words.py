"""Makes a bundle from the words of a taxonomy, without one image."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pixonomy.bundle.word_bundle import write_word_bundle
from pixonomy.bundle.word_network import SIZE, WordNetwork, open_encoder, open_imagenet
from pixonomy.dataset.category import Category
from pixonomy.dataset.read_taxonomy import read_taxonomy
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.errors import SettingError
from pixonomy.evaluation.word_card import write_word_card
from pixonomy.images.resize import DEFAULT_FIT, ResizeSpec
from pixonomy.progress import Context
from pixonomy.results.word_results import FitWordsResult, WordCheck
from pixonomy.semantic_prior.encoder_folder import find_encoder
from pixonomy.semantic_prior.prior import PRIOR_VERSION
from pixonomy.semantic_prior.word_check import check_words
from pixonomy.storage.address import require_local
from pixonomy.storage.files import (
    existing_path,
    hash_file,
    printable,
    write_json,
    write_text,
)
from pixonomy.verbs.words_run import (
    BUNDLE,
    CARD,
    RECORD,
    STAGE,
    WordsFingerprint,
    clear_words,
    words_artefact,
)

_DEFAULT = Context()
_IMAGENET, _NONE = "imagenet", "none"


@dataclass(frozen=True)
class WordChoices:
    """What turns words into answers.

    Attributes:
        weights: of MobileNetV2, see `TrainChoices`; None: `imagenet`.
        encoder: a folder of a text-image encoder, used instead; see `find_encoder`.
    """

    weights: str | None = None
    encoder: Path | None = None

    @property
    def answers_by(self) -> str:
        """What the result and the card say."""
        return "imagenet classes" if self.encoder is None else "encoder"


def fit_words(
    taxonomy: Path,
    output: Path,
    choices: WordChoices | None = None,
    overwrite: bool = False,
    context: Context = _DEFAULT,
) -> FitWordsResult:
    """Write a bundle that answers by the words of a taxonomy, and its model card.

    Args:
        taxonomy: a file of categories with keywords, or names at least.
        output: a folder, for `bundle` and the card.

    Returns:
        A FitWordsResult.

    Raises:
        SettingError: if a choice is wrong, `output` is something else, there are fewer than two
            categories, or of no two of them a word is known.
    """
    require_local(output)
    began = time.monotonic()
    choices = choices or WordChoices()
    tree = read_taxonomy(taxonomy)
    categories = tree.leaf_categories
    check = None if choices.encoder is not None else check_words(categories)
    _require_two(categories, check, taxonomy)
    fingerprint = _fingerprint(categories, choices)
    artefact = words_artefact(output)
    # What a failed call has left binds nobody: no more than seconds of work are in it.
    anew = overwrite or not artefact.is_whole()
    artefact.make(
        fingerprint,
        lambda: clear_words(output),
        lambda: _write(tree, categories, choices, check, output, fingerprint, taxonomy.stem),
        anew,
        context.report,
    )
    for message in check.messages if check is not None else ():
        context.report(message)
    return FitWordsResult(
        taxonomy=printable(taxonomy),
        run=printable(output),
        bundle=printable(output / BUNDLE),
        card=printable(output / CARD),
        answers_by=choices.answers_by,
        categories=len(categories),
        words=check,
        seconds=round(time.monotonic() - began, 2),
    )


def _require_two(categories: Sequence[Category], check: WordCheck | None, taxonomy: Path) -> None:
    unknown = len(check.without_words) if check is not None else 0
    if len(categories) - unknown < 2:
        raise SettingError(
            f"{printable(taxonomy)} has {len(categories)} categories, and of {unknown} no word is "
            "known: words alone need two at least whose words are English nouns; give keywords, "
            "or images."
        )


def _fingerprint(categories: Sequence[Category], choices: WordChoices) -> WordsFingerprint:
    return {
        "stage": STAGE,
        "words": [[one.id, one.name, list(one.keywords)] for one in categories],
        "network": _identify(choices),
        "version": PRIOR_VERSION,
    }


def _identify(choices: WordChoices) -> list[str]:
    if choices.encoder is not None:
        files = find_encoder(choices.encoder)
        hashes = [hash_file(one) for one in (files.image, files.text, files.tokenizer)]
        return [*hashes, repr(files.preprocessing)]
    weights = choices.weights or _IMAGENET
    if weights == _NONE:
        raise SettingError(
            "Words need a pretrained network: give --weights imagenet or a file, or an encoder."
        )
    if weights == _IMAGENET:
        return [_IMAGENET, str(SIZE)]
    return [hash_file(existing_path(Path(weights), "weights file")), str(SIZE)]


def _write(
    tree: Taxonomy,
    categories: Sequence[Category],
    choices: WordChoices,
    check: WordCheck | None,
    output: Path,
    fingerprint: WordsFingerprint,
    title: str,
) -> None:
    made = _open(categories, choices)
    write_word_bundle(
        output / BUNDLE,
        made.network,
        made.head,
        [one.id for one in categories],
        ResizeSpec(made.size, DEFAULT_FIT),
        tree,
        {"network": fingerprint["network"]},
    )
    card = write_word_card(title, choices.answers_by, categories, check)
    write_text(output / CARD, card)
    write_json(output / RECORD, {"fingerprint": dict(fingerprint)})


def _open(categories: Sequence[Category], choices: WordChoices) -> WordNetwork:
    if choices.encoder is not None:
        return open_encoder(choices.encoder, categories)
    return open_imagenet(choices.weights or _IMAGENET, categories)
