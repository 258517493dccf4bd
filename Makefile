# The two commands: `make chat` and `make test`. Everything is installed into .venv; a second run installs nothing
# unless pyproject.toml or constraints.txt have changed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help chat test install evaluate benchmark clean

help:  ## say what there is to make
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

chat: $(VENV)/.installed  ## serve the chat at http://127.0.0.1:7860 (another port: make chat PORT=7861)
	@$(BIN)/sorafenib-assistant chat $(if $(PORT),--port $(PORT))

test: $(VENV)/.installed-dev  ## run ruff, mypy and every test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

install: $(VENV)/.installed-dev  ## install the assistant and what developing it needs

evaluate: $(VENV)/.installed  ## measure the answers on the fixed questions; writes reports/evaluation
	$(BIN)/sorafenib-assistant evaluate --out reports/evaluation

benchmark: $(VENV)/.installed  ## measure speed and memory on the seed papers
	$(BIN)/python benchmarks/speed.py

clean:  ## remove what make has made, but for reports
	rm -rf $(VENV) dist build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip comes last into a new environment: where it is missing, making the environment was interrupted.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed: name one, as in 'make chat PYTHON=python3.12'." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing into $(VENV); the first time this takes some minutes."
	$(PIP) -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing into $(VENV); the first time this takes some minutes."
	$(PIP) -e ".[dev]"
	@touch $@ $(VENV)/.installed
