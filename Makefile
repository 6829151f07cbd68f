# Each target does all its own set-up in .venv; nothing is fetched once .venv fits the locks.
# Works from any directory (make -C DIR), as root or user, any number of times.

PYTHON ?= python3
BIN := .venv/bin
RUNTIME := .venv/runtime.stamp
DEV := .venv/dev.stamp

# The interpreter that runs is the one we made: uv may neither look for another nor download one.
export UV_PYTHON_DOWNLOADS := never
export UV_PYTHON := $(CURDIR)/.venv/bin/python
export UV_CUSTOM_COMPILE_COMMAND := make lock
# Trust what the machine trusts, as pip and git do: a company may have an authority of its own.
export UV_SYSTEM_CERTS := true
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH

# A virtual environment does not survive a move of its folder or the loss of its Python: make it again.
ifneq ($(shell $(BIN)/python -c "" 2>/dev/null && cat $(RUNTIME) 2>/dev/null),$(CURDIR))
.PHONY: $(RUNTIME)
endif

.DEFAULT_GOAL := help
.PHONY: help demo serve test check lock

help:
	@echo "make demo    crawl, read and rank the invented market in demo/"
	@echo "make serve   open the app on it (or on HATEMINE_DATA)"
	@echo "make test    lint, types, import contract, all tests"
	@echo "make check   the same without the tests"
	@echo "make lock    write requirements*.lock anew; ARGS=--upgrade takes newer versions"

demo: $(RUNTIME)
	@$(BIN)/hatemine demo

serve: $(RUNTIME)
	@$(if $(HATEMINE_DATA),$(BIN)/hatemine serve,$(BIN)/hatemine demo --serve)

test: check
	$(BIN)/python -m pytest -n 2

check: $(DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url $(ARGS)

lock: $(RUNTIME)
	echo uv | $(LOCK) - -o requirements-uv.lock
	$(LOCK) pyproject.toml --group build -o requirements.lock
	$(LOCK) -c requirements.lock --group dev -o requirements-dev.lock

INSTALL = $(BIN)/uv pip install --quiet

$(RUNTIME): requirements.lock requirements-uv.lock pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
		{ echo "hatemine needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
		"Name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Installing into .venv (once; about a minute with an empty package cache)"
	@$(PYTHON) -m venv --clear .venv || \
		{ echo "$(PYTHON) cannot make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --offline --no-deps --no-build-isolation --editable .
	@echo "$(CURDIR)" > $@

$(DEV): $(RUNTIME) requirements-dev.lock
	@echo "Installing the development tools into .venv (once)"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@
