import json
from pathlib import Path

from pixonomy.evaluation.training_choices import describe_choices
from pixonomy.training.run import RunFolder


def test_a_run_without_choices_has_none_to_tell(tmp_path: Path) -> None:
    assert describe_choices(RunFolder(tmp_path)) == {}


def test_what_was_tried_before_fine_tuning_is_told_with_what_was_kept(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.fine_tuning.parent.mkdir()
    accuracies = {"frozen": [0.5, 0.4], "0.25": [0.6, 0.5], "1.0": [0.61, 0.52]}
    losses = {"frozen": [1.0, 1.5], "0.25": [0.8, 1.2], "1.0": [0.9, 1.3]}
    tried = {"share": 0.25, "groups": "source", "held_out": 170, "losses": losses}
    folder.fine_tuning.write_text(json.dumps({**tried, "accuracies": accuracies}))
    ((name, told),) = describe_choices(folder).items()
    assert name.startswith("fine-tuning, tried (accuracy on validation pictures, 170 held out by ")
    assert "mean log loss, which decides" in name
    assert told.startswith("frozen 50.0%, 40.0%, 1.250; 25% of the way 60.0%, 50.0%, 1.000; 100%")
    assert told.endswith("Kept: 25% of the way")
