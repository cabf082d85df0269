# The commands around the code. A bare Debian or Ubuntu with Python, git and make is enough.
.DEFAULT_GOAL := help
.PHONY: help setup parts demo test check bench bench-serving golden soak
# Tests that need what is missing are left out; CI has to have everything.
optional := || [ "$$CI" != true ]
python := .venv/bin/python

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST))

setup:  ## a .venv with everything, pinned with hashes
	@.ci/venv

demo: setup  ## the main job in a scratch repository, from a spec to a prediction
	@.ci/engine
	@$(python) .ci/base_image.py
	@.ci/demo

parts: setup  ## engine, base image, promtool, registry, clients: found, or installed and started
	@.ci/engine
	@$(python) .ci/base_image.py $(optional)
	@.ci/tools
	@.ci/clients

test: parts  ## all tests, with the real parts
	$(python) -m pytest

check: setup  ## format, lint, types, floors, workflows
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy --strict modelspec tests
	.venv/bin/lint-imports
	.venv/bin/zizmor --offline --quiet --persona auditor .github

bench: setup  ## timings, as ratios to a bare interpreter
	$(python) -m tests.bench

bench-serving: parts  ## our server beside those of others, on one core each
	$(python) -m tests.bench_serving

golden: setup  ## write examples/*/rendered and the gallery of messages again
	$(python) -m tests.golden

soak: parts  ## what is too long for test: many kills, long floods, full fuzzing
	$(python) -m pytest -m soak
