from pathlib import Path
from typing import Any

import pytest

from pixonomy.collecting.known import check_tables, open_provider
from pixonomy.errors import SettingError

SEARCH = "http://x/?q={keyword}"


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("html", {"search": SEARCH, "links": "a["}, "links of a provider is no CSS selector"),
        ("html", {"search": SEARCH, "picture": "img:has("}, "picture of a provider is no CSS"),
        ("html", {"search": "http://x/"}, "with {keyword} in it"),
        ("html", {"search": "http://x/{keyword}/{page}"}, "no other braces"),
        ("html", {"search": "x/{keyword}"}, "can be asked"),
        ("html", {"search": SEARCH, "sitemap": "http://x/s.xml"}, "both search and sitemap"),
        ("html", {"search": SEARCH, "lniks": "a"}, "no setting 'lniks'"),
        ("html", {"lniks": "a"}, "Did you mean 'links'?"),
        ("html", {"search": SEARCH, "at_once": 1.5}, "a whole number"),
        ("html", {"search": SEARCH, "private_hosts": "localhost"}, "a list of hosts"),
        ("commons", {"width": "wide"}, "a number above 0"),
        ("commons", {"width": 99_999}, "at most 10000 pixels"),
        ("commons", {"base_url": "commons.wikimedia.org"}, "can be asked"),
        ("commons", {"base_url": "http://x/api.php?action=query"}, "ends with api.php"),
        ("openverse", {"license_type": "free"}, "one of all, all-cc, commercial, modification"),
        ("flickr", {"licenses": "CC-BY"}, "its numbers, such as '4,5,9'"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_at_once(
    name: str, values: dict[str, Any], told: str
) -> None:
    with pytest.raises(SettingError) as error:
        open_provider(name, values, "key")
    assert told in str(error.value)


def test_a_wrong_setting_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "taxonomy.toml"
    file.write_text('[[category]]\n\n[provider.html]\nsearch = "http://x/"\n')
    with pytest.raises(SettingError) as error:
        open_provider("html", {"search": "http://x/"}, None, file)
    assert str(error.value).startswith(f"{file}, line 4: [provider.html] needs search")


def test_a_column_that_is_set_and_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("url,keyword\nhttp://x,y\n")
    values = {"path": str(tmp_path / "list.csv"), "license": "licence"}
    with pytest.raises(SettingError, match="no column 'licence'"):
        open_provider("table", values, None)


def test_a_table_of_no_provider_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "taxonomy.toml"
    file.write_text("[provider.commons]\n\n[provider.flikr]\n")
    with pytest.raises(SettingError) as error:
        check_tables(["commons", "flikr"], file)
    assert str(error.value).startswith(f"{file}, line 3: There is no provider 'flikr'")
    assert "Did you mean 'flickr'?" in str(error.value)
