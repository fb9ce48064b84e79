"""Photographs that a camera held in any way come upright into the store, and get one answer."""

import io
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image, ImageOps

from saver_browser import SaverBrowser
from served import Served, Tokens

ORIENTATIONS = Path(__file__).parents[3] / "shared" / "data" / "odd" / "exif-orientation"
LONGEST = 1280

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not ORIENTATIONS.is_dir(), reason="the real pictures are not at hand"),
]


def upright(photograph: bytes) -> Image.Image:
    with Image.open(io.BytesIO(photograph)) as image:
        whole = ImageOps.exif_transpose(image).convert("RGB")
    whole.thumbnail((LONGEST, LONGEST), Image.Resampling.BOX)
    return whole


def far_from(copy: bytes, photograph: bytes) -> float:
    """Return how far a stored copy is from the upright photograph: a mean over all bytes."""
    expected = upright(photograph)
    with Image.open(io.BytesIO(copy)) as image:
        assert image.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert image.size == expected.size
        difference = np.asarray(image).astype(int) - np.asarray(expected).astype(int)
    return float(np.abs(difference).mean())


@pytest.mark.parametrize("kind", ["Landscape", "Portrait"])
def test_all_orientations_are_upright_in_store_and_answer(
    saving_service: Served, tokens: Tokens, kind: str
) -> None:
    headers = {"authorization": f"Bearer {tokens.classify}"}
    address = f"{saving_service.address}/v1/uploads"
    answers = []
    for orientation in range(9):
        photograph = (ORIENTATIONS / f"{kind}_{orientation}.jpg").read_bytes()
        given = httpx.post(
            address,
            params={"subject": kind, "keep": "true"},
            files={"image": ("x.jpg", photograph)},
            headers=headers,
            timeout=60,
        ).json()
        stored = httpx.get(
            f"{address}/{given['upload']}/image", params={"subject": kind}, headers=headers
        ).content
        turned = upright(photograph)
        wrong = [turned.rotate(180), ImageOps.mirror(turned), ImageOps.flip(turned)]
        distance = far_from(stored, photograph)
        assert distance < 6, orientation
        for one in wrong:  # the measure sees what is not upright
            file = io.BytesIO()
            one.save(file, "JPEG")
            assert far_from(file.getvalue(), photograph) > 4 * distance
        (row,) = given["images"]
        answers.append((row["verdict"], row["label"], row["confidence"]))
    assert {(verdict, label) for verdict, label, _ in answers} == {answers[0][:2]}
    confidences = [confidence for *_, confidence in answers]
    assert max(confidences) - min(confidences) < 0.05


def test_on_the_page_too(sure_service: Served) -> None:
    for orientation in (3, 6):
        photograph = (ORIENTATIONS / f"Portrait_{orientation}.jpg").read_bytes()
        with SaverBrowser(sure_service.address) as person:
            person.show(photograph, keep="yes")
            stored = person.client.get(str(person.find("img.shown")["src"])).content
            assert far_from(stored, photograph) < 6
            person.get("/forget").send()
