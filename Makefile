# liveshop: `make demo` shows it, `make test` proves it. Nothing is needed but Python and make.
#
#   PYTHON=python3.12   the interpreter that .venv is made with
#   ARGS="--port 9000"  options that are passed on to the demo or to pytest
#   PYTHON2=python2.7   the interpreter that `make autobahn` runs; nothing else needs it

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c '$(RIGHT_PYTHON)' >/dev/null 2>&1 && echo $$python && exit; done; echo python3)
RIGHT_PYTHON := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON2 ?= python2.7
RIGHT_PYTHON2 := import sys, pip; sys.exit(sys.version_info[:2] != (2, 7))
UV ?= uv
BIN := .venv/bin
INSTALLED := .venv/installed
AUTOBAHN := .autobahn
# Several processes of tests, each with stores of its own; tests/spread.py says how many.
SPREAD := -n auto
# The tests of features that need no stores.
FEATURES_RULES := $(wildcard $(foreach name,rules* csv_rows prose shopify skus rehearsal crowd parts \
	page_state words,tests/features/*/test_$(name).py))

.DEFAULT_GOAL := help
.PHONY: help install demo test test-fast without test-debian13 check load crash recording upgrade topology autobahn planted fuzz hostile audit-dependencies sbom format lock vendor pictures weight clean

help: ## List the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 20

install: $(INSTALLED) ## Make .venv with everything that the demo and the tests need

# If a PYTHON that is named were ignored once .venv is there, the tests would run under another.
ifneq ($(origin PYTHON),file)
OTHER_PYTHON := $(shell [ ! -x $(BIN)/python ] || \
	[ "$$($(BIN)/python -V 2>&1)" = "$$($(PYTHON) -V 2>&1)" ] || echo --clear)
endif

# The umask lets a database user enter when root installs with a strict one.
$(INSTALLED): requirements.lock pyproject.toml $(if $(OTHER_PYTHON),another-python)
	@umask 022 && $(MAKE) --no-print-directory python-is-right && \
	$(PYTHON) -m venv $(OTHER_PYTHON) .venv && \
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock && \
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable . && \
	touch $@

.PHONY: another-python python-is-right
python-is-right:
	@$(PYTHON) -c '$(RIGHT_PYTHON)' || { \
	echo "liveshop needs Python 3.11, 3.12 or 3.13; '$(PYTHON)' is not one." \
	"Name one: make install PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	echo "$(PYTHON) cannot make virtual environments: install its venv module" \
	"(Debian: apt-get install python3-venv)" >&2; exit 1; }

demo: install ## Run a live session with real stores: make demo ARGS="--port 9000 --no-crowd"
	@$(BIN)/liveshop demo $(ARGS)

test: install ## Run the whole suite; it needs Chromium, nginx and HAProxy, which this installs
	@tests/browser/install.sh || echo "Those tests will fail; the others run." >&2
	@tests/topology/install.sh || echo "Those tests will fail; the others run." >&2
	@$(BIN)/pytest $(SPREAD) $(ARGS)

test-fast: install ## Run the tests of core, architecture, documents, pages and features' rules
	@$(BIN)/pytest $(SPREAD) tests/core tests/architecture tests/docs tests/pages \
		$(FEATURES_RULES) $(ARGS)

without: install ## Run the suite in a copy of the tree without a feature: make without FEATURE=chat
	@$(BIN)/python -m tests.without $(FEATURE) $(SPREAD) $(ARGS)

test-debian13: export ARGS := $(ARGS)
test-debian13: ## Run the whole suite of the last commit in a chroot of Debian 13 (needs root)
	@tests/debian13/run.sh

check: install ## Run ruff, mypy and the tests of the architecture
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest -q tests/architecture

topology: install ## Restart nodes and fail over stores behind load balancers, on many processes
	@tests/topology/install.sh nginx haproxy pgbouncer
	@$(BIN)/python -m tests.topology $(ARGS)

load: install ## Run a crowd of Locust's users on a demo: make load ARGS="--users 500 --run-time 2m"
	@$(BIN)/python -m loadtests.load $(ARGS)

crash: install ## Kill nodes and stores during stampedes, 30 seeds: make crash ARGS="--seed 7"
	@$(BIN)/python -m tests.crash $(ARGS)

recording: install ## Compare a whole show with another checkout: make recording ARGS="--against DIR"
	@$(BIN)/python -m tests.recording $(ARGS)

upgrade: install ## Run shows next to a node of the release before: make upgrade ARGS="--before DIR"
	@$(BIN)/python -m tests.upgrade $(ARGS)

autobahn: install $(AUTOBAHN)/installed ## Run the Autobahn test suite (needs Python 2.7)
	@$(BIN)/python -m tests.autobahn --python2 $(PYTHON2) --installed $(AUTOBAHN)

$(AUTOBAHN)/installed: tests/autobahn/requirements.txt
	@$(PYTHON2) -c '$(RIGHT_PYTHON2)' 2>/dev/null || { \
	echo "The Autobahn test suite needs Python 2.7 with pip; '$(PYTHON2)' is not one." \
	"Debian no longer has one; with pyenv: pyenv install 2.7.18, then" \
	"make autobahn PYTHON2=~/.pyenv/versions/2.7.18/bin/python" >&2; exit 1; }
	@rm -rf $(AUTOBAHN)
	@$(PYTHON2) -E -s -m pip install --quiet --disable-pip-version-check --no-deps \
		--target $(AUTOBAHN) --requirement $< && touch $@

planted: install ## Plant bugs in a copy of the code and see that the tests notice each: minutes
	@$(BIN)/python -m tests.planted $(ARGS)

fuzz: install ## Fuzz the ways in from outside, a minute each: make fuzz ARGS="--seconds 600"
	@$(BIN)/python -m tests.fuzz $(ARGS)

hostile: install ## Attack a node that 200 viewers watch: make hostile ARGS="--only csv-html"
	@$(BIN)/python -m tests.hostile $(ARGS)

# Strict: a package that the service does not know is a failure, not a pass.
audit-dependencies: ## Look the locked versions up among known vulnerabilities (needs uv)
	@$(UV) tool run pip-audit --strict --disable-pip --require-hashes \
		--requirement requirements.lock $(ARGS)

# The browser modules of the pages are listed in liveshop/pages/vendor.
sbom: ## List what a node is made of, as CycloneDX, in dist/sbom.json (needs uv)
	@mkdir -p dist
	@$(UV) tool run --from cyclonedx-bom cyclonedx-py requirements requirements-runtime.lock \
		--pyproject pyproject.toml --output-reproducible --of JSON --output-file dist/sbom.json
	@echo "dist/sbom.json"

format: install ## Format the code and sort its imports
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

# The packages that the image runs on and is built with are parts of the whole, at the same versions.
lock: ## Choose the newest versions and write the requirements*.lock (needs uv)
	$(COMPILE) --upgrade --all-extras --group dev --output-file requirements.lock pyproject.toml
	$(COMPILE) --upgrade --extra otel --constraint requirements.lock \
		--output-file requirements-runtime.lock pyproject.toml
	$(COMPILE) --upgrade --group build --constraint requirements.lock \
		--output-file requirements-build.lock

vendor: install ## Fetch the browser modules of the pages again (needs npm)
	@$(BIN)/python -m tools.vendor $(ARGS)

pictures: install ## Take the pictures of docs/pictures.md again: minutes
	@$(BIN)/python -m tests.browser.pictures

weight: install ## Measure the viewer's page: its weight, when it is there, how smoothly it runs
	@$(BIN)/python -m tests.browser.weight

clean: ## Remove what was made here, the demo's data too
	rm -rf .venv $(AUTOBAHN) .debian13* .mypy_cache .ruff_cache .pytest_cache .hypothesis data dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
