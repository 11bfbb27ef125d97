# Both of the README's commands set up everything they need: `make course` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: course test validity evidence build check lint clean

course: build          ## build every lesson, then release, grade and report on a sample class
	$(BIN)/tinytorch demo
	$(BIN)/tinytorch grade --sandbox any || test $$? -eq 1  # 1: the sample holds files that nobody can grade
	$(BIN)/tinytorch demo --check
	$(BIN)/tinytorch feedback
	$(BIN)/tinytorch grades --csv grades.csv

test: $(READY)         ## run all tests
	$(BIN)/python -m pytest -n 2

validity: $(READY)     ## prove that the lessons' tests tell wrong solutions from right ones
	$(BIN)/tinytorch validity

evidence: $(READY)     ## what CI asks: all is on record, and a sample of it comes out again
	$(BIN)/tinytorch validity --check
	$(BIN)/tinytorch validity --sample 5

build: $(READY)        ## make source/, release/ and tinytorch/core/ out of modules/
	$(BIN)/tinytorch build

check: lint            ## what CI asks before the tests: generated files in sync, code clean
	$(BIN)/tinytorch build --check --afresh

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $(READY)

clean:                 ## remove the sample class, its grades and what was cached
	rm -rf submitted autograded feedback gradebook.db grades.csv .cache
