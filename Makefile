# Everything a newcomer or CI runs. `make` alone prints this list.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

help:  ## print the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "erniem needs Python 3.11 or later; set PYTHON=/path/to/one")'
	@echo "making the environment in .venv: a few minutes, most of them downloads"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

setup: $(STAMP)  ## make the environment in .venv
	@git config core.hooksPath >/dev/null 2>&1 || git config core.hooksPath .githooks 2>/dev/null || true

quickstart: setup  ## text in, aligned encoder and report out; DATA=folder for your own text
	$(BIN)/erniem quickstart $(DATA) $(if $(OUTPUT),--output $(OUTPUT))

test: setup  ## run the tests
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto -m 'not slow and not parity and not gpu'

parity: setup  ## compare live with PaddleNLP and transformers 4 (CONTRIBUTING.md)
	$(BIN)/pytest -m parity

check: setup  ## format, lint, types, import contracts, spelling, the docs' links
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell src tests bench docs README.md CHANGELOG.md CONTRIBUTING.md
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir .site

docs: setup  ## the docs as a site, on this machine alone
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

bench: setup  ## speed and memory against named peers, into docs/bench.md; half an hour
	$(BIN)/python bench/run.py

clean:  ## remove the environment and all caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .site

.PHONY: help setup quickstart test parity check docs bench clean
