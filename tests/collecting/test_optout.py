import pytest

from pixonomy.collecting.finds import Refused
from pixonomy.collecting.optout import Robots, check_headers, check_meta

AGENT = "pixonomy"


@pytest.mark.parametrize(
    "headers",
    [
        {"x-robots-tag": "noai"},
        {"x-robots-tag": "all, noimageai"},
        {"x-robots-tag": "NOINDEX"},
        {"x-robots-tag": "pixonomy: noimageindex"},
        {"x-robots-tag": "otherbot: nofollow, *: noai"},
        {"x-robots-tag": "unavailable_after: 25 Jun 2030 15:00:00 PST, noai"},
        {"content-usage": "train-ai=n"},
        {"content-usage": "search=y, train-ai=n"},
        {"content-usage": "train-ai=?0"},
    ],
)
def test_headers_that_object_are_heeded(headers: dict[str, str]) -> None:
    with pytest.raises(Refused, match="says"):
        check_headers(headers, AGENT)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-robots-tag": "nofollow"},
        {"x-robots-tag": "otherbot: noai, noindex"},
        {"content-usage": "train-ai=y"},
        {"content-usage": "search=n"},
    ],
)
def test_headers_that_do_not_mean_us_are_not(headers: dict[str, str]) -> None:
    check_headers(headers, AGENT)


@pytest.mark.parametrize(
    "meta", [{"robots": "noindex, nofollow"}, {"robots": "NoAI"}, {"pixonomy": "noimageai"}]
)
def test_meta_tags_that_object_are_heeded(meta: dict[str, str]) -> None:
    with pytest.raises(Refused, match="robots meta tag"):
        check_meta(meta, AGENT)
    check_meta({"robots": "nofollow", "otherbot": "noai"}, AGENT)


TEXT = """
User-agent: *
Disallow: /private/
Disallow: /*.gif$
Crawl-delay: 2
Content-Usage: train-ai=y
Content-Usage: /paintings/ train-ai=n

User-agent: otherbot
Content-Usage: train-ai=n
"""


@pytest.mark.parametrize("path", ["/private/x", "/a/b.gif", "/paintings/1.jpg"])
def test_robots_txt_is_heeded_with_wildcards_and_usage(path: str) -> None:
    with pytest.raises(Refused, match=r"robots\.txt"):
        Robots.parse(TEXT, AGENT).check(f"http://example.org{path}", path)


def test_what_robots_txt_allows_is_allowed_and_its_delay_is_told() -> None:
    robots = Robots.parse(TEXT, AGENT)
    robots.check("http://example.org/photos/1.jpg", "/photos/1.jpg")
    assert robots.delay_seconds == 2
    assert Robots.parse("", AGENT).delay_seconds == 0


def test_a_group_of_our_own_goes_before_everybodys() -> None:
    text = f"User-agent: *\nDisallow: /\n\nUser-agent: {AGENT}\nDisallow: /x\nRequest-rate: 1/5\n"
    robots = Robots.parse(text, AGENT)
    robots.check("http://example.org/y", "/y")
    assert robots.delay_seconds == 5


def test_nonsense_is_skipped() -> None:
    Robots.parse("\x00<html>not a robots file</html>\n: :\nContent-Usage", AGENT).check(
        "http://example.org/", "/"
    )
