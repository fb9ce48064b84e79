import json
import time
from typing import Any

import pytest

from pixonomy.collecting.content_credentials import read_training_mining


def cbor(value: Any) -> bytes:
    """Encode maps and texts (RFC 8949)."""
    if isinstance(value, str):
        text = value.encode()
        head = bytes([0x60 + len(text)]) if len(text) < 24 else b"\x78" + bytes([len(text)])
        return head + text
    pairs = b"".join(cbor(key) + cbor(one) for key, one in value.items())
    return bytes([0xA0 + len(value)]) + pairs


def box(
    entries: dict[str, Any], label: str = "cawg.training-mining", is_json: bool = False
) -> bytes:
    """Return a picture's bytes with the boxes of an assertion in them."""
    whole = {"entries": entries}
    content = b"json" + json.dumps(whole).encode() if is_json else b"cbor" + cbor(whole)
    claim = cbor({"url": f"self#jumbf=c2pa.assertions/{label}"})
    return b"\xff\xd8\xff\xeb" + claim + b"jumb\0\0\0\x40jumd" + label.encode() + b"\0" + content


NO, YES = {"use": "notAllowed"}, {"use": "allowed"}
LIMITED = {"constraint_info": "ask us first, at length", "use": "constrained"}


@pytest.mark.parametrize("is_json", [True, False])
@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ({"cawg.ai_training": NO}, "ai_training notAllowed"),
        ({"cawg.ai_inference": YES, "cawg.ai_generative_training": NO},
         "ai_generative_training notAllowed"),
        ({"cawg.ai_training": YES, "cawg.data_mining": LIMITED}, "data_mining constrained"),
        ({"cawg.ai_training": YES, "cawg.ai_inference": NO}, None),
        ({"cawg.ai_training": YES, "cawg.data_mining": YES}, None),
        ({"cawg.ai_training_of_dogs": NO}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_what_forbids_training_is_told(
    entries: dict[str, Any], told: str | None, is_json: bool
) -> None:
    assert read_training_mining(box(entries, is_json=is_json)) == told
    old = {key.replace("cawg", "c2pa"): value for key, value in entries.items()}
    assert read_training_mining(box(old, "c2pa.training-mining", is_json)) == told


def test_without_such_an_assertion_nothing_is_said() -> None:
    assert read_training_mining(b"\xff\xd8 cawg.ai_training notAllowed") is None


@pytest.mark.parametrize(
    "data",
    [b"cawg.training-mining" * 500_000, b"cawg.training-mining" + b"cawg.ai_training" * 500_000,
     b"c2pa.training-mining" + b"c2pa.data_mining" + bytes(10**7)],
)  # fmt: skip
def test_a_hostile_picture_takes_little_time(data: bytes) -> None:
    began = time.process_time()
    assert read_training_mining(data) is None
    assert time.process_time() - began < 2
