import pytest

from pixonomy.auditing.kinds import COUNTED, KINDS, check_kinds
from pixonomy.errors import SettingError


def test_every_kind_is_counted_and_told() -> None:
    assert sorted(COUNTED) == sorted(KINDS)
    assert all(one.meaning.endswith((".", ")")) and one.advice for one in KINDS.values())


def test_commands_in_an_advice_are_told_apart() -> None:
    parts = KINDS["blank"].advised
    assert [part for part, is_command in parts if is_command] == ["--apply blank"]


def test_kinds_to_apply_are_put_in_order_and_without_repeats() -> None:
    assert check_kinds(("blank", "suspected_labels", "blank")) == ("suspected_labels", "blank")


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingError, match=r"'blury'; known are exact_duplicates, .*odd_shape"):
        check_kinds(("blury",))
