"""A step number goes in; the learning rate comes out."""

import math

from pixonomy.training.recipe import Recipe


def learning_rate(recipe: Recipe, step: int, total_steps: int) -> float:
    """Climb linearly over the warm-up, then fall as half a cosine (Loshchilov & Hutter 2017)."""
    warmup = round(recipe.warmup * total_steps)
    if step < warmup:
        return recipe.learning_rate * (step + 1) / warmup
    done = (step - warmup) / max(1, total_steps - warmup)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * done))
