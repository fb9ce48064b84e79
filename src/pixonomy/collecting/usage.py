"""Finds the part of a usage statement that forbids training: Content-Usage or Content-Signal."""

_NO = frozenset({"n", "no", "?0"})
_YES = frozenset({"y", "yes", "?1"})
_TRAINING = ("train-ai", "ai-train", "train-genai", "genai")
_WIDER = ("bots", "tdm", "ai")  # older categories of the vocabulary that training is a part of


def forbids_training(statement: str) -> str | None:
    """Return what forbids training, such as "train-ai=n"; None where nothing does.

    Read are Content-Usage (IETF drafts aipref-attach and aipref-vocab: a dictionary of RFC 9651)
    and Content-Signal (contentsignals.org, draft-romm-aipref-contentsignals: "ai-train=no"). The
    last draft of the vocabulary has train-ai speak of generative models alone, earlier ones of all;
    a "no" is heard in either sense, for what a collection is used for is not known to the end.
    """
    stated: dict[str, str] = {}
    for part in statement.replace(";", ",").split(","):
        name, _, value = part.partition("=")
        stated[name.strip().casefold()] = value.strip(' "').casefold()
    for name in _TRAINING:
        if stated.get(name) in _NO:
            return f"{name}={stated[name]}"
    if any(stated.get(name) in _YES for name in _TRAINING):
        return None
    return next((f"{name}={stated[name]}" for name in _WIDER if stated.get(name) in _NO), None)


def speaks_of_training(statement: str) -> bool:
    """Tell whether a statement allows or forbids training: others leave it to wider ones."""
    names = {part.partition("=")[0].strip() for part in statement.casefold().split(",")}
    return not names.isdisjoint((*_TRAINING, *_WIDER))
