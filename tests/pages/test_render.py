from pathlib import Path

import jinja2
import pytest

from pixonomy.pages.render import render


def test_a_rooms_template_finds_the_shared_ones_and_escapes_texts(tmp_path: Path) -> None:
    (tmp_path / "own.html").write_text(
        """{% extends "page.html" %}
{% from "parts.html" import bar_chart %}
{% block title %}{{ title }}{% endblock %}
{% block main %}{{ 1204 | counted("picture") }}, {{ 0.5 | percent }}{% endblock %}
"""
    )
    page = render(tmp_path, "own.html", title="<b>&")
    assert page.startswith("<!DOCTYPE html>")
    assert "<title>&lt;b&gt;&amp;</title>" in page
    assert "1,204 pictures, 50.0%" in page
    assert "--ink:" in page


def test_a_name_that_was_not_given_is_an_error_not_a_gap(tmp_path: Path) -> None:
    (tmp_path / "own.html").write_text("{{ missing }}")
    with pytest.raises(jinja2.UndefinedError):
        render(tmp_path, "own.html")
