from pathlib import Path
from typing import Any

import pytest

from pixonomy.collecting.settings import Settings, WrongSetting, place_of, search_fingerprint


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("number", float("inf"), "a number above 0"),
        ("number", float("nan"), "a number above 0"),
        ("number", True, "a number above 0"),
        ("count", 2.5, "a whole number of 1 or more, not 2.5"),
        ("address", "ftp://x/", "only http and https"),
        ("address", "http://[::1/", "no proper address"),
        ("address", "example.org", "an address that can be asked, not 'example.org'"),
        ("selector", "a[href", "no CSS selector: 'a[href'"),
        ("selector", "a::before", "no CSS selector"),
        ("hosts", "127.0.0.1", 'a list of hosts, such as ["127.0.0.1"]'),
        ("hosts", [3], "a list of hosts"),
        ("text", 3, "is a text, not 3"),
    ],
)
def test_what_cannot_work_is_told_in_one_sentence(kind: str, value: Any, told: str) -> None:
    settings = Settings({"x": value})
    with pytest.raises(WrongSetting) as error:
        getattr(settings, kind)("x", *(["http://x"] if kind not in ("hosts",) else []))
    assert told in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.setting == "x"


def test_what_works_is_taken() -> None:
    settings = Settings({"a": 3, "u": " http://ä.org/x ", "s": "a:has(> img)", "h": ["x"]})
    assert settings.count("a", 1) == 3
    assert settings.address("u", "") == "http://ä.org/x"
    assert settings.address("none", "") == ""
    assert settings.selector("s", "") == "a:has(> img)"
    assert settings.hosts("h") == ("x",)


def test_a_setting_is_found_in_its_file(tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_text(
        'title = "x"\n[[category]]\nid = "a"\n[provider.table]\nlinks = "x"\n'
        '[ provider."html" ] # mine\n"links" = "a["\nnext=""\n[other]\nsearch = 1\n'
    )
    assert place_of(file, "html", "links") == f"{file}, line 7"
    assert place_of(file, "html", "next") == f"{file}, line 8"
    assert place_of(file, "html", "search") == f"{file}, line 6"
    assert place_of(file, "flickr", "links") == str(file)
    assert place_of(tmp_path / "none", "html", "links") == str(tmp_path / "none")


def test_settings_of_pace_are_none_that_finds_depend_on() -> None:
    mark = search_fingerprint({"links": "a", "per_second": 1, "private_hosts": ["x"]})
    assert mark == search_fingerprint({"per_second": 9, "links": "a", "at_once": 3})
    assert mark != search_fingerprint({"links": "b"})
