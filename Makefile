# What a developer types. `make` alone prints this list.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint structure bench lock clean

VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready
ARGS ?=
# The tests of the source itself; they start no server.
STRUCTURE := $(addprefix tests/,test_imports.py test_sizes.py test_compose.py test_migrations.py)

# The tests start hundreds of processes, which need not all compile the same modules.
unexport PYTHONDONTWRITEBYTECODE

# `make check` touches no server: these only let the settings load.
check lint structure: export FLEET_SECRET_KEY := only-to-let-the-settings-load-in-make-check
check lint structure: export FLEET_DATABASE_URL := postgresql://nobody@127.0.0.1:1/none

help: ## Print this list
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/make \1|\2/p' $(MAKEFILE_LIST) \
		| awk -F'|' '{printf "%-12s %s\n", $$1, $$2}'

setup: $(READY) ## Create .venv with everything that development needs

$(READY): pyproject.toml requirements.lock
	@bin/create-venv $(VENV)
	@echo "Installing the dependencies into $(VENV) …"
	@$(PYTHON) -m pip install --disable-pip-version-check -c requirements.lock -e ".[dev]"
	@touch $@

demo: $(READY) ## Start Fleet with sham regions on this machine; Ctrl-C stops it all
	@bin/install-demo-packages
	@exec $(PYTHON) -m fleet.demo

# Two processes more than processors: many tests wait until a line is found to be dead.
test: $(READY) ## Run every test, or some: make test ARGS="tests/regions -k localday"
	@bin/install-test-packages
	@exec $(PYTHON) -m pytest --numprocesses $$(($$(nproc) + 2)) --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

check: lint structure ## Run what needs no server: style, types, structure, migrations, compose file

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(PYTHON) manage.py check --fail-level WARNING

structure: $(READY)
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(PYTHON) -m openapi_spec_validator docs/api/openapi.yaml
	$(PYTHON) -m pytest -q $(STRUCTURE)

bench: $(READY) ## Measure: collection of 100 and 1000 regions, pages, bytes (writes bench/results/)
	@exec $(PYTHON) -m bench $(ARGS)

lock: ## Write requirements.lock anew from the ranges of pyproject.toml
	@bin/write-lock requirements.lock

clean: ## Remove everything that make created, the demo's data included
	rm -rf $(VENV) .demo build staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
