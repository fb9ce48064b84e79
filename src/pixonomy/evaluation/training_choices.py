"""What a training chose by itself, and by which figures: facts for the report."""

from pixonomy.storage.files import read_json
from pixonomy.training.run import RunFolder


def describe_choices(folder: RunFolder) -> dict[str, str]:
    """Return what was found best before fine-tuning, and for the heads of a frozen network."""
    return _describe_trial(folder) | _describe_heads(folder)


def _describe_trial(folder: RunFolder) -> dict[str, str]:
    """Tell what was tried before fine-tuning, how right it was, and what was kept."""
    tried = read_json(folder.fine_tuning)
    if tried is None:
        return {}
    of = f"validation pictures, {tried['held_out']} held out by {tried['groups']}"
    shown = "; ".join(
        f"{name if name == 'frozen' else f'{float(name):.0%} of the way'} {near:.1%}, {far:.1%}, "
        f"{sum(tried['losses'][name]) / 2:.3f}"
        for name, (near, far) in tried["accuracies"].items()
    )
    kept = f"{tried['share']:.0%} of the way" if tried["share"] else "frozen"
    return {
        f"fine-tuning, tried (accuracy on {of}; mean log loss, which decides)": (
            f"{shown}. Kept: {kept}"
        )
    }


def _describe_heads(folder: RunFolder) -> dict[str, str]:
    """Tell which heads were chosen, and the log loss that each candidate had."""
    chosen = read_json(folder.gate_facts)
    if chosen is None:
        return {}
    sides = ("like training", "in between", "unlike training")
    return {
        f"head for pictures {side} (log loss of each, {chosen['groups']} held out)": ", ".join(
            f"{name} {loss:.3f}" for name, loss in of_side.items()
        )
        or f"{name}, too few pictures to choose by"
        for side, name, of_side in zip(sides, chosen["chosen"], chosen["losses"], strict=True)
    }
