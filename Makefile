# `make help` lists the targets.  The work is done by the scripts in tools/;
# each can be run by itself.
PY := .venv/bin/python
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup build demo test check lint format typing c-test asan \
	asyncio-debug pythons bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

setup: ## make .venv with everything the tests need
	@tools/setup.sh dev

build: ## build the extension in place, for .venv
	@tools/setup.sh

demo: ## set up what is missing, then run examples/quickstart.py
	@tools/setup.sh
	@$(PY) examples/quickstart.py

test: ## set up what is missing, then run the Python tests (ARGS="-k row")
	@tools/setup.sh dev
	@$(PY) -m pytest -q $(ARGS)

check: ## everything that CI decides on
	@tools/check.sh

lint: ## source lints, ruff, C formatting
	@tools/check.sh lint source

format: ## lay out the Python and C sources
	@tools/setup.sh dev
	@.venv/bin/ruff format -q . && .venv/bin/ruff check -q --fix .
	@find src tests/c -name '*.[ch]' -exec .venv/bin/clang-format -i {} +

typing: ## mypy, and the stub of the extension against the extension
	@tools/check.sh typing

c-test: ## the C tests: plain, ASAN+UBSAN, TSAN
	@tools/check.sh c-test

asan: ## the Python tests on an ASAN+UBSAN build, leaks included (ARGS="-k row")
	@tools/asan.sh $(ARGS)

asyncio-debug: ## the Python tests with -X dev and asyncio's debug mode
	@tools/check.sh asyncio-debug

pythons: ## the Python tests on every CPython >= 3.11 of this machine
	@tools/pythons.sh $(ARGS)

bench: ## measure against the peers; writes JSON beside the table
	@tools/setup.sh bench
	@$(PY) -m benchmarks $(ARGS)

clean: ## remove what was built, .venv included
	rm -rf build .venv *.egg-info sqlactive_c/_core.*.so .pytest_cache \
		.mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
