# Một Cửa: `make run` serves, `make test` tests; both set everything up by themselves first.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
UV     := 0.13.9
TORCH  := 2.13.0
export RASA_TELEMETRY_ENABLED := false
export HF_HUB_OFFLINE ?= 1
export TF_CPP_MIN_LOG_LEVEL ?= 3

.DEFAULT_GOAL := help
.PHONY: help setup run test test-fast bench lint browser clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: $(VENV)/.ready ## environment in .venv, trained models and index in var/ (or MOTCUA_DATA_DIR)
	@$(BIN)/motcua prepare

run: setup ## serve on http://localhost:8000 (PORT changes it)
	@MOTCUA_ENV=$${MOTCUA_ENV:-demo} $(BIN)/motcua serve

test: setup browser ## all tests
	@$(BIN)/python -m pytest -q

test-fast: $(VENV)/.ready ## tests that need no trained model, browser or database server
	@$(BIN)/python -m pytest -q -m "not slow"

bench: setup ## speed, memory and quality figures; MOTCUA_CATALOGUE and MOTCUA_QUESTIONS add the large ones
	@$(BIN)/motcua bench

lint: $(VENV)/.ready ## ruff and the direction of imports
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

clean: ## removes the environment and everything built
	rm -rf $(VENV) var .pytest_cache .ruff_cache .rasa

# The lock holds everything but torch: PyPI's torch brings gigabytes of CUDA, so its CPU build is installed apart.
$(VENV)/.ready: pyproject.toml uv.lock Makefile
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed ('$(PYTHON)' is not on this machine). Set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "$(PYTHON) is not Python 3.11"; exit 1; }
	@echo "[1/3] environment in $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing (Debian: apt-get install python3.11-venv)"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV)"
	@echo "[2/3] packages (about 2.6 GB)"
	@$(BIN)/uv sync --quiet --frozen --inexact
	@echo "[3/3] torch $(TORCH), CPU build"
	@if [ -n "$$PIP_FIND_LINKS" ]; then UV_FIND_LINKS=$$PIP_FIND_LINKS $(BIN)/uv pip install --quiet --no-config torch==$(TORCH); \
	 else $(BIN)/uv pip install --quiet --no-config torch==$(TORCH) --torch-backend cpu; fi
	@touch $@

browser: ## Debian's Chromium and Vietnamese fonts for the browser tests, where this machine lets us install them
	@if command -v chromium >/dev/null 2>&1; then :; \
	 elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	   echo "installing chromium for the browser tests"; apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium fonts-noto-core >/dev/null; \
	 else echo "chromium is not here and cannot be installed without root: the browser tests will be skipped"; fi
