import time

import pytest

from pixonomy.collecting.robots import LONGEST_DELAY, ROBOTS_BYTES, Robots
from pixonomy.collecting.search_results import Refused

AGENT = "pixonomy"
SITE = "http://example.org"


def refusal(text: str | bytes, path: str) -> str | None:
    """Return why a robots.txt forbids a path; None where it allows it."""
    body = text if isinstance(text, bytes) else text.encode()
    try:
        Robots.parse(body, AGENT).check(SITE + path)
    except Refused as reason:
        return str(reason)
    return None


TEXT = """
User-agent: *
Disallow: /private/
Disallow: /*.gif$
Crawl-delay: 2
Content-Usage: / train-ai=y
Content-Usage: /paintings/ train-ai=n
Content-Usage: /*.raw$ train-ai=n

User-agent: otherbot
Disallow: /
Content-Usage: train-ai=n
"""


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("/private/x", "Disallow: /private/"),
        ("/a/b.gif", "Disallow: /*.gif$"),
        ("/paintings/1.jpg", "train-ai=n"),
        ("/b/1.raw", "train-ai=n"),
        ("/photos/1.jpg", None),
        ("/a/b.gif?x", None),
    ],
)
def test_what_is_forbidden_is_refused_with_the_rule(path: str, rule: str | None) -> None:
    told = refusal(TEXT, path)
    assert (told is None) if rule is None else (told is not None and rule in told)


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbfUser-agent: *\nDisallow: /x",
        "\ufeffUser-agent: *\r\nDisallow: /x".encode("utf-16-le"),
        "\ufeffUser-agent: *\nDisallow: /x".encode("utf-16-be"),
        "User-agent: *\nDisallow: /x # and nothing more than this".encode("utf-16-le"),
        b"User-agent: *\rDisallow: /x",
        b"user-agent : *\n\n  disallow :/x  # said so",
        b"User-agent *\nDisallow /x",
        b"User-agent: *\nDissallow: /x",
        b"\x80\xff\nUser-agent: *\nDisallow: /x",
    ],
)
def test_a_robots_txt_is_read_in_whatever_letters_and_spelling(body: bytes) -> None:
    assert "robots.txt disallows it" in str(refusal(body, "/x"))
    assert refusal(body, "/y") is None


