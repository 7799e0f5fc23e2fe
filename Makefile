# `make` prints this help. `make demo` and `make test` work in a fresh clone, in either order.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo up test deploy-tools deploy-checks image-check chaos campaigns-chaos storm failover upgrade rehearse month crash forged mutations fuzz bench durability lint fmt lock clean

help: ## print this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## create .venv with everything the project needs (seconds when current)

$(STAMP): requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "plexsend needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) (once; about a minute)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## run the whole thing on this machine and watch it, half a minute (ARGS=--full)
	@$(BIN)/plexsend demo $(ARGS)

up: $(STAMP) ## start Valkey, the sandbox gateway and workers, and keep them running
	@$(BIN)/plexsend up --sandbox

test: $(STAMP) ## run all tests
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

deploy-tools: $(VENV)/deploy/.installed ## install the tools that judge deploy/ into .venv/deploy (some 200 MB, once)

# An environment of their own: one of them brings a plugin that every run of pytest beside it would load.
$(VENV)/deploy/.installed: requirements/deploy-checks.lock $(STAMP)
	@$(BIN)/python -m venv --clear $(VENV)/deploy
	@$(VENV)/deploy/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/deploy-checks.lock
	@touch $@

deploy-checks: deploy-tools ## judge every file of deploy/ with the real tools; one that is missing is a failure
	@CI=$${CI:-true} $(BIN)/python -m pytest -q tests/deploy $(ARGS)

image-check: $(STAMP) ## build the image with buildah and run in it what compose.yaml starts (minutes; root, no registry)
	@$(BIN)/python -m tests.image

chaos: $(STAMP) ## break everything for half an hour and show which promises held (ARGS=--list)
	@$(BIN)/python -m tests.chaos $(ARGS)

campaigns-chaos: $(STAMP) ## feed campaigns while feeders, beats and Redis are killed (half an hour; ARGS="--runs 1 --rows 10000")
	@$(BIN)/python -m tests.chaos.feeding $(ARGS)

storm: $(STAMP) ## send 100,000 messages at once and show whether everybody heard what became of each (ARGS="--messages 5000")
	@$(BIN)/python -m tests.chaos.storm $(ARGS)

failover: $(STAMP) ## kill, hang and cut off a master under load, and count what is lost (about twenty minutes)
	@$(BIN)/python -m tests.failover $(ARGS)

upgrade: $(STAMP) ## run workers of 0.2.0, then 0.5.0, beside this version's, and go over (about two minutes)
	@$(BIN)/python -m tests.upgrade

rehearse: $(STAMP) ## run deploy/compose.yaml on three hosts of this machine and do what operators do (about twenty minutes; ARGS=--list)
	@$(BIN)/python -m tests.rehearsal $(ARGS)

month: $(STAMP) ## let 5,000 groups a day pass for thirty simulated days and show what is left (ARGS="--groups 500")
	@$(BIN)/python -m tests.integration.outbox.month $(ARGS)

crash: $(STAMP) ## stop a process at every point at which it can stop (about four minutes)
	@EVERY_POINT=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile tests/integration/crash $(ARGS)

forged: $(STAMP) ## post 100,000 receipts that somebody made up (about three minutes; ARGS=1000: fewer)
	@$(BIN)/python -m tests.integration.web.forged $(ARGS)

mutations: $(STAMP) ## break each promise in the code on purpose and show what catches it
	@$(BIN)/python -m tests.mutations $(ARGS)

fuzz: $(STAMP) ## try bad input for a quarter of an hour (ARGS=5: less)
	@$(BIN)/python -m tests.fuzz $(ARGS)

bench: $(STAMP) ## measure against the targets, about an hour (ARGS="--only bare", ARGS=--quick)
	@$(BIN)/python -m bench $(ARGS)

durability: $(STAMP) ## crash Valkey while it writes, and measure what keeping costs (about fifteen minutes)
	@$(BIN)/python -m bench.durability $(ARGS)

lint: $(STAMP) ## style, types and the rules between the rooms
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m tests.luacheck

fmt: $(STAMP) ## format and mend what can be mended
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
  --custom-compile-command 'make lock' --python-version 3.11

lock: $(STAMP) ## bring requirements/*.lock up to date with pyproject.toml; what is pinned stays (ARGS=--upgrade)
	@$(BIN)/python -m pip install --quiet uv
	@$(LOCK) $(ARGS) --all-extras --group dev -o requirements/dev.lock pyproject.toml
	@$(LOCK) --extra worker --extra cli --extra images --extra web --extra campaigns --extra tables --constraints requirements/dev.lock -o requirements/deploy.lock pyproject.toml
	@$(LOCK) --group build --constraints requirements/dev.lock -o requirements/build.lock
	@$(LOCK) --group deploy --constraints requirements/dev.lock -o requirements/deploy-checks.lock

clean: ## remove .venv and caches
	@rm -rf $(VENV) .bench .pytest_cache .mypy_cache .ruff_cache .hypothesis
