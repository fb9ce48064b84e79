"""How fast does training stay beside other work? A line a round and policy, as JSON.

    python benchmarks/busy.py --rounds 3
    python benchmarks/busy.py --rounds 3 --model vgg16 --size 50 --policies ours default passive
    python benchmarks/busy.py --alone --rounds 10 --policies ours default

Steps a second of a network with all cores, alone (`idle`), then as shares of that: beside as many
busy processes as there are cores (`busy`), and beside another training (`two`, both of them). The
policies: `ours` is what Pixonomy does (threads soon sleep, and there are fewer of them where others
need cores); the rest have a thread a core throughout, which wait as OpenMP has it by itself
(`default`), not at all (`passive`, its OMP_WAIT_POLICY), or for so many rounds (a number:
GOMP_SPINCOUNT). They take turns in each round. `--alone` keeps a training of each policy and asks
them in turn, so that what the machine does beside falls on all of them alike: the median steps a
second of each.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import time
from statistics import median
from typing import Any

SECONDS = 4.0  # of each measurement
READY = "ready"


def environment(policy: str) -> dict[str, str]:
    """Return the environment of a process whose threads wait so."""
    names = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_NUM_THREADS", "PIXONOMY_BENCH_DEFAULT")
    kept = {name: value for name, value in os.environ.items() if name not in names}
    if policy == "ours":
        return kept
    kept["OMP_NUM_THREADS"] = str(os.cpu_count())  # the number stays
    if policy == "default":
        return kept | {"PIXONOMY_BENCH_DEFAULT": "1"}
    if policy == "passive":
        return kept | {"OMP_WAIT_POLICY": "passive"}
    return kept | {"GOMP_SPINCOUNT": str(int(policy))}


def work(model: str, size: int, batch: int) -> None:
    """Train on noise: a line in, `SECONDS` of steps, their rate out; until standard input ends."""
    if "PIXONOMY_BENCH_DEFAULT" in os.environ:
        importlib.import_module("torch")  # a library that is loaded is left as it is

    import numpy as np

    from pixonomy.executors.local import count_cores
    from pixonomy.models.backend import best_precision, use_threads
    from pixonomy.models.step import torch_step
    from pixonomy.models.targets import Objective, Targets
    from pixonomy.models.zoo import ModelSettings, build_model
    from pixonomy.training.epochs import compile_model
    from pixonomy.training.recipe import Recipe

    use_threads(count_cores())
    recipe = Recipe(model=model, size=size)
    settings = ModelSettings(model, size, 10, recipe.dense, recipe.dropout, 0, None, False)
    network = build_model(settings, best_precision())
    compile_model(network, recipe)
    step = torch_step(network, Objective())
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (batch, 3, size, size), dtype=np.uint8)
    targets = Targets(random.integers(0, 10, batch))
    for _ in range(5):
        step(images, targets)
    print(READY, flush=True)
    for _ in sys.stdin:
        count, began = 0, time.monotonic()
        while (seconds := time.monotonic() - began) < SECONDS:
            step(images, targets)
            count += 1
        print(count / seconds, flush=True)


class Training:
    """A process that trains when it is asked to."""

    def __init__(self, words: list[str], policy: str) -> None:
        """Start it and wait until it is warm."""
        command = [sys.executable, __file__, "--work", *words]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, env=environment(policy)
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asked, self._told = self._process.stdin, self._process.stdout
        while self._told.readline().strip() != READY:
            assert self._process.poll() is None

    def ask(self) -> None:
        """Have it begin."""
        self._asked.write("go\n")
        self._asked.flush()

    def rate(self) -> float:
        """Return steps a second, when it has ended."""
        return float(self._told.readline())

    def close(self) -> None:
        """End it."""
        self._asked.close()
        self._process.wait()


def measure(words: list[str], policy: str) -> dict[str, Any]:
    """Measure one policy once."""
    first, other = Training(words, policy), Training(words, policy)
    first.ask()
    idle = first.rate()
    spinning = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(os.cpu_count() or 1)
    ]
    time.sleep(0.5)
    first.ask()
    busy = first.rate()
    for process in spinning:
        process.kill()
        process.wait()
    first.ask()
    other.ask()
    two = [first.rate(), other.rate()]
    first.close()
    other.close()
    shares = [round(one / idle, 3) for one in (busy, *two)]
    return {"policy": policy, "idle": round(idle, 2), "busy": shares[0], "two": shares[1:]}


def measure_alone(words: list[str], policies: list[str], rounds: int) -> dict[str, float]:
    """Return the median steps a second of each policy, nobody else computing."""
    trainings = {policy: Training(words, policy) for policy in policies}
    rates: dict[str, list[float]] = {policy: [] for policy in policies}
    for number in range(rounds + 1):
        for policy, training in list(trainings.items())[:: 1 if number % 2 else -1]:
            training.ask()
            rate = training.rate()
            if number:  # the first looks back on the start of the others
                rates[policy].append(rate)
    for training in trainings.values():
        training.close()
    return {policy: round(median(some), 2) for policy, some in rates.items()}


def main() -> None:
    """Measure the policies in turn, round by round."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="compact")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--policies", nargs="+", default=["ours", "default", "passive"])
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.work:
        work(told.model, told.size, told.batch)
        return
    words = ["--model", told.model, "--size", str(told.size), "--batch", str(told.batch)]
    if told.alone:
        found = measure_alone(words, told.policies, told.rounds)
        print(json.dumps({"model": told.model, "rounds": told.rounds, "alone": found}))
        return
    for number in range(told.rounds):
        turn = told.policies if number % 2 == 0 else told.policies[::-1]
        for policy in turn:
            line = {"model": told.model, "round": number + 1, **measure(words, policy)}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
