import matplotlib as mpl

from pixonomy.pages.figure import BLUE, INK, as_svg, figure_style, start_figure


def draw(name: str) -> str:
    with figure_style():
        figure, axes = start_figure(4, 3)
        axes.plot([0, 1], [0, 1], color=BLUE, label=name)
        axes.legend()
        return as_svg(figure, "line", f"A line called {name}")


def test_colours_follow_the_pages_tokens_so_that_dark_pages_are_legible() -> None:
    svg = draw("a")
    assert "var(--blue)" in svg
    assert "var(--ink)" in svg
    assert BLUE not in svg
    assert INK not in svg
    assert "#ffffff" not in svg  # the paper shows through


def test_the_title_and_the_texts_are_escaped() -> None:
    svg = draw('<b> & "c"')
    assert 'aria-label="A line called &lt;b&gt; &amp; &quot;c&quot;"' in svg
    assert "<b>" not in svg


def test_nothing_global_is_changed() -> None:
    before = dict(mpl.rcParams)
    draw("a")
    assert dict(mpl.rcParams) == before
