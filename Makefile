# `make demo` and `make test` are all that a newcomer needs; `make help` lists the rest.

PYTHON ?= python3
CORES ?= 2
KILLS ?= 100
CASES ?= 100000
MUTANTS ?= 300
KILLED ?= 0
CONFIG ?= config/config.yaml
# The lock is made with the same uv that installs it.
UV_VERSION := 0.13.9

# The environment of the benchmark's peers; one of them needs Python 3.12.
BENCH_PYTHON ?= python3.12
# RichDEM has no wheels, and its sources compile up to Python 3.10.
RICHDEM_PYTHON ?= python3.10

# The S3 server of the tests of downloads has many dependencies: an environment of its own.
MOTO_VERSION := 5.1.4
S3_SERVER := .venv-s3/bin/moto_server
S3_INSTALLED := .venv-s3/.installed-$(MOTO_VERSION)

# The driver of the browser in which the viewer is tested, apart for the same reason.
PLAYWRIGHT_VERSION := 1.65.2
BROWSER := .venv-web/bin/python
BROWSER_INSTALLED := .venv-web/.installed-$(PLAYWRIGHT_VERSION)

# Snakemake stops without a word where it cannot write to the caches below HOME.
ifneq ($(shell mkdir -p "$${XDG_CACHE_HOME:-$$HOME/.cache}" 2> /dev/null && \
	test -w "$${XDG_CACHE_HOME:-$$HOME/.cache}" || echo read-only),)
export XDG_CACHE_HOME := $(CURDIR)/.snakemake/cache
endif

BIN := .venv/bin
BENCH := .venv-bench/bin
SITE := .venv-site/bin
AUDIT := .venv-audit/bin
INSTALLED := .venv/.installed
STUDY = $(or $(shell sed -n "s/^study: *[\"']*\([A-Za-z0-9_]*\).*/\1/p" $(CONFIG)), \
	$(error $(CONFIG) states no study))
RESULTS = results/$(strip $(STUDY))
REPORT = $(RESULTS)/report/report.zip
SNAKEMAKE = $(BIN)/snakemake --configfile $(CONFIG)
# Snakemake reads a configuration before the workflow can check it, and runs expressions in it.
CHECKED = @$(BIN)/landshift study $(CONFIG)

.DEFAULT_GOAL := help
.PHONY: help install demo update report where benchmark evidence bench-env bench-richdem \
	bench-factors bench-sets bench-predict bench-mosaic bench-virtual bench-robustness bench-mock \
	bench-large bench-scaling factor-docs recipe-docs method-docs test test-slow test-acquire test-slurm test-faults audit \
	library fuzz test-mutants test-attack test-deploy test-web test-qgis test-results viewer-library lint format docs site reproduce lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 15

install: $(INSTALLED) ## make .venv with the locked versions and the package

demo: $(INSTALLED) ## run the default study and write its report
	$(BIN)/snakemake --cores $(CORES)
	@$(MAKE) --no-print-directory report
	@$(MAKE) --no-print-directory where

where: $(INSTALLED) ## tell where the maps, the report and the viewer of a study are (CONFIG=config/...)
	@$(BIN)/landshift study --finished $(CONFIG) > /dev/null
	@echo
	@echo "Study $(STUDY):"
	@ls -1 $(RESULTS)/targets/*/susceptibility.tif | sed 's/^/  map, for QGIS      /'
	@ls -1 $(RESULTS)/targets/*/model_card.md | sed 's/^/  about the map      /'
	@echo "  viewer, offline    $(RESULTS)/report/viewer.html"
	@echo "  report             $(REPORT)"
	@echo "  catalogue (STAC)   $(RESULTS)/catalog/catalog.json"
	@echo "The map opens in QGIS in its colours, the viewer in any browser."
	@echo "Unpack the report, and open report/report.html in a browser: no network is needed."

update: $(INSTALLED) ## run a study with what is new, and say what changed in its maps (CONFIG=config/...)
	$(CHECKED)
	@$(BIN)/landshift update $(RESULTS) -- $(SNAKEMAKE) --cores $(CORES)

report: $(INSTALLED) ## write the report of a study that has run, a zip (CONFIG=config/...)
	@$(BIN)/landshift study --finished $(CONFIG)
	$(SNAKEMAKE) --report $(REPORT)
	$(BIN)/landshift seal $(REPORT)

benchmark: $(INSTALLED) ## map the real regions and compare methods (LANDSHIFT_MIRROR=folder without internet)
	$(BIN)/snakemake --configfile config/benchmark.yaml --cores $(CORES)

library: $(INSTALLED) ## draw the samples of the regions of the library, and pack them
	$(BIN)/snakemake --configfile config/library.yaml --cores $(CORES) -- \
		$(foreach table,samples background,$(foreach region,ecuador korea,results/library/regions/$(region)/$(table).parquet))
	$(BIN)/landshift freeze results/library src/landshift/acquire/library/2026.1

