"""The API of a real service: the answers of `classify`, and every refusal in one shape."""

import json
import socket
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from PIL import Image

from pixonomy.verbs.classify import classify
from result_schema import find_mismatches
from served import Served, Tokens

REAL = Path(__file__).parents[3] / "shared" / "data"
JPEG = {"content-type": "image/jpeg"}


@pytest.fixture(scope="module")
def files(fitted_images: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return 16 images: JPEGs, a text, an empty file, a half one, a PNG with alpha, one bit."""
    jpegs = sorted(fitted_images.rglob("*.jpg"))
    folder = tmp_path_factory.mktemp("files")
    (folder / "empty").touch()
    (folder / "half").write_bytes(jpegs[0].read_bytes()[:400])
    Image.new("RGBA", (50, 20), (200, 10, 10, 90)).save(folder / "alpha.png")
    Image.new("1", (7, 9)).save(folder / "bit.png")
    text = next(one for one in jpegs if one.name == "text.jpg")
    return [text, *jpegs[:11], *sorted(folder.iterdir())]


def expected(run: Path, files: list[Path]) -> list[dict[str, object]]:
    """Return what `classify` answers, as the service puts it."""
    rows = [one.as_json() for one in classify(run, files).images]
    return [
        {"index": place, **{key: value for key, value in row.items() if key != "path"}}
        for place, row in enumerate(rows)
    ]


def test_answers_are_those_of_classify(
    open_service: Served, fitted_run: Path, files: list[Path]
) -> None:
    answer = open_service.classify(*(one.read_bytes() for one in files))
    assert answer.status_code == 200
    told = answer.json()
    assert told["images"] == expected(fitted_run, files)
    assert told["model"] == open_service.ask("/v1/model").json()["digest"]
    assert find_mismatches(told, "ServedAnswers") == []
    assert [one["verdict"] for one in told["images"]].count("unreadable") >= 3


@pytest.mark.parametrize("kind", ["image/jpeg", "image/x-anything", "application/octet-stream"])
def test_a_raw_body_is_one_image_whatever_its_type_says(
    open_service: Served, fitted_run: Path, files: list[Path], kind: str
) -> None:
    for file in (files[0], files[1], files[-1]):
        answer = open_service.ask(
            "/v1/classify", content=file.read_bytes(), headers={"content-type": kind}
        )
        assert answer.json()["images"] == expected(fitted_run, [file])


def test_a_body_may_come_in_chunks_of_unknown_length(
    open_service: Served, fitted_run: Path, files: list[Path]
) -> None:
    data = files[1].read_bytes()
    pieces = (data[place : place + 100] for place in range(0, len(data), 100))
    answer = open_service.ask("/v1/classify", content=pieces, headers=JPEG)
    assert answer.json()["images"] == expected(fitted_run, [files[1]])


@pytest.mark.real_data
@pytest.mark.slow
def test_answers_to_photographs_and_odd_files_are_those_of_classify(
    open_service: Served, fitted_run: Path
) -> None:
    files = [
        *sorted((REAL / "goals").rglob("*.jpg"))[::19],
        *sorted((REAL / "odd").rglob("*.*"))[::3],
    ]
    files = [one for one in files if one.is_file() and one.stat().st_size < 3_000_000]
    assert len(files) > 100
    for start in range(0, len(files), 16):
        some = files[start : start + 16]
        answer = open_service.classify(*(one.read_bytes() for one in some))
        assert answer.json()["images"] == expected(fitted_run, some)


def test_the_model_says_what_it_is(open_service: Served, fitted_run: Path) -> None:
    told = open_service.ask("/v1/model").json()
    about = json.loads((fitted_run / "bundle" / "bundle.json").read_text("utf-8"))
    assert told["digest"] == about["digest"]
    assert [one["label"] for one in told["labels"]] == [one["label"] for one in about["labels"]]
    assert (told["size"], told["calibrated_on"]) == (32, about["calibration"]["n"])
    assert find_mismatches(told, "ServedModel") == []


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Return status and kind of a refused request; check that the rest is as promised."""
    told = answer.json()
    assert find_mismatches(told, "Refusal") == []
    assert told["error"]["message"].endswith(".")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(answer.headers["x-request-id"]) == 16
    return answer.status_code, told["error"]["kind"]


@pytest.mark.parametrize(
    ("headers", "content", "expected"),
    [
        ({"content-type": "multipart/form-data"}, b"x", (400, "malformed")),
        ({"content-type": "multipart/form-data; boundary=x"}, b"--y", (400, "malformed")),
        (JPEG, bytes(12_000_001), (413, "too_large")),
        ({}, b"x", (415, "wrong_type")),
        ({"content-type": "text/plain"}, b"x", (415, "wrong_type")),
        ({"content-type": "application/json"}, b"{}", (415, "wrong_type")),
        (JPEG, b"", (422, "empty")),
        ({"content-type": "multipart/form-data; boundary=x"}, b"--x--\r\n", (422, "no_image")),
    ],
)  # fmt: skip
def test_a_bad_request_is_refused_by_its_status(
    open_service: Served,
    headers: Mapping[str, str],
    content: bytes,
    expected: tuple[int, str],
) -> None:
    answer = open_service.ask("/v1/classify", content=content, headers=headers)
    assert refusal(answer) == expected


def begin(service: Served, *pieces: bytes) -> bytes:
    """Send a request that stays unfinished; return what begins the answer."""
    place = httpx.URL(service.address)
    with socket.create_connection((place.host, place.port or 80), timeout=20) as connection:
        for piece in (b"POST /v1/classify HTTP/1.1\r\nHost: x\r\n", *pieces):
            connection.sendall(piece)
        return connection.recv(13)


def test_a_request_without_a_body_or_its_length_is_refused(open_service: Served) -> None:
    assert begin(open_service, b"\r\n") == b"HTTP/1.1 411 "


def test_an_image_is_refused_before_all_of_it_has_come(open_service: Served) -> None:
    kind = b"Content-Type: image/jpeg\r\n"
    length = b"Content-Length: 40000000\r\n\r\n"
    assert begin(open_service, kind, length) == b"HTTP/1.1 413 "
    chunk = b"%x\r\n%b\r\n" % (1_000_000, bytes(1_000_000))
    chunked = b"Transfer-Encoding: chunked\r\n\r\n"
    assert begin(open_service, kind, chunked, *[chunk] * 13) == b"HTTP/1.1 413 "


def test_too_many_images_are_refused(open_service: Served) -> None:
    assert refusal(open_service.classify(*[b"1"] * 17)) == (422, "too_many")


def test_other_paths_and_methods_are_refused_in_the_same_shape(open_service: Served) -> None:
    assert refusal(open_service.ask("/nothing")) == (404, "not_found")
    answer = open_service.ask("/v1/classify", method="PUT")
    assert refusal(answer) == (405, "wrong_method")
    assert answer.headers["allow"] == "POST"


def bearer(token: str, **more: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", **JPEG, **more}


def test_behind_a_proxy_only_who_has_a_token_may_ask(
    guarded_service: Served, tokens: Tokens, files: list[Path]
) -> None:
    image = files[1].read_bytes()

    def ask(**headers: str) -> httpx.Response:
        return guarded_service.ask("/v1/classify", content=image, headers={**JPEG, **headers})

    answer = ask()
    assert refusal(answer) == (401, "no_token")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert refusal(ask(authorization="Bearer wrong"))[0] == 401
    assert refusal(ask(authorization=f"Basic {tokens.classify}"))[0] == 401
    assert ask(authorization=f"Bearer {tokens.classify}").status_code == 200
    model = guarded_service.ask("/v1/model", headers=bearer(tokens.operate))
    assert model.status_code == 200


def test_who_asks_too_often_is_told_when_to_come_again(guarded_service: Served) -> None:
    def guess(address: str) -> httpx.Response:
        headers = bearer("wrong", **{"x-forwarded-for": address})
        return guarded_service.ask("/v1/model", headers=headers)

    answers = [guess("192.0.2.7") for _ in range(7)]
    assert [one.status_code for one in answers] == [401] * 6 + [429]
    assert refusal(answers[-1]) == (429, "too_often")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert guess("192.0.2.8").status_code == 401
