# Needs python3 (3.11 or later) with pip and venv, and make. Everything goes into .venv.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
UV := .venv/uv/bin/uv
# Extras stay in the locks: pip would take the newest coverage for `coverage[toml]` and miss its hash.
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-strip-extras --no-emit-index-url --custom-compile-command "make lock" $(UPGRADE)
LOCK = $(COMPILE) pyproject.toml -
BUILD_REQUIRES = $(PYTHON) -c 'import tomllib; \
	print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")'

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test serve worker check bench clients fuzz openapi examples lock migrate clean \
	style types contracts coverage drift

help: ## List the targets
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: .venv/.run.stamp ## Serve the real case: set up, migrate, load it, print a key and lines to try
	@$(BIN)/answerable demo

test: .venv/.dev.stamp .venv/.clients.stamp .venv/.node.stamp ## Run the whole suite, on SQLite and on PostgreSQL
	$(BIN)/pytest -n 2

serve: .venv/.run.stamp ## Serve a database that is migrated
	@$(BIN)/answerable serve

worker: .venv/.run.stamp ## Send webhooks; with SQLite `make serve` does it by itself
	@$(BIN)/answerable worker

migrate: .venv/.run.stamp ## Bring the database's tables up to date
	@$(BIN)/answerable migrate

check: style types contracts coverage drift ## Check everything: style, types, imports, tests, openapi.json
	@echo "All checks passed."

bench: .venv/.dev.stamp ## Measure speed at 10,000 and 100,000 questions
	$(BIN)/python -m tests.bench

openapi: .venv/.run.stamp ## Write openapi.json
	$(BIN)/answerable openapi > .venv/openapi.json
	cp .venv/openapi.json openapi.json

clients: .venv/.dev.stamp .venv/.clients.stamp .venv/.node.stamp .venv/.generator.stamp ## Generate clients and use them; needs Node 20+ and Java, runs what it can
	@cat .venv/.node.stamp .venv/.generator.stamp
	$(BIN)/pytest -rs -o python_files='test_*.py check_*.py' tests/clients

fuzz: .venv/.dev.stamp ## Look for faults with Schemathesis for SECONDS=600 on each database
	FUZZ_SECONDS=$(or $(SECONDS),600) $(BIN)/pytest --timeout 0 tests/contract -k schemathesis

examples: .venv/.dev.stamp ## Record the examples of openapi.json, and write it
	RECORD_EXAMPLES=1 $(BIN)/pytest tests/openapi/test_examples.py -k "run_answers and sqlite"
	@$(MAKE) --no-print-directory openapi

lock: $(UV) ## Lock the packages in requirements*.txt; UPGRADE=--upgrade takes newer ones
	$(BUILD_REQUIRES) | $(LOCK) --output-file requirements.txt > .venv/lock.log
	$(BUILD_REQUIRES) | $(LOCK) --output-file requirements-dev.txt --extra dev \
		--constraint requirements.txt > .venv/lock.log
	$(COMPILE) tests/clients/requirements.in --output-file tests/clients/requirements.txt > .venv/lock.log
	$(COMPILE) tests/clients/generator.in --output-file tests/clients/generator.txt > .venv/lock.log

clean: ## Remove .venv and caches; databases stay
	rm -rf .venv build dist *.egg-info .coverage .coverage.* .hypothesis .import_linter_cache \
		.mypy_cache .pytest_cache .ruff_cache
	find app migrations tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The steps of `make check`. The first that fails ends it and says which one it was.

style: .venv/.dev.stamp
	$(call step,ruff check,$(BIN)/ruff check,see above; many are mended by $(BIN)/ruff check --fix)
	$(call step,ruff format,$(BIN)/ruff format --check,run $(BIN)/ruff format)

types: .venv/.dev.stamp
	$(call step,mypy,$(BIN)/mypy,see above)

contracts: .venv/.dev.stamp
	$(call step,import contracts,$(BIN)/lint-imports,the contracts are in pyproject.toml)

coverage: .venv/.dev.stamp .venv/.clients.stamp .venv/.node.stamp
	$(call step,tests and coverage,$(BIN)/pytest -n 2 --cov --cov-report=term,see above)

drift: .venv/.dev.stamp
	$(call step,openapi.json,$(BIN)/answerable openapi > .venv/openapi.json && \
		diff -u openapi.json .venv/openapi.json,openapi.json is not what the code says; run make openapi)

define step
@printf '\n== %s\n' '$(1)'
@$(2) || { printf '\nFAILED: %s (%s)\n' '$(1)' '$(3)' >&2; exit 1; }
endef

# Setting up. The stamps make the second run fast. The project itself is installed without network
# or further packages: setuptools, which does it, is one of those locked.

define python
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	echo "error: Python 3.11 or later is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
		"Name another one, for example: make $(or $(MAKECMDGOALS),demo) PYTHON=python3.12" >&2; \
	exit 1; }
@$(BIN)/python -m pip --version > /dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
endef

define install
$(python)
$(PIP) install --quiet --require-hashes --requirement $(1)
$(PIP) install --quiet --no-deps --no-build-isolation --editable .
@$(BIN)/python -m compileall -q app migrations
endef

.venv/.run.stamp: requirements.txt pyproject.toml
	@echo "Setting up .venv; this takes about a minute the first time."
	$(call install,requirements.txt)
	@touch $@

.venv/.dev.stamp: requirements-dev.txt pyproject.toml
	@echo "Setting up .venv with the tools for development; this takes about a minute the first time."
	$(call install,requirements-dev.txt)
	@touch .venv/.run.stamp $@

# What clients are generated with, each in an environment of its own. What a machine cannot run is
# left out, and the stamp says what is missing.

.venv/.clients.stamp: tests/clients/requirements.txt
	$(python)
	@echo "Setting up .venv/clients, for the Python client."
	$(PYTHON) -m venv --clear .venv/clients
	.venv/clients/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes --requirement $<
	@touch $@

.venv/.generator.stamp: tests/clients/generator.txt
	$(python)
	@if java -version > /dev/null 2>&1; then \
		echo "Setting up .venv/generator, for openapi-generator."; \
		$(PYTHON) -m venv --clear .venv/generator && .venv/generator/bin/python -m pip \
			--disable-pip-version-check install --quiet --require-hashes --requirement $< && : > $@; \
	else echo "Java is not here: the clients of openapi-generator are left out." > $@; fi

.venv/.node.stamp: tests/clients/package.json tests/clients/package-lock.json
	$(python)
	@if node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2> /dev/null && npm --version > /dev/null 2>&1; then \
		echo "Setting up .venv/node, for linters and TypeScript clients."; \
		mkdir -p .venv/node && cp $^ .venv/node/ && { (cd .venv/node && npm ci --silent --no-audit --no-fund) && : > $@ || \
			{ rm -rf .venv/node; echo "npm could not install: linters and TypeScript clients are left out." | tee $@; }; }; \
	else echo "Node 20 or later is not here: linters and TypeScript clients are left out." > $@; fi

$(UV):
	$(python)
	$(PYTHON) -m venv .venv/uv
	.venv/uv/bin/pip install --quiet uv
