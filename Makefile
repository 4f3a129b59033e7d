# Two commands do all the set-up: `make demo` and `make test`.
# Needs Python >= 3.11 with pip and venv, and nothing else; uses uv when it is there.
PYTHON ?= python3
BIN := .venv/bin
UV := $(shell command -v uv 2>/dev/null)
ARGS ?=

ifdef UV
  MAKE_VENV = $(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
  INSTALL = $(UV) pip install --quiet --python $(BIN)/python
else
  MAKE_VENV = $(PYTHON) -m venv .venv
  INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

.PHONY: help demo test format lint types layers tests docs pictures soak bench lock clean

help: ## Say what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Digest needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(MAKE_VENV)

# A stamp is newer than its lock exactly when what the lock names is installed.
.venv/run.stamp: .venv/bin/python locks/run.txt pyproject.toml
	@echo "Installing what Digest needs ..."
	@$(INSTALL) --require-hashes -r locks/run.txt
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: .venv/bin/python locks/dev.txt pyproject.toml
	@echo "Installing what Digest and its tests need ..."
	@$(INSTALL) --require-hashes -r locks/dev.txt
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch .venv/run.stamp $@

demo: .venv/run.stamp ## Show a whole week in one minute, offline (ARGS="--once --no-open")
	@$(BIN)/digest demo $(ARGS)

test: format lint types layers tests docs ## Check everything

format: .venv/dev.stamp ## Check the formatting
	$(BIN)/ruff format --check .

lint: .venv/dev.stamp ## Check the style and the dependencies
	$(BIN)/ruff check .
	$(BIN)/deptry .

types: .venv/dev.stamp ## Check the types
	$(BIN)/mypy
	MYPYPATH=benchmarks $(BIN)/mypy benchmarks  # apart: it and tests/ share names of files

layers: .venv/dev.stamp ## Check who imports whom
	$(BIN)/lint-imports

tests: .venv/dev.stamp ## Run the tests
	$(BIN)/pytest $(ARGS)

docs: .venv/dev.stamp ## Check that the documents are in step with the code
	$(BIN)/python docs/check.py

pictures: .venv/dev.stamp ## Take the documents' pictures from the product (needs Chromium)
	$(BIN)/python docs/pictures.py

soak: .venv/dev.stamp ## Run the long proofs, hours of kills (ARGS="--kills 25 -k postgres" runs a part)
	$(BIN)/pytest -n 0 -s -m soak tests/soak $(ARGS)

bench: .venv/dev.stamp ## Measure, as ratios in one run
	$(BIN)/python benchmarks/run.py $(ARGS)

lock: ## Renew the locks (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" pyproject.toml locks/build.in -o locks/run.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" --extra dev pyproject.toml locks/build.in -c locks/run.txt -o locks/dev.txt

clean: ## Remove what was made
	rm -rf .venv dist build digest-demo .mypy_cache .ruff_cache .pytest_cache
