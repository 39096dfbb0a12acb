# The verbs of this project. `make demo` and `make test` set up whatever they need: Python 3.11 or later, git and
# make are enough. Setting up again costs nothing until pyproject.toml or a lock file changes.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
COMPLETE := $(VENV)/.complete

# The first Python that is recent enough; name another with `make PYTHON=... test`.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)

export UV_PYTHON_DOWNLOADS := never
export UV_HTTP_TIMEOUT ?= 180

.PHONY: help setup demo test stack stack-down soak lint format bench doctor-score lock docs site release sbom audit clean dashboards

help:
	@echo 'make demo     backtest the shipped session strategies on gold and the Dow'
	@echo 'make test     run all tests'
	@echo 'make stack    PostgreSQL, Redis, Kafka and our services on this machine, in $$STACK (tradewind-stack)'
	@echo 'make stack-down  stop them; what they keep stays'
	@echo 'make soak     run the long property tests'
	@echo 'make lint     ruff and mypy'
	@echo 'make format   let ruff put the layout right'
	@echo 'make bench    measure speed beside other engines'
	@echo 'make doctor-score  measure what the data doctor finds, and its false alarms, on $$TRADEWIND_DATA'
	@echo 'make dashboards  write the dashboards of Grafana from their code'
	@echo 'make lock     bring the lock files up to date with pyproject.toml'
	@echo 'make docs     draw again the parts of the documentation that come from the code'
	@echo 'make site     build the documentation as pages into site/, offline and strictly'
	@echo 'make release  build dist/ from the last commit, twice, and compare'
	@echo 'make sbom     list the parts of a release, with hashes, as CycloneDX'
	@echo 'make audit    ask whether a library of the lock is known to be faulty'
	@echo 'make clean    remove everything that can be made again'

setup: $(READY)

# uv installs from uv.lock; where it cannot be had, pip installs the same versions from requirements.lock.
$(READY): pyproject.toml uv.lock requirements.lock
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or later is needed; name one with make PYTHON=...' >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@if $(BIN)/python -m pip install --quiet "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.lock)" \
		&& $(BIN)/uv sync --quiet --frozen --python $(BIN)/python; \
	then :; else \
		echo 'uv could not install; pip does it instead' >&2; \
		$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock \
		&& $(BIN)/python -m pip install --quiet --no-deps --editable .; \
	fi
	@# Imports read this bytecode even where Python is told not to write its own.
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib src || true
	@touch $@

# Tests want every extra, and the libraries that answers are compared with.
$(COMPLETE): $(READY) requirements-all.lock
	@$(BIN)/uv sync --quiet --frozen --all-extras --all-groups --python $(BIN)/python \
		|| $(BIN)/python -m pip install --quiet --require-hashes -r requirements-all.lock
	@touch $@

demo: $(READY)
	$(BIN)/tradewind demo

test: $(COMPLETE)
	@$(BIN)/python -c "from tradewind.compilation import compile_kernel; compile_kernel()"  # once, not once a worker
	@# Four, because much of it waits, for servers and for clocks; on tables of ten rows more threads only meet.
	POLARS_MAX_THREADS=1 $(BIN)/pytest -n 4 --dist loadfile

STACK ?= tradewind-stack

stack: $(COMPLETE)
	@test -f $(STACK)/tradewind.toml || $(BIN)/tradewind init $(STACK) --stack
	cd $(STACK) && $(abspath $(BIN))/tradewind stack up

stack-down: $(COMPLETE)
	cd $(STACK) && $(abspath $(BIN))/tradewind stack down

soak: $(COMPLETE)
	$(BIN)/pytest -m soak || test $$? -eq 5  # 5: there are none
	$(BIN)/python -m bench.stream --minutes 60

lint: $(COMPLETE)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --strict deploy/release

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(COMPLETE)
	$(BIN)/python -m bench.run
	$(BIN)/python -m bench.gate
	$(BIN)/python -m bench.live
	$(BIN)/python -m bench.flow --seconds 20
	$(BIN)/python -m bench.stream
	$(BIN)/python -m bench.screen
	$(BIN)/python -m bench.watching
	$(BIN)/python -m bench.flood

doctor-score: $(READY)
	$(BIN)/python -m bench.doctor_score --set tuning
	$(BIN)/python -m bench.doctor_score --set held-out

# Works before the lock files fit pyproject.toml, which is when it is needed.
dashboards: $(COMPLETE)
	$(BIN)/python deploy/grafana/boards/__main__.py

lock:
	@test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet uv; }
	$(BIN)/uv lock
	$(BIN)/uv export --quiet --frozen --no-emit-project --no-header --no-annotate --output-file requirements.lock
	$(BIN)/uv export --quiet --frozen --all-extras --all-groups --no-emit-project --no-header --no-annotate --output-file requirements-all.lock

docs: $(READY)
	$(BIN)/python docs/draw.py
	$(BIN)/python docs/site/pictures.py

site: $(COMPLETE)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

release: $(COMPLETE)
	$(BIN)/python deploy/release/build.py

sbom: $(COMPLETE)
	$(BIN)/python deploy/release/sbom.py

audit: $(COMPLETE)
	$(BIN)/python deploy/release/audit.py

clean:
	rm -rf $(VENV) build dist dist-sbom site .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
