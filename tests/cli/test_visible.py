import pytest

from pixonomy.cli.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("gâteaux d'été 猫 – “ok”", "gâteaux d'été 猫 – “ok”"),
        ("red \x1b[31m.jpg", r"red \x1b[31m.jpg"),
        ("two\nlines\r", r"two\nlines\r"),
        ("bell\a tab\t del\x7f", r"bell\x07 tab\t del\x7f"),
        ("CSI of one byte \x9b2J", r"CSI of one byte \x9b2J"),
        ("gpj.\u202eexe", r"gpj.\u202eexe"),
        ("line\u2028end", r"line\u2028end"),
        ("emoji 👩\u200d🚀 and a\u00a0space", "emoji 👩\u200d🚀 and a\u00a0space"),
        ("lone \udc80", r"lone \udc80"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_instead(text: str, shown: str) -> None:
    assert visible(text) == shown
