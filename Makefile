# For newcomers, each with all its set-up: `make demo`, `make serve` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo serve test slow soak check format reference clean

demo: $(READY)
	$(BIN)/pixonomy demo -o demo-run

# The page of the demo's classifier, at http://127.0.0.1:8000 until Ctrl-C.
serve: $(READY) demo-run/run/bundle/bundle.json
	$(BIN)/pixonomy serve demo-run/run --state demo-run/state

demo-run/run/bundle/bundle.json: | $(READY)
	$(BIN)/pixonomy demo -o demo-run

# Tests share the cores, the quick ones file by file; those that measure have the machine to themselves.
SHARED := $(BIN)/python -m pytest -n logical --maxprocesses 4
ALONE := $(BIN)/python -m pytest
AT_HAND := $(if $(wildcard ../shared/data),,and not real_data)

test: $(READY)
	$(SHARED) --dist loadfile -m "not (real_data or slow or timed)"
	$(ALONE) -m "timed and not (real_data or slow)"

# What takes long, and what needs the real pictures, where they are at hand.
slow: $(READY)
	$(SHARED) --dist worksteal -m "(real_data or slow) and not timed $(AT_HAND)"
	$(ALONE) -m "(real_data or slow) and timed $(AT_HAND)" || [ $$? -eq 5 ] # none of them at hand

# The long forms of tests, hours together: before a release, or when what they prove has changed.
soak: $(READY)
	PIXONOMY_SOAK=1 $(ALONE) -m soak

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd benchmarks && ../$(BIN)/mypy --config-file ../pyproject.toml *.py ../tools/*.py
	$(BIN)/lint-imports
	$(BIN)/python tools/check_figures.py

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Anew whenever what is installed would change; the venv itself is kept.
$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

reference: $(READY)
	$(BIN)/python -m pixonomy.cli.reference > docs/reference.md

clean:
	rm -rf $(VENV) demo-run
