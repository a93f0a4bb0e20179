# `make` lists what there is; `make demo` and `make test` set everything up by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PARTS := services/finder services/ris-fetcher services/indexer services/mover services/storescp services/exporter services/api deploy/hospital deploy/standalone
SOURCES := $(wildcard services/*/src shared/src deploy/*/src)
WORKERS ?= 2
VIEWER ?= radquarry-data/viewer

.DEFAULT_GOAL := list
.PHONY: list install viewer demo test test-again check format bench midi-b images services-up services-down clean

list: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | column -t -s '|'

$(VENV)/.installed: constraints.txt pyproject.toml shared/pyproject.toml $(PARTS:%=%/pyproject.toml)
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "radquarry needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --upgrade pip
	PIP_CONSTRAINT=constraints.txt $(BIN)/pip install --quiet --group dev \
	  -e 'shared[rabbit,opensearch,embedded,postgres,dicom]' $(PARTS:%=-e %)
	touch $@

install: $(VENV)/.installed ## make .venv with the radquarry command and everything to work on it

viewer: ## the viewer of the images (OHIF, from npm), into VIEWER
	$(PYTHON) deploy/viewer/fetch.py $(VIEWER)

demo: install ## a simulated hospital and radquarry in one process, at http://127.0.0.1:8000
	$(BIN)/radquarry demo

test: install ## set up, check, and run all tests; those of real servers when `make services-up` has run
	$(MAKE) check
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup $(PYTEST)

test-again: install ## what failed the last time once more, one test after the other
	$(BIN)/pytest --last-failed --last-failed-no-failures none $(PYTEST)

check: install ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(SOURCES)

format: install ## put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install ## measure against bare peers in the same run; writes bench/results/
	$(BIN)/python -m bench $(BENCH)

midi-b: install ## score de-identification by MIDI-B's ten actions on a seeded set
	$(BIN)/python -W ignore -m tests.exporter.midi_b.scoring

images: ## build the container images
	deploy/compose/build

services-up: install ## real RabbitMQ, OpenSearch, PostgreSQL, Orthanc and dcmqrscp for the tests, on 127.0.0.1
	tests/servers/up

services-down: ## end them
	tests/servers/down

clean: ## remove what was built and measured here, not the data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache screenshots
