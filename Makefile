# Every target makes the virtual environment it needs; nothing but Python 3.11 or later, git and make has to be there.
#
#   make conformance       the main job: every documented behaviour, for refpool, aiomysql and asyncmy, no database
#   make conformance-tcp   the same over real sockets instead of in the simulated world
#   make test              the project's own tests, no database
#   make catches           every broken pool against every clause; make test has each meet its own and a share of the others
#   make explore           random histories of refpool: 20,000 with known seeds, and 20,000 with new ones
#   make conformance-real  the same clauses and tests/real on a throw-away MariaDB, and MySQL where it can be had
#   make clients           stock clients of eight languages, as far as they can be had here, on the fake as on servers
#   make lint              formatting, lint, types, import contracts
#   make coverage          the tests again with branch measurement, and the report
#   make package           build the wheel, install it in an empty environment, run the suite from there
#   make bench             the benchmarks, each a ratio measured side by side

# The first Python on PATH that is new enough; `make PYTHON=/path/to/python` names another.
CANDIDATES := python3 python python3.15 python3.14 python3.13 python3.12 python3.11
NEW_ENOUGH = $(shell $(1) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(1))
PYTHON ?= $(firstword $(foreach candidate,$(CANDIDATES),$(call NEW_ENOUGH,$(candidate))))
VENV ?= .venv
BIN := $(VENV)/bin
DRIVERS ?= refpool,aiomysql,asyncmy
REPORTS ?= reports
PYTEST_ARGS ?=
HISTORIES ?= 20000

.PHONY: help conformance conformance-tcp test catches explore clients conformance-real lint coverage package bench format clean

help:
	@sed -n 's/^#   //p' Makefile

conformance: $(VENV)/.test
	@mkdir -p $(REPORTS)
	$(BIN)/python -m spec run --driver $(DRIVERS) --json $(REPORTS)/conformance.json --markdown $(REPORTS)/conformance.md

conformance-tcp: $(VENV)/.test
	@mkdir -p $(REPORTS)
	$(BIN)/python -m spec run --driver $(DRIVERS) --world tcp --json $(REPORTS)/conformance-tcp.json

test: $(VENV)/.test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

catches: $(VENV)/.test
	CATCHES_EVERY=1 $(BIN)/python -m pytest tests/spec/test_catches.py $(PYTEST_ARGS)

explore: $(VENV)/.test
	$(BIN)/python -m spec explore --driver refpool --seeds $(HISTORIES) --start 0
	$(BIN)/python -m spec explore --driver refpool --seeds $(HISTORIES)

conformance-real: $(VENV)/.test
	DRIVERS=$(DRIVERS) REPORTS=$(REPORTS) sh tools/conformance_real.sh $(BIN)/python

clients: $(VENV)/.test
	$(BIN)/python -m tests.clients install --seconds 90
	$(BIN)/python -m tests.clients matrix --report $(REPORTS)/clients.md

lint: $(VENV)/.lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

coverage: $(VENV)/.test
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(PYTEST_ARGS)
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

package: $(VENV)/.lint
	sh tools/check_package.sh $(BIN)/python

bench: $(VENV)/.test
	for script in $$(ls benchmarks/[!_]*.py); do \
	  echo "== $$script"; $(BIN)/python -m $$(echo $${script%.py} | tr / .) || exit 1; done

format: $(VENV)/.lint
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) $(REPORTS) build dist .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Environments. The versions are those of constraints.txt; pip itself first, for an old one does not read groups.
$(VENV)/.pip: constraints.txt
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 or later on PATH; install one, or name it: make PYTHON=/path/to/python"; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "make: $(PYTHON) cannot make a virtual environment (on Debian and Ubuntu: apt install python3-venv)"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt pip
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt $(VENV)/.pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group test --group drivers
	@touch $@

$(VENV)/.lint: pyproject.toml constraints.txt $(VENV)/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group lint --group build
	@touch $@
