import pytest

from pixonomy.nearest_names import suggest


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("reciepe", " Did you mean 'recipe'?"),
        ("RECIPE", " Did you mean 'recipe'?"),
        ("cafe", " Did you mean 'Café'?"),
        ("xyz", ""),
        ("", ""),
    ],
)
def test_the_nearest_known_name_is_suggested_and_else_none(name: str, near: str) -> None:
    assert suggest(name, ["recipe", "model", "Café"]) == near


def test_nothing_is_near_where_nothing_is_known() -> None:
    assert suggest("model", []) == ""
