# Two commands matter: `make up` runs the suite from this checkout, `make test` does every check that CI does.
# Everything else is a part of one of them. `ARGS=...` is passed on to the program at the end of a target.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

ARGS ?=
TARGET := $(or $(CARGO_TARGET_DIR),target)

.PHONY: help up test bench drill fmt lint build-release build-debug unit browser budgets python contract contract-short contract-diff contract-release corpus fuzz

help: ## Say what there is to say
	@grep -hE '^[a-z-]+:.*## ' "$(firstword $(MAKEFILE_LIST))" | sed -E 's/:.*## /\t/' | expand -t 16

up: build-release ## Build and run the suite with a private PostgreSQL in ./.dg (ARGS="--api-port 0 --json")
	@exec "$(TARGET)/release/dg" up $(ARGS)

test: ## Every check: format, lints, unit, integration, browser, Python and contract tests
	@.ci/install cargo postgresql
	@$(MAKE) fmt-check lint unit corpus browser python contract-short

bench: build-release ## Measure against the COPY ceiling (ARGS="append-batch --json")
	@exec "$(TARGET)/release/dg" bench $(or $(ARGS),append-batch)

drill: build-debug ## The long kill drills and soaks that CI leaves out
	@DG_DRILL=long NEXTEST_PROFILE=long .ci/tests --workspace --test it drill $(ARGS)
	@DG_DRILL=long .ci/python -k drill

fmt: ## Format the sources
	@cargo fmt --all

.PHONY: fmt-check
fmt-check:
	@cargo fmt --all --check

lint: ## Lints and documentation without a warning, licences and duplicates when cargo-deny is there
	@cargo clippy --workspace --all-targets --locked -- -D warnings
	@RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet
	@if command -v cargo-deny >/dev/null; then cargo deny --offline check licenses bans sources; else echo "cargo-deny is not installed: licences not checked"; fi

build-release:
	@.ci/install cargo postgresql
	@cargo build --release --bins --locked

build-debug:
	@.ci/install cargo postgresql
	@cargo build --workspace --bins --examples --locked

unit: build-debug ## Unit and integration tests (ARGS is passed to the test runner)
	@.ci/tests --workspace $(ARGS)

corpus: build-debug ## What fuzzing found worth keeping, compared with other implementations, where Python is there
	@if command -v python3 >/dev/null; then .ci/corpus compare; else echo "corpus: SKIPPED, no python3"; fi

fuzz: ## Look for inputs that break the reading of events, ten minutes (ARGS="60 --keep")
	@.ci/install cargo
	@.ci/fuzz $(or $(ARGS),10)

browser: build-debug ## The console in a real browser, where Chromium and npm can be had
	@.ci/browser

budgets: build-release ## What the console costs: 100,000 traces, 200 open consoles, a trace of 10,000 events
	@BUDGETS=full PROFILE=release JOURNEY=budgets tests/browser/run

python: build-debug ## Lints, types, tests and packages of the Python client (ARGS is passed to pytest)
	@.ci/python $(ARGS)

contract: build-debug ## Thousands of made-up requests against the API, held against its document (ARGS is passed to schemathesis)
	@.ci/schemathesis full $(ARGS)

contract-short: build-debug
	@.ci/schemathesis short $(ARGS)

contract-diff: ## What breaks clients of the last release (docs/api/openapi-released.json)
	@.ci/tests --package dg-apid what_was_released_holds

contract-release: build-debug ## Keep today's document as that of the release (docs/api/README.md says when)
	@"$(TARGET)/debug/dg-apid" --openapi >docs/api/openapi-released.json

packages: build-release ## deb, rpm, list of parts and checksums in target/packages
	@packaging/build $(ARGS)

packaging-test: build-release ## Install the packages in a Debian that is booted for it (root; DG_RESTARTS=200 for the long run)
	@.ci/install packaging
	@tests/packaging/run
