# Everything runs from a fresh clone. uv is installed here, and finds or fetches the Python of .python-version.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Without it uv trusts only its bundled certificates, and fails behind a proxy that brings its own.
export UV_SYSTEM_CERTS := 1
# A configuration or an environment of the caller must not change what is installed.
export UV_NO_CONFIG := 1
# Nor make every process compile anew all that it imports: a start of pytest took three times as long.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE
# No time zones of this machine: those of the lock file, as in the functions.
export PYTHONTZPATH :=

UV := .local/uv/bin/uv
PYTHON := .venv/bin/python

.PHONY: help setup import run receive send export ask verify logs schema test prove lock clean format coverage bench lint ruff types arrows validate template scan audit-deployed audit-dependencies unit integration replay e2e

help:
	@echo "make run     start the local stack (PORT=4566); Ctrl-C stops it"
	@echo "make import  import a network into the running stack (FILE=network.yaml, or .json)"
	@echo "make send    send a file of activities (FILE=activities.csv, or .ndjson; DRY_RUN=true)"
	@echo "make receive print what webhooks bring (SECRET=whsec_..., PORT=, STATUS=)"
	@echo "make export  write out the running stack's ledger (SINCE=, UNTIL=, FORMAT=ndjson|parquet, TO=)"
	@echo "make ask     answer from exports (QUESTION=liability|top-members|activities, FROM=, SINCE=, UNTIL=)"
	@echo "make verify  tell what was changed, removed or added (FROM=exports, SEALS=s3://bucket)"
	@echo "make logs    follow the function logs of the running stack"
	@echo "make test    every check and test, or some: STAGES='lint unit'"
	@echo "make prove   try to break it, for long; writes docs/proof.md (PART=, SEED=, SEEDS=)"
	@echo "make audit-dependencies  ask whether what is locked has known vulnerabilities"
	@echo "make bench   measure what an activity costs, beside a baseline; writes docs/benchmarks.md (PART=)"
	@echo "make format  let ruff put the code in order"
	@echo "make schema  renew docs/*.schema.json and docs/openapi.json after a change of what they are made of"
	@echo "make setup   only install the environments"
	@echo "make lock    renew the lock files"
	@echo "make clean   remove everything that was installed or built"

setup: .venv/.ready .local/sam/.ready .local/emulator/.ready

$(UV): requirements/uv.txt
	@echo "setup: uv"
	@python3 -m venv --clear .local/uv
	@.local/uv/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements/uv.txt
	@touch $@

.venv/.ready: requirements/dev.txt pyproject.toml .python-version $(UV)
	@echo "setup: .venv"
	@$(UV) venv --quiet --allow-existing .venv
	@$(UV) pip sync --quiet --require-hashes --python .venv requirements/dev.txt
	@$(UV) pip install --quiet --python .venv --no-build-isolation --no-deps -e .
	@touch $@

.local/%/.ready: requirements/%.txt .python-version $(UV)
	@echo "setup: $(@D)"
	@$(UV) venv --quiet --allow-existing $(@D)
	@$(UV) pip sync --quiet --require-hashes --python $(@D) $<
	@touch $@

# --universal: one lock for every system. No index URL and no header: neither says anything about what is locked.
COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --upgrade --python-version "$$(cat .python-version)"
lock: $(UV)
	$(COMPILE) requirements/uv.in -o requirements/uv.txt
	$(COMPILE) layers/dependencies/requirements.in -o layers/dependencies/requirements.txt
	$(COMPILE) requirements/dev.in -o requirements/dev.txt
	$(COMPILE) requirements/emulator.in -o requirements/emulator.txt
	$(COMPILE) requirements/sam.in -o requirements/sam.txt
	$(COMPILE) requirements/scanners.in -o requirements/scanners.txt

clean:
	rm -rf .venv .local .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage


# exec: what ends make's child ends the program itself.
run: setup
	@exec $(PYTHON) -m local run

logs: setup
	@exec $(PYTHON) -m local logs

import: setup
	@exec $(PYTHON) -m local import

receive: setup
	@exec $(PYTHON) -m local receive

send: setup
	@exec $(PYTHON) -m local send

export: setup
	@exec $(PYTHON) -m local export

verify: setup
	@exec $(PYTHON) -m local verify

ask: setup
	@exec $(PYTHON) -m local ask

schema: setup
	@exec $(PYTHON) -m local schema

# From cheap to dear, so that what is wrong shows early.
STAGES := lint unit integration replay e2e
test: setup
	@for stage in $(STAGES); do \
	  echo "== $$stage"; began=$$SECONDS; \
	  $(MAKE) $$stage || { echo "== $$stage FAILED after $$((SECONDS - began)) s"; exit 1; }; \
	  echo "== $$stage passed in $$((SECONDS - began)) s"; \
	done; echo "== all passed in $$SECONDS s"

# The slow ones first and side by side; the output of each stays in one piece.
lint: setup .local/scanners/.ready
	@$(MAKE) -k -j2 --output-sync=target types validate template scan ruff arrows audit-deployed
ruff:
	@$(PYTHON) -m ruff check --quiet .
	@$(PYTHON) -m ruff format --quiet --diff .
types:
	@$(PYTHON) -m mypy --no-error-summary .
arrows:
	@.venv/bin/lint-imports > .local/arrows.log || { cat .local/arrows.log; exit 1; }
# Both read the template as it is, and ask nobody. What they leave out, and why: .cfnlint.yaml and .checkov.yaml.
template: .local/scanners/.ready
	@.local/scanners/bin/cfn-lint --config-file .cfnlint.yaml
# The region only decides which resource types exist; nothing is asked of AWS.
validate:
	@SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 .local/sam/bin/sam validate --lint > .local/validate.log 2>&1 \
	  || { cat .local/validate.log; exit 1; }
scan: .local/scanners/.ready
	@.local/scanners/bin/checkov --config-file .checkov.yaml > .local/scan.log 2>&1 || { cat .local/scan.log; exit 1; }
# Tells of known vulnerabilities if there is somebody to ask; only `make prove` and `make audit-dependencies` fail on
# them, since they come to be known without a change here.
audit-deployed: .local/scanners/.ready
	@$(PYTHON) -m tests.proof.audit_dependencies --only-tell layers/dependencies/requirements.txt
audit-dependencies: setup .local/scanners/.ready
	@$(PYTHON) -m tests.proof.audit_dependencies

# On all processors; e2e shares one stack.
unit integration: setup
	@exec $(PYTHON) -m pytest -q -n auto --durations=5 --durations-min=2 tests/$@
replay e2e: setup
	@exec $(PYTHON) -m pytest -q --durations=5 --durations-min=2 tests/$@

prove: setup .local/scanners/.ready
	@exec $(PYTHON) -m tests.proof $(if $(PART),--part $(PART)) $(if $(SEED),--seed $(SEED)) $(if $(SEEDS),--seeds $(SEEDS))

coverage: setup
	@$(PYTHON) -m pytest -q --cov --cov-report=term tests/unit tests/integration tests/replay

# What it prints are ratios within one run, and counts: machines are noisy.
bench: setup
	@exec $(PYTHON) -m benchmarks $(if $(PART),--part $(PART))

format: setup
	@$(PYTHON) -m ruff check --fix --quiet . || true
	@$(PYTHON) -m ruff format --quiet .
