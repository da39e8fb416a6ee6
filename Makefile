# The commands people use; each sets up what it needs. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
BENCH_READY := $(VENV)/bench-ready
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help up test test-browser axe check bench browser demo docs screenshots format lock clean nightly

help: ## What there is
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Everything is pinned with its hash, so nothing has to be resolved; pip's resolver can't check hashes of extras.
$(READY): constraints.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Launch Review needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r constraints.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

up: $(READY) ## The whole system with the sample programme, until Ctrl-C
	$(BIN)/launch-review up --demo

demo: $(READY) ## The whole path once, told on the terminal
	$(BIN)/launch-review demo

test: $(READY) ## All tests
	$(BIN)/python -m pytest -n 2 --dist worksteal -q

browser: ## The system's Chromium, where it is missing (Debian and Ubuntu, as root): for tests and pages that scripts fill
	@command -v chromium chromium-browser google-chrome || { apt-get update --quiet && apt-get install --quiet --yes --no-install-recommends chromium; }

# What checks pages for WCAG is no part of the product: it lies beside the tools, pinned, and is never committed.
AXE := $(VENV)/axe
export LAUNCH_REVIEW_AXE ?= $(CURDIR)/$(AXE)/node_modules/axe-core/axe.min.js

axe: $(READY)
	@test -e $(AXE)/node_modules/axe-core/axe.min.js \
		|| npm install --silent --no-save --no-audit --no-fund --prefix $(AXE) axe-core@4.14.1 \
		|| { apt-get update --quiet && apt-get install --quiet --yes --no-install-recommends npm \
			&& npm install --silent --no-save --no-audit --no-fund --prefix $(AXE) axe-core@4.14.1; } \
		|| echo "axe-core could not be installed; what needs it is skipped" >&2

test-browser: browser axe ## The desk in the system's Chromium, with scripts and without, checked by axe-core
	$(BIN)/python -m pytest -q -rs tests/journeys/test_*_in_browser.py

nightly: $(READY) ## All tests with twenty times as many random cases
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest -n 2 --dist worksteal -q --timeout 3600

check: $(READY) ## Lint, format, types, import rules, pins
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pip check

# What the measurements compare with is theirs alone, and leaves what constraints.txt pins as it is.
$(BENCH_READY): bench/requirements.txt $(READY)
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r bench/requirements.txt
	@touch $@

bench: $(BENCH_READY) ## Every measurement, side by side with its reference
	@for bench in bench/[a-z]*.py; do echo "== $$bench"; $(BIN)/python $$bench || exit 1; done

docs: $(READY) ## Write the generated pages anew
	$(BIN)/python -m review.lifecycle_table > docs/lifecycle.md
	$(BIN)/python -m checklist.as_markdown > docs/checklist.md
	$(BIN)/launch-review schema webhook | $(BIN)/python -m json.tool > docs/webhooks.schema.json

screenshots: $(READY) ## Pictures of every mail and of the desk, into docs (needs Chromium: make browser)
	$(BIN)/python -m tests.journeys.mail_pictures docs/mails
	$(BIN)/python -m tests.journeys.desk_pictures docs/desk

format: $(READY) ## Put code into its form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: ## Renew constraints.txt: names, versions, hashes (needs uv)
	uv pip compile pyproject.toml --group dev --extra browser --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header --upgrade -o constraints.txt

clean: ## Remove what was built; the data folder stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
