"""Reads what the Content Credentials in an image's bytes say of training.

Read is the training and data mining assertion (cawg.io/training-and-data-mining/1.1, before that
`c2pa.training-mining` of the C2PA specification): a map from uses to "allowed", "notAllowed" or
"constrained". Signatures are not looked at: a "no" is heard whoever signed it.
"""

import re

_LABEL = re.compile(rb"(?:cawg|c2pa)\.training-mining")
# Of the map, in CBOR or JSON, the texts alone: a use, and before the next one what is said of it.
_ENTRY = re.compile(
    rb"(?:cawg|c2pa)\.(data_mining|ai_training|ai_generative_training)(?![a-z_])"
    rb"(?:(?!cawg\.|c2pa\.).){1,300}?(notAllowed|constrained)",
    re.DOTALL,
)
_REACH = 4096  # bytes behind the label
_MOST_LABELS = 64


def read_training_mining(data: bytes) -> str | None:
    """Return what forbids training, such as "ai_training notAllowed"; None where nothing does."""
    if b".training-mining" not in data:
        return None
    for number, label in enumerate(_LABEL.finditer(data)):
        if number == _MOST_LABELS:
            break
        if found := _ENTRY.search(data, label.end(), label.end() + _REACH):
            return f"{found[1].decode()} {found[2].decode()}"
    return None
