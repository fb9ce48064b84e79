"""The learning rate of each step: a warm-up, then a fall to nothing."""

import math

from pixonomy.training.recipe import Recipe


def learning_rate(recipe: Recipe, step: int, total_steps: int) -> float:
    """Climb linearly over the warm-up, then fall to nothing as the recipe says.

    As half a cosine (Loshchilov & Hutter 2017), or in a straight line (one cycle: Smith 2018).
    """
    warmup = round(recipe.warmup * total_steps)
    if step < warmup:
        # From the first step above zero, which would teach nothing.
        return recipe.learning_rate * (step + 1) / warmup
    done = (step - warmup) / max(1, total_steps - warmup)
    if recipe.schedule == "linear":
        return recipe.learning_rate * (1 - done)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * done))
