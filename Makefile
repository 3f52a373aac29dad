# FusionKit: make demo, make test. `make help` lists everything.
.DEFAULT_GOAL := help
.PHONY: help setup build demo test fuzz faults study interop sanitize bench lint format docs clean

FUSIONKIT := .build/release/fusionkit
SOURCES := Package.swift BuildTools Sources Plugins Tests Examples

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: ## install the system packages that are missing
	@scripts/setup.sh

build: setup ## build the command line for release
	swift build -c release --product fusionkit

demo: build ## generate drawn and spoken digits, train on them, evaluate
	$(FUSIONKIT) data demo --out data/demo
	$(FUSIONKIT) train configs/late_fusion.yaml --set data.root=data/demo --output demo --overwrite
	$(FUSIONKIT) evaluate outputs/demo

test: setup ## build and run all tests
	swift test -c release --disable-testable-imports

fuzz: setup ## feed damaged files to every reader for a minute; FUZZ='--seconds 3600 --seed 7', --repeat FILE
	swift build -c release --product fusionkit-fuzz
	.build/release/fusionkit-fuzz $(FUZZ)

faults: setup ## let every call of the system fail once under every command, which takes many minutes
	FUSIONKIT_FAULTS=all swift test -c release --disable-testable-imports --filter FaultCommandTests

study: build ## run the digit study on MNIST and FSDD, which takes 40 minutes or more; STUDY=--quick for a small one
	@command -v python3 >/dev/null || { echo "study: python3 is missing (apt install python3)" >&2; exit 1; }
	python3 scripts/study.py $(STUDY)

interop: build ## export every fusion and compare ONNX Runtime with the program; INTEROP='--every 5', --only NAME
	@command -v python3 >/dev/null || { echo "interop: python3 is missing (apt install python3 python3-venv)" >&2; exit 1; }
	@test -x .venv-interop/bin/python || python3 -m venv .venv-interop
	@.venv-interop/bin/pip install -q --disable-pip-version-check -r scripts/interop-requirements.txt
	.venv-interop/bin/python scripts/interop.py $(INTEROP)

sanitize: ## run the kernels' tests under the address, undefined-behaviour and thread sanitizers
	@scripts/sanitize.sh

bench: build ## compare the speed with PyTorch, which is installed into .venv; BENCH=--quick for one row
	@command -v g++ >/dev/null || echo "g++ is missing: torch.compile is left out of the comparison (apt install g++)"
	@test -x .venv/bin/python || python3 -m venv .venv
	@.venv/bin/python -c 'import torch' 2>/dev/null || .venv/bin/pip install -q torch==2.13.0 numpy
	.venv/bin/python Benchmarks/compare.py $(BENCH)

lint: ## check the formatting of all Swift sources
	swift format lint --strict --parallel --recursive $(SOURCES)

format: ## format all Swift sources in place
	swift format --in-place --parallel --recursive $(SOURCES)

docs: setup ## write the reference of TensorEngine and FusionCore into .build/docs, by docc
	@scripts/docs.sh

clean: ## remove what was built
	rm -rf .build
