"""`list` names what other verbs take: each name is one that they take."""

from collections.abc import Callable
from typing import Any

import pytest

from pixonomy.cli.main import run
from pixonomy.collecting.known import PROVIDERS
from pixonomy.models.architectures import ARCHITECTURES
from pixonomy.sampling.draw import PRESETS
from pixonomy.training.recipe import Recipe, known_recipes

Call = Callable[..., tuple[int, Any, str]]


@pytest.mark.parametrize(
    ("what", "known"),
    [
        ("models", list(ARCHITECTURES)),
        ("recipes", known_recipes()),
        ("presets", list(PRESETS)),
        ("providers", list(PROVIDERS)),
        ("keys", list(Recipe.__dataclass_fields__)),
    ],
)
def test_every_known_name_is_listed(call: Call, what: str, known: list[str]) -> None:
    code, answer, _ = call("list", what)
    assert (code, list(answer)) == (0, [what])
    assert [one["name"] for one in answer[what]] == known


@pytest.mark.parametrize("what", ["models", "recipes", "presets", "providers", "keys"])
def test_people_read_a_table(capfd: pytest.CaptureFixture[str], what: str) -> None:
    assert run(["list", what]) == 0
    head, first, *_ = capfd.readouterr().out.splitlines()
    assert head.startswith("name ")
    assert len(first.split()) > 1


def test_each_key_of_a_recipe_has_its_default_its_range_and_a_meaning(call: Call) -> None:
    _, answer, _ = call("list", "keys")
    keys = {one["name"]: one for one in answer["keys"]}
    assert keys["epochs"]["default"] == 40
    assert keys["epochs"]["allowed"] == "0 to 100000"
    assert keys["optimizer"]["allowed"] == "adamw, muon"
    assert keys["flip"]["allowed"] == "true, false"
    assert all(one["about"] and one["allowed"] for one in keys.values())


def test_an_unknown_list_is_refused(call: Call) -> None:
    code, answer, _ = call("list", "recipe")
    assert code == 2
    assert answer["error"]["message"].endswith("keys. Did you mean 'recipes'?")
