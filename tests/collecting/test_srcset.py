import pytest

from pixonomy.collecting.srcset import Candidate, parse_srcset


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a.jpg", [Candidate("a.jpg")]),
        ("a.jpg,b.jpg 2x", [Candidate("a.jpg,b.jpg", 0, 2)]),  # no blank: one address, as browsers
        ("a.jpg 1x,b.jpg 2x", [Candidate("a.jpg", 0, 1), Candidate("b.jpg", 0, 2)]),
        ("a.jpg 320w,b.jpg 640w", [Candidate("a.jpg", 320), Candidate("b.jpg", 640)]),
        ("a.jpg, b.jpg 2x", [Candidate("a.jpg"), Candidate("b.jpg", 0, 2)]),
        ("c_w,100,h_50/a.jpg 100w", [Candidate("c_w,100,h_50/a.jpg", 100)]),
        (
            "\n a.jpg\t1.5x ,,\n b.jpg 1e1x,",
            [Candidate("a.jpg", 0, 1.5), Candidate("b.jpg", 0, 10)],
        ),
        ("a.jpg 640w 480h", [Candidate("a.jpg", 640)]),
        ("a.jpg (x, y) 2x, b.jpg", [Candidate("b.jpg")]),
        ("a.jpg 0w, b.jpg -1x, c.jpg 2x 3x, d.jpg 9w 2x, e.jpg nanx, f.jpg x", []),
        ("data:image/gif;base64,R0lGOD 1x", [Candidate("data:image/gif;base64,R0lGOD", 0, 1)]),
        ("", []),
        (" , ,, ", []),
    ],
)
def test_versions_are_read_as_browsers_read_them(text: str, wanted: list[Candidate]) -> None:
    assert parse_srcset(text) == wanted


def test_a_list_without_end_is_cut() -> None:
    assert len(parse_srcset("a.jpg 1x, " * 100_000)) == 200
