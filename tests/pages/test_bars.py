from pixonomy.pages.bars import scale_bars


def test_the_largest_amount_takes_all_the_width() -> None:
    bars = scale_bars([("a", "4", 4), ("b", "1", 1), ("c", "none", 0)])
    assert [(bar.name, bar.text, bar.width) for bar in bars] == [
        ("a", "4", 100),
        ("b", "1", 25),
        ("c", "none", 0),
    ]


def test_nothing_at_all_is_drawn_as_nothing() -> None:
    assert scale_bars([]) == []
    assert scale_bars([("a", "0", 0)])[0].width == 0
