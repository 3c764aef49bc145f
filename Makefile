# Python 3.11 or newer and make are all that has to be there.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: run lab clean

run: $(READY)  ## all notebooks in batch on the embedded AWS; see runs/latest/index.html
	$(BIN)/lab run

lab: $(READY)  ## JupyterLab on the workbook
	@# Neither a question about news from the internet nor an instructor's menu in a student's lab.
	@$(BIN)/jupyter labextension disable --level=sys_prefix "@jupyterlab/apputils-extension:announcements" 2>/dev/null
	@$(BIN)/jupyter labextension disable --level=sys_prefix "@jupyter/nbgrader" 2>/dev/null
	$(BIN)/jupyter lab --notebook-dir notebooks

$(READY): requirements.lock pyproject.toml ci/gitlab-ci-local/package-lock.json
	@$(PYTHON) -c "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 'Python 3.11 or newer is needed, this is ' + sys.version.split()[0] + '; name another with: make PYTHON=python3.12')"
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Installing the pinned packages into $(VENV); this takes a minute or two."
	$(BIN)/python -m pip install --quiet --no-compile --requirement requirements.lock
	@# pip would compile on one core alone. A template that is no Python yet is no reason to stop.
	@$(BIN)/python -m compileall -q -j 0 -x '/tests/' $(VENV)/lib >/dev/null 2>&1 || true
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@$(BIN)/lab pipeline install || echo "All but the run of a pipeline (part 5) works without it."
	@$(BIN)/lab pipeline wheels || echo "Without them a pip of a job or a package script needs a network."
	@touch $@

clean:
	rm -rf $(VENV) runs .mypy_cache .ruff_cache .pytest_cache

### BEGIN INSTRUCTOR
# What stands between these two marks is not in the students' version (lab release).
# Files go whole to a process, for the sake of their servers; tests/conftest.py says which first.
SHARED := -n 3 --dist loadfile --no-loadscope-reorder
REPORT = --junit-xml=runs/junit/$@.xml

.PHONY: test lint types unit system integration notebooks browser lock

test: lint types unit system  ## the whole suite

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

unit: $(READY)
	$(BIN)/pytest -n 2 $(REPORT) tests/unit

# In one run no process waits for the last test of a folder while the next could begin.
system: $(READY)  ## integration, notebooks and browser together
	$(BIN)/pytest $(SHARED) $(REPORT) tests/integration tests/notebooks tests/browser

integration notebooks browser: $(READY)
	$(BIN)/pytest $(SHARED) $(REPORT) tests/$@

lock:  ## after a change of dependencies in pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras pyproject.toml --output-file requirements.lock
### END INSTRUCTOR
