# Every target sets up .venv first when it is missing or older than the lock file.

PYTHON ?= python3.11
BIN := .venv/bin
READY := .venv/.ready
# Modules side by side, each in one process: what they share (servers, a campaign) is made once.
# More than there are cores, since some wait for servers.
PARALLEL := -n 4 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help run up test test-slow lint bench lock clean

help:  ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
		{ echo "make: this needs Python 3.11; name it with make PYTHON=/path/to/python3.11" >&2; exit 2; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m pip check
	$(BIN)/python -m flows.databases
	touch $@

run: $(READY)  ## Run the layered-oxide campaign from nothing to a report
	$(BIN)/cathode run campaigns/layered_oxide.yaml

up: $(READY)  ## Run the platform: Prefect, MLflow, a worker, all deployments
	$(BIN)/cathode up

test: $(READY)  ## Lint, types, import contracts and the tests
	@$(MAKE) --no-print-directory lint
	$(BIN)/pytest $(PARALLEL)

test-slow: $(READY)  ## The tests that take minutes: kills at every moment, full campaigns
	$(BIN)/pytest -m slow

lint: $(READY)  ## Style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(READY)  ## Measure the loop: wall time, overhead, memory
	$(BIN)/python -m benchmarks.loop

lock:  ## Resolve all versions anew into requirements.lock
	$(PYTHON) -m venv --clear .venv-lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check --upgrade pip setuptools
	.venv-lock/bin/python -m pip install --disable-pip-version-check $(LOCK_OPTIONS) '.[dev]'
	{ echo "# Every version, resolved by 'make lock' for Python 3.11. Install with --no-deps."; \
	  .venv-lock/bin/python -m pip freeze --all --exclude cathode --exclude pip | sed 's/+cpu$$//'; } > requirements.lock
	rm -rf .venv-lock build

clean:  ## Remove the environment and all caches, but nothing you have measured
	rm -rf .venv .venv-lock build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