evidence: $(INSTALLED) ## the benchmark with all 17 methods on 50 draws
	$(BIN)/snakemake --configfile config/benchmark.yaml config/evidence.yaml --cores $(CORES)

bench-env: $(INSTALLED) ## make .venv-bench with the tools that the factors are compared with
	test -x $(BENCH)/python || $(BENCH_PYTHON) -m venv .venv-bench
	$(BIN)/uv pip install --quiet --python $(BENCH)/python --compile-bytecode \
		-r benchmarks/requirements.txt

bench-richdem: $(INSTALLED) ## build RichDEM, a further peer, which needs a compiler and Python 3.10
	test -x .venv-richdem/bin/python || $(RICHDEM_PYTHON) -m venv .venv-richdem
	$(BIN)/uv pip install --quiet --python .venv-richdem/bin/python 'numpy<2' rasterio setuptools wheel
	$(BIN)/uv pip install --quiet --python .venv-richdem/bin/python --no-build-isolation \
		richdem==0.3.4

bench-factors: $(INSTALLED) ## compare speed and memory with other tools (BENCH_ARGS="--full")
	$(BIN)/python benchmarks/factors.py $(BENCH_ARGS)

bench-virtual: $(INSTALLED) ## measure the transfer on 24 virtual regions of known truth
	$(BIN)/python benchmarks/virtual_transfer.py --cores $(CORES)

bench-sets: $(INSTALLED) ## measure what groups of factors are worth, after `make benchmark`
	$(BIN)/python benchmarks/factor_sets.py

bench-robustness: $(INSTALLED) ## measure what hurts the transfer, after `make benchmark`
	$(BIN)/python benchmarks/robustness.py

bench-mock: $(INSTALLED) ## choose the settings of stage 2 on mock targets, and measure what that is worth
	$(BIN)/python benchmarks/mock_targets.py $(BENCH_ARGS)

bench-predict: $(INSTALLED) ## compare the prediction of cells with other tools (BENCH_ARGS="--emilia")
	$(BIN)/python benchmarks/predict.py $(BENCH_ARGS)

bench-mosaic: $(INSTALLED) ## cut a map into tiles and join them (BENCH_ARGS="--size 10000")
	$(BIN)/python benchmarks/mosaic.py $(BENCH_ARGS)

bench-large: $(INSTALLED) ## map 100 million cells by the whole workflow, and list the memory of its jobs
	$(BIN)/python benchmarks/large_study.py
	$(BIN)/python benchmarks/memory.py results/large

bench-scaling: $(INSTALLED) ## compute one region on one core, two cores and two nodes of a SLURM for it (as root)
	tests/slurm/cluster.sh up
	$(BIN)/python benchmarks/scaling.py $(BENCH_ARGS); tests/slurm/cluster.sh down

factor-docs: $(INSTALLED) ## write the table of factors and its pictures
	$(BIN)/python docs/describe_factors.py

recipe-docs: $(INSTALLED) ## write the table of public services
	$(BIN)/python docs/describe_recipes.py

method-docs: $(INSTALLED) ## write the table of methods that the benchmark compares
	$(BIN)/python docs/describe_methods.py

test: $(INSTALLED) ## run the tests, but for those that take minutes
	$(BIN)/pytest -q -n $(CORES) --dist loadfile -m "not slow and not slurm and not faults and not web and not qgis and not deploy" $(PYTEST_ARGS)

test-slow: $(INSTALLED) ## run the tests that take minutes
	$(BIN)/pytest -q -m slow $(PYTEST_ARGS)

test-acquire: $(S3_INSTALLED) ## run all tests of downloads: 100 runs with faults, and an S3 server
	LANDSHIFT_FAULT_RUNS=100 LANDSHIFT_S3_SERVER=$(S3_SERVER) $(BIN)/pytest -q tests/acquire \
		$(PYTEST_ARGS)

test-slurm: $(INSTALLED) ## run a study on a SLURM cluster of two nodes, started for it (as root)
	$(BIN)/pytest -q -m slurm $(PYTEST_ARGS)

test-faults: $(INSTALLED) ## kill runs at random moments (KILLS=100, the first KILLED=0 left out), fill the disk
	LANDSHIFT_KILLS=$(KILLS) LANDSHIFT_KILLED_BEFORE=$(KILLED) $(BIN)/pytest -q -m faults $(PYTEST_ARGS)

audit: $(INSTALLED) ## list the licences and the known vulnerabilities of the locked versions (needs internet)
	test -x $(AUDIT)/python || $(PYTHON) -m venv .venv-audit
	$(BIN)/uv pip install --quiet --python $(AUDIT)/python pip-licenses==5.5.5 pip-audit==2.10.1
	$(AUDIT)/pip-licenses --python=$(BIN)/python --from=mixed --order=license
	$(BIN)/python .ci/audit.py $(AUDIT)/pip-audit

