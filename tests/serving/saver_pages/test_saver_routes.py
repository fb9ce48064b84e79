"""Styles and scripts of the saver's pages: kept by browsers as long as they are the same."""

import re

import pytest

from pixonomy.serving.saver_pages.saver_page import read_saver_assets
from served import Served


@pytest.mark.parametrize("path", list(read_saver_assets()))
def test_an_asset_is_kept_under_its_version_alone(sure_service: Served, path: str) -> None:
    content, kind = read_saver_assets()[path]
    plain = sure_service.ask(path)
    assert (plain.content, plain.headers["cache-control"]) == (content, "no-cache")
    assert plain.headers["content-type"].startswith(kind)
    assert sure_service.ask(f"{path}?v=other").headers["cache-control"] == "no-cache"


def test_the_page_names_the_versions_that_may_be_kept(sure_service: Served) -> None:
    paths = re.findall(r'"(/static/[^"]+)"', sure_service.ask("/").text)
    assert len(paths) == 4
    for path in paths:
        assert "immutable" in sure_service.ask(path).headers["cache-control"]
    assert sure_service.ask("/goals").headers["cache-control"] == "no-store"
