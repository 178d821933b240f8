# Two commands: `make run` and `make test`. Both set up everything they need in .venv and var/.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
RUN_STAMP := $(VENV)/.run-stamp
DEV_STAMP := $(VENV)/.dev-stamp

.PHONY: simulate help run test test-sqlite test-postgres venv lint format e2e acceptance acceptance-kills acceptance-long bench fuzz corpus

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

run: $(RUN_STAMP) ## Start everything in this terminal; prints the address
	@exec $(PY) manage.py up

venv: $(RUN_STAMP) ## Prepare .venv and nothing else

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Firebreak needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Set PYTHON=/path/to/python3.11."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing. Install it first: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): requirements.txt | $(VENV)/bin/python
	@echo "Installing what Firebreak needs into $(VENV) …"
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(RUN_STAMP)
	@echo "Installing what the tests need into $(VENV) …"
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# Many tests start real processes. Failed once may be a machine that stood still, failed twice is a defect; the summary names
# each test that was tried twice.
TWICE := --reruns 1

test: $(DEV_STAMP) lint ## Lint, then the whole suite on SQLite and on PostgreSQL, with a browser where one can be had
	@$(PY) -m tests.prerequisites
	@$(PY) -m pytest --ignore=tests/acceptance $(TWICE)
	@$(PY) -m tests.postgres $(PY) -m pytest --ignore=tests/acceptance -m "not one_database" -q $(TWICE)

test-sqlite: $(DEV_STAMP) ## The suite on SQLite only
	@$(PY) -m pytest --ignore=tests/acceptance

test-postgres: $(DEV_STAMP) ## The suite on PostgreSQL only (TEST_DATABASE_URL, else an embedded server)
	@$(PY) -m tests.postgres $(PY) -m pytest --ignore=tests/acceptance -m "not one_database"

lint: $(DEV_STAMP) ## ruff, mypy, import contracts, template lint, missing migrations
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@FIREBREAK_SECRET_KEY=lint FIREBREAK_DATA=$$(mktemp -d) $(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports --no-cache >/dev/null || $(VENV)/bin/lint-imports --no-cache
	@$(VENV)/bin/djlint templates --lint --quiet
	@FIREBREAK_SECRET_KEY=lint FIREBREAK_DATA=$$(mktemp -d) $(PY) manage.py makemigrations --check --dry-run >/dev/null || { echo "A model changed without a migration: run manage.py makemigrations."; exit 1; }

format: $(DEV_STAMP) ## Format the Python code
	@$(VENV)/bin/ruff check --fix . && $(VENV)/bin/ruff format .

e2e: $(DEV_STAMP) ## Only the journeys in a browser
	@$(PY) -m tests.prerequisites
	@$(PY) -m pytest tests/browser

acceptance: $(DEV_STAMP) ## TARGET=FOLDER: every scenario on a real service; fails when anything skips
	@[ -n "$(TARGET)" ] || { echo "make acceptance needs TARGET=FOLDER, a folder whose setup.sh starts a real service to roll back."; exit 1; }
	@$(PY) -m pytest tests/acceptance --target="$(TARGET)"

acceptance-long: $(DEV_STAMP) ## TARGET=FOLDER: every fault at every level, about two hours; goes on where it was stopped
	@[ -n "$(TARGET)" ] || { echo "make acceptance-long needs TARGET=FOLDER, a folder whose setup.sh starts a real service to roll back."; exit 1; }
	@$(PY) -m pytest tests/acceptance --target="$(TARGET)" --long --state="$(or $(STATE),var/acceptance-long.json)"

acceptance-kills: $(DEV_STAMP) ## TARGET=FOLDER COUNT=50: the shipped plan again and again, a worker killed in the middle of each run
	@[ -n "$(TARGET)" ] || { echo "make acceptance-kills needs TARGET=FOLDER, as make acceptance does."; exit 1; }
	@$(PY) -W ignore -m tests.acceptance.kills --target "$(TARGET)" --count $(or $(COUNT),50)

bench: $(DEV_STAMP) ## Measure the claims of docs/performance.md, as ratios taken in one run
	@for file in benchmarks/bench_*.py; do $(PY) $$file || exit 1; done

simulate: $(RUN_STAMP) ## How often a verdict is wrong: 10,000 simulated watches a case (SERIES=500 for fewer)
	@$(PY) benchmarks/simulate_verdicts.py

fuzz: $(DEV_STAMP) ## 10,000 mutated plans: none raises, none that was refused may run (FIREBREAK_FUZZ=COUNT)
	@FIREBREAK_FUZZ=$${FIREBREAK_FUZZ:-10000} $(PY) -m pytest tests/plans/document/test_mutations.py -q

corpus: $(RUN_STAMP) ## CORPUS=FOLDER: how much of real plans the reader understands
	@[ -n "$(CORPUS)" ] || { echo "make corpus needs CORPUS=FOLDER, a folder with score.py, labels.json and the plans."; exit 1; }
	@$(PYTHON) "$(CORPUS)/score.py" -- $(PY) manage.py plan read --json