test-deploy: $(INSTALLED) ## plan the workflow where nothing but Snakemake is installed, and deploy it by snakedeploy
	$(BIN)/pytest -q -m deploy $(PYTEST_ARGS)

test-mutants: $(INSTALLED) ## change one operator at a time (MUTANTS=300), and count what tests notice
	$(BIN)/python tests/mutants.py --count $(MUTANTS) $(MUTANT_ARGS)

test-attack: $(INSTALLED) ## do what a stranger with bad intent could, often (CASES=20000)
	LANDSHIFT_ATTACKS=$(CASES) $(BIN)/pytest -q -m attack $(PYTEST_ARGS)

fuzz: $(INSTALLED) ## try spoilt configurations, files and models (CASES=100000 in all) and count them
	LANDSHIFT_FUZZ_CASES=$(CASES) $(BIN)/pytest -q -s tests/bad_input/test_fuzz.py $(PYTEST_ARGS)

test-web: $(BROWSER_INSTALLED) ## open the viewer in a headless browser (as root where Chromium is missing)
	which chromium > /dev/null || (apt-get update -qq && apt-get install -y -qq chromium)
	LANDSHIFT_BROWSER=$(BROWSER) $(BIN)/pytest -q -m web $(PYTEST_ARGS)

test-qgis: $(INSTALLED) ## draw maps by their styles in QGIS (as root where it is missing, 1 GB)
	which qgis > /dev/null || (apt-get update -qq && \
		apt-get install -y -qq --no-install-recommends qgis python3-qgis)
	LANDSHIFT_QGIS=/usr/bin/python3 $(BIN)/pytest -q -m qgis $(PYTEST_ARGS)

test-results: $(BROWSER_INSTALLED) ## open all outputs of a study with other tools (CONFIG=config/...), after `make report`
	LANDSHIFT_RESULTS=$(RESULTS) LANDSHIFT_BROWSER=$(BROWSER) \
		LANDSHIFT_QGIS=$$(which qgis > /dev/null && echo /usr/bin/python3) \
		$(BIN)/pytest -q tests/web/test_results.py $(PYTEST_ARGS)

viewer-library: ## bundle what the viewer uses of OpenLayers (needs npm; versions in package.json)
	cd workflow/viewer && npm install --no-audit --no-fund --no-package-lock && npm run build
	rm -r workflow/viewer/node_modules

lint: $(INSTALLED) ## check style and the workflow
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

format: $(INSTALLED) ## put the code into its style
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format
	$(BIN)/snakefmt Snakefile workflow

docs: $(INSTALLED) ## write the manual and the schema of the configuration from the model of a study
	$(BIN)/python docs/describe_configuration.py

site: $(INSTALLED) ## build the pages of docs/ as a site
	test -x $(SITE)/python || $(PYTHON) -m venv .venv-site
	$(BIN)/uv pip install --quiet --python $(SITE)/python -r docs/requirements.txt
	$(SITE)/mkdocs build --strict --quiet
	@echo "site: site/index.html"

reproduce: demo benchmark bench-virtual factor-docs recipe-docs method-docs docs ## remake what README and docs show, and compare
	cp results/default/report/dogwood/susceptibility.png docs/images/map.png
	$(BIN)/python docs/draw_demo.py
	git status --short -- docs config
	$(BIN)/python docs/compare_figures.py

lock: $(INSTALLED) ## resolve the dependencies (UPGRADE=--upgrade for the newest versions)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		$(UPGRADE) pyproject.toml --all-extras --group dev --output-file requirements.lock

# Stamps with the version: installed once, to the end, and again when the version changes.
$(S3_INSTALLED): | $(INSTALLED)
	test -x .venv-s3/bin/python || $(PYTHON) -m venv .venv-s3
	$(BIN)/uv pip install --quiet --python .venv-s3/bin/python --compile-bytecode \
		'moto[s3,server]==$(MOTO_VERSION)'
	@touch $@

$(BROWSER_INSTALLED): | $(INSTALLED)
	test -x $(BROWSER) || $(PYTHON) -m venv .venv-web
	$(BIN)/uv pip install --quiet --python $(BROWSER) 'playwright==$(PLAYWRIGHT_VERSION)'
	@touch $@

clean: ## remove the environments and the caches; results stay, and what is known of them
	rm -rf .venv .venv-audit .venv-bench .venv-richdem .venv-s3 .venv-site .venv-web
	rm -rf site
	rm -rf .pytest_cache .ruff_cache .hypothesis
	find src tests workflow -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp: installed once, and again when the lock or the package's own metadata change.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info[:2] <= (3, 13) else \
		"Python 3.11 to 3.13 is needed, found " + sys.version.split()[0] + \
		"; name another: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes \
		-r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@
