# Python 3.11 or newer and make are all that has to be there.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: run test lab lint types unit integration notebooks browser lock clean

run: $(READY)  ## all notebooks in batch on the embedded AWS; see runs/latest/index.html
	$(BIN)/lab run

lab: $(READY)  ## JupyterLab on the workbook
	@# Neither a question about news from the internet nor an instructor's menu in a student's lab.
	@$(BIN)/jupyter labextension disable --level=sys_prefix "@jupyterlab/apputils-extension:announcements" 2>/dev/null
	@$(BIN)/jupyter labextension disable --level=sys_prefix "@jupyter/nbgrader" 2>/dev/null
	$(BIN)/jupyter lab --notebook-dir notebooks

test: lint types unit integration notebooks browser  ## the whole suite

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

unit: $(READY)
	$(BIN)/pytest -n 2 tests/unit

integration: $(READY)
	$(BIN)/pytest -n 3 --dist loadfile tests/integration

notebooks: $(READY)
	$(BIN)/pytest -n 2 tests/notebooks

browser: $(READY)
	$(BIN)/pytest -n 2 --dist loadfile tests/browser

$(READY): requirements.lock pyproject.toml ci/gitlab-ci-local/package-lock.json
	@$(PYTHON) -c "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 'Python 3.11 or newer is needed, this is ' + sys.version.split()[0] + '; name another with: make PYTHON=python3.12')"
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Installing the pinned packages into $(VENV); this takes a minute or two."
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@$(BIN)/lab pipeline install || echo "All but the run of a pipeline (part 5) works without it."
	@touch $@

lock:  ## after a change of dependencies in pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras pyproject.toml --output-file requirements.lock

clean:
	rm -rf $(VENV) runs .mypy_cache .ruff_cache .pytest_cache
