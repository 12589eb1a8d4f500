# Two commands: `make reports` and `make test`. A machine needs Python 3.11, 3.12 or 3.13, pip and make.
PYTHON ?= python3
BIN := .venv/bin
LAB := .venv-lab/bin
# One BLAS thread: two slow small fits several-fold.
export OPENBLAS_NUM_THREADS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup reports test coverage docs archive lab bench lint lock figures clean

help:
	@echo "make reports   set up, then run every notebook to PDF and HTML in reports/"
	@echo "make test      set up, then run the tests"
	@echo "make lab       open JupyterLab on the notebooks (an environment of its own)"
	@echo "make docs      build the documentation as a web site in docs/_build"
	@echo "make archive   write a replication archive into dist/plan-drift-replication"
	@echo "make bench     measure the speeds that the project promises"
	@echo "make coverage  run the tests and say how many lines they reach, and where least"
	@echo "make lint      check style, imports and types"
	@echo "make figures   read official files in data/raw/official into data/raw"
	@echo "make lock      resolve the dependencies anew and write the lock files"
	@echo "make clean     remove environments and everything that is generated"

# What git leaves out of a notebook: outputs, counts, and what JupyterLab notes of the Python that it ran. Where neither
# environment is there, git takes notebooks as they are.
STRIP := --keep-id --extra-keys "metadata.language_info.codemirror_mode metadata.language_info.file_extension metadata.language_info.mimetype metadata.language_info.nbconvert_exporter metadata.language_info.pygments_lexer metadata.language_info.version"
FILTER := for at in .venv .venv-lab; do if [ -x $$at/bin/nbstripout ]; then exec $$at/bin/nbstripout $(STRIP); fi; done; exec cat
define keep-outputs-out-of-git
	@if git rev-parse --git-dir >/dev/null 2>&1; then git config filter.notebook-outputs.clean '$(FILTER)'; fi
endef

# Modules are compiled here, on all cores, which pip does on one: where Python is told to write no compiled modules, as in many
# containers, each command would compile what it imports anew.
define compile-modules
	@echo 'Compiling modules (a quarter of a minute) ...'
	$(1)/python -m compileall -q -j 0 -x '/tests?/' $$($(1)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') src
endef

setup: .venv/ready

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11, 3.12 or 3.13 is needed, this is " + sys.version.split()[0] + "; name one: make PYTHON=python3.11 ...") if not (3, 11) <= sys.version_info < (3, 14) else None'
	@echo 'Setting up .venv from requirements.lock (two or three minutes, once) ...'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(call compile-modules,$(BIN))
	$(keep-outputs-out-of-git)
	@touch $@

.venv-lab/ready: requirements-lab.lock pyproject.toml
	@echo 'Setting up .venv-lab from requirements-lab.lock (two or three minutes, once) ...'
	$(PYTHON) -m venv --clear .venv-lab
	$(LAB)/python -m pip install --quiet --no-compile --require-hashes -r requirements-lab.lock
	$(LAB)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(call compile-modules,$(LAB))
	$(keep-outputs-out-of-git)
	@touch $@

reports: .venv/ready
	$(BIN)/plan-drift reports

# Tests are compiled at the first run and read at the next, also where Python is told to write no compiled modules: to compile
# them anew takes each of the three processes as long as all their imports.
test: export PYTHONDONTWRITEBYTECODE :=
test: .venv/ready
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# Probes stay in (--threshold -1): taking them out of code that other threads run leaves an error behind that the next call
# of anything then fails with.
coverage: .venv/ready
	$(BIN)/python -m slipcover --threshold -1 --json --out .coverage.json -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not sends_code"
	$(BIN)/python -m pytest -m sends_code $$(grep -rl 'mark\.sends_code' --include='*.py' tests)
	@$(BIN)/python .ci/coverage .coverage.json

docs: .venv/ready
	$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements-docs.lock
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build
	@echo 'docs/_build/index.html is the first page'

archive: reports
	$(BIN)/plan-drift archive dist/plan-drift-replication

lab: .venv-lab/ready
	$(LAB)/jupyter lab --notebook-dir=notebooks

bench: .venv/ready
	$(BIN)/python benchmarks/run.py

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy

figures: .venv/ready
	$(BIN)/plan-drift ingest

lock:
	.ci/lock

clean:
	rm -rf .venv .venv-lab docs/_build docs/reference/made dist
	find data/processed reports -mindepth 1 ! -name README.md ! -name 'inspection_*.csv' ! -path data/processed/datapackage.json -delete
