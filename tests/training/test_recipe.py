from pathlib import Path

import pytest

from pixonomy.errors import SettingError
from pixonomy.models.architectures import ARCHITECTURES
from pixonomy.training.recipe import Recipe, known_recipes, load_recipe


def test_every_model_has_a_shipped_recipe() -> None:
    assert {kind.recipe for kind in ARCHITECTURES.values()} <= set(known_recipes())


@pytest.mark.parametrize("name", known_recipes())
def test_every_shipped_recipe_can_be_read(name: str) -> None:
    assert load_recipe(name, {}).model in ARCHITECTURES


def test_changes_lie_over_the_recipe_and_none_changes_nothing() -> None:
    recipe = load_recipe("compact", {"size": 96, "epochs": None})
    assert recipe.size == 96
    assert recipe.epochs == load_recipe("compact", {}).epochs


def test_the_device_is_no_part_of_what_a_run_is(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('model = "compact"\ndevice = "mps"')
    recipe = load_recipe(file, {})
    assert recipe.device == "mps"
    assert recipe.decisive() == load_recipe(file, {"device": "cuda:1"}).decisive()
    assert recipe.decisive() != load_recipe(file, {"seed": 1}).decisive()


def test_an_unknown_key_names_the_known_ones(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("learning_rat = 0.1")
    with pytest.raises(SettingError, match=r"Unknown key 'learning_rat'.*learning_rate"):
        load_recipe(file, {})


def test_a_value_of_the_wrong_type_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('epochs = "many"')
    with pytest.raises(SettingError, match=r"epochs .* must be of type int, not 'many'"):
        load_recipe(file, {})


def test_a_whole_number_is_taken_for_a_fraction(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("dropout = 0")
    assert load_recipe(file, {}).dropout == 0.0


def test_broken_toml_is_told(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("epochs = = 3")
    with pytest.raises(SettingError, match="no valid TOML"):
        load_recipe(file, {})


def test_an_unknown_recipe_names_the_shipped_ones() -> None:
    shipped = "cifar10, cifar10-long, cifar10-transfer, compact, probe, transfer, vgg16-100"
    with pytest.raises(SettingError, match=shipped):
        load_recipe("resnet", {})


def test_a_value_out_of_range_is_refused() -> None:
    with pytest.raises(SettingError, match="size must be 8 to 1024, not 5000"):
        Recipe(size=5000)


def test_a_recipe_file_may_name_a_shipped_recipe_as_its_model(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('model = "probe"\nbatch = 8')
    shipped, recipe = load_recipe("probe", {}), load_recipe(file, {"seed": 3})
    assert (recipe.model, recipe.epochs, recipe.size) == ("mobilenet", 0, shipped.size)
    assert (recipe.batch, recipe.seed) == (8, 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("epoch = 3", r"Did you mean 'epochs'\?"),
        ('optimizer = "adam"', r"one of adamw, muon, not 'adam'\. Did you mean 'adamw'\?"),
    ],
)
def test_the_nearest_key_and_value_are_suggested(
    tmp_path: Path, content: str, message: str
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(content)
    with pytest.raises(SettingError, match=message):
        load_recipe(file, {})


def test_the_nearest_recipe_is_suggested() -> None:
    with pytest.raises(SettingError, match=r"Did you mean 'compact'\?"):
        load_recipe("compcat", {})


def test_a_head_is_chosen_where_one_is_asked_for_and_no_part_of_what_another_run_is() -> None:
    for name in ("probe", "transfer"):
        recipe = load_recipe(name, {})
        assert recipe.is_gated
        assert recipe.decisive()["head"] == "auto"
    scratch = load_recipe("compact", {})
    assert not scratch.is_gated
    assert "head" not in scratch.decisive()
    with pytest.raises(SettingError, match="one of linear, auto, not 'best'"):
        load_recipe("probe", {"head": "best"})