def test_of_a_long_one_the_first_500_kilobytes_count_and_a_cut_line_does_not() -> None:
    start = b"User-agent: *\nDisallow: /first\n"
    filling = b"# " + b"x" * 97 + b"\n"
    body = start + filling * (ROBOTS_BYTES // len(filling) + 1) + b"Disallow: /last\n"
    assert refusal(body, "/first") is not None
    assert refusal(body, "/last") is None
    cut = body[: ROBOTS_BYTES - 11].rpartition(b"\n")[0] + b"\nDisallow: /"
    assert refusal(cut + b"y" * (ROBOTS_BYTES - len(cut)) + b"/z", "/else") is None


@pytest.mark.parametrize(
    "name", ["GPTBot", "CCBot", "Google-Extended", "ClaudeBot", "anthropic-ai", "img2dataset",
             "Applebot-Extended", "Meta-ExternalAgent", "Bytespider", "gptbot/1.1", "GPTBot*"]
)  # fmt: skip
def test_who_shuts_out_a_crawler_that_trains_shuts_us_out(name: str) -> None:
    text = f"User-agent: *\nDisallow: /admin\n\nUser-agent: {name}\nDisallow: /\n"
    told = refusal(text, "/photo.jpg")
    assert told is not None
    assert "training" in told
    assert name.partition("/")[0].strip("*").casefold() in told.casefold()


@pytest.mark.parametrize(
    "name", ["Googlebot", "Googlebot-Image", "bingbot", "OAI-SearchBot", "ChatGPT-User", "otherbot"]
)
def test_who_shuts_out_another_robot_does_not(name: str) -> None:
    assert refusal(f"User-agent: {name}\nDisallow: /\n", "/photo.jpg") is None


def test_a_crawler_that_trains_may_be_kept_from_a_part_alone() -> None:
    text = "User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /art/\nAllow: /art/free/\n"
    assert refusal(text, "/art/1.jpg") is not None
    assert refusal(text, "/art/free/1.jpg") is None
    assert refusal(text, "/photos/1.jpg") is None


def test_who_names_us_speaks_to_us_alone() -> None:
    others = "User-agent: *\nDisallow: /\n\nUser-agent: GPTBot\nDisallow: /\n\n"
    robots = Robots.parse(f"{others}User-agent: {AGENT}\nDisallow: /x\n".encode(), AGENT)
    robots.check(f"{SITE}/y")
    with pytest.raises(Refused, match="Disallow: /x"):
        robots.check(f"{SITE}/x")


@pytest.mark.parametrize(
    ("lines", "path", "told"),
    [
        ("User-agent: *\nContent-Signal: search=yes,ai-train=no\nAllow: /", "/a", "ai-train=no"),
        ("User-agent: *\nContent-Signal: ai-train=yes", "/a", None),
        ("User-agent: *\nContent-Signal: search=no", "/a", None),
        ("User-agent: otherbot\nContent-Signal: ai-train=no", "/a", None),
        ("User-agent: GPTBot\nContent-Signal: ai-train=no", "/a", "ai-train=no"),
        ("Content-Signal: ai-train=no", "/a", "ai-train=no"),
        ("User-agent: *\nContent-Usage: / train-ai=n", "/a", "train-ai=n"),
        ("User-agent: *\nContent-Usage: train-ai=n", "/a", "train-ai=n"),
        ("User-agent: *\nContent-Usage: / train-ai=n\nContent-Usage: /ok/ train-ai=y", "/ok/a",
         None),
        ("User-agent: *\nContent-Usage: / train-ai=n\nContent-Usage: / train-ai=y", "/a",
         "train-ai=n"),
        ("User-agent: *\nContent-Usage: / train-ai=n\nContent-Usage: /a search=y", "/a",
         "train-ai=n"),
    ],
)  # fmt: skip
def test_statements_of_use_are_heeded(lines: str, path: str, told: str | None) -> None:
    found = refusal(lines, path)
    assert (found is None) if told is None else (found is not None and told in found)


@pytest.mark.parametrize(
    ("line", "seconds"),
    [("Crawl-delay: 2", 2), ("Crawl-delay: 0.5", 0.5), ("Request-rate: 1/5", 5), ("", 0),
     ("Crawl-delay: soon", 0), ("Crawl-delay: -3", 0), ("Crawl-delay: nan", 0)],
)  # fmt: skip
def test_the_pace_it_asks_for_is_told(line: str, seconds: float) -> None:
    robots = Robots.parse(f"User-agent: *\n{line}\n".encode(), AGENT)
    assert robots.delay_seconds == seconds
    robots.check(f"{SITE}/x")


def test_who_asks_for_a_day_between_two_requests_is_left_alone_and_it_is_told() -> None:
    told = refusal("User-agent: *\nCrawl-delay: 86400", "/x")
    assert told is not None
    assert "86400 seconds" in told
    assert refusal(f"User-agent: *\nCrawl-delay: {LONGEST_DELAY:g}", "/x") is None


@pytest.mark.parametrize(
    "body", [b"", b"\x00" * 1000, b"<html>not one</html>", b": :\nContent-Usage"]
)
def test_nonsense_is_skipped(body: bytes) -> None:
    assert refusal(body, "/") is None


def test_a_huge_hostile_one_takes_little_time() -> None:
    names = b"".join(b"User-agent: a%d\n" % n for n in range(12_000))
    rules = b"".join(b"Disallow: /*%d*a$\n" % n for n in range(14_000))
    began = time.process_time()
    robots = Robots.parse(b"User-agent: *\n" + names + rules, AGENT)
    for n in range(20):
        robots.check(f"{SITE}/{n}/photo")
    assert time.process_time() - began < 5


def test_one_that_names_all_crawlers_with_endless_rules_is_refused() -> None:
    from pixonomy.collecting.crawlers import TRAINING_CRAWLERS

    names = "".join(f"User-agent: {name}\n" for name in TRAINING_CRAWLERS)
    rules = "".join(f"Disallow: /{n}\n" for n in range(20_000))
    assert "more rules than can be heeded" in str(refusal(names + rules, "/x"))
