# Everything a fresh machine needs: `make run` and `make test` first set up what is
# missing (packaging/setup), each step of it skipped when its work is done.

GO     ?= go
TAGS   := migrated_fynedo
ARGS   ?=

# Go and npm keep their caches under HOME; where it is not set, ask the system.
ifeq ($(strip $(HOME)),)
export HOME := $(shell getent passwd "$$(id -u)" | cut -d: -f6)
endif

.PHONY: run test bench lint soak setup setup-test openvino

run: setup
	$(GO) run -tags $(TAGS) . $(ARGS)

test: setup-test
	$(GO) vet -tags $(TAGS) ./...
	$(GO) test -tags $(TAGS) ./...

# Beside its peers, and the table of BENCHMARKS.md anew. ARGS="-only starter" runs a part.
bench: setup
	$(GO) build -tags $(TAGS) -o bin/bench ./packaging/bench
	bin/bench $(ARGS)

soak: setup-test
	SELVAGE_SOAK=1 $(GO) test -tags $(TAGS) -run Soak -timeout 2h ./...

# The linter is compiled once for each of its versions, and needs no network after that.
LINT_VERSION := v2.15.0
LINT         := bin/golangci-lint-$(LINT_VERSION)
lint: setup $(LINT)
	$(LINT) run ./...

$(LINT):
	GOBIN=$(CURDIR)/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	mv bin/golangci-lint $@

# The set-up has no cgo: it runs before there is a C compiler.
setup:
	@CGO_ENABLED=0 $(GO) run ./packaging/setup

# An ONNX Runtime with OpenVINO beside the usual one, for bfloat16 on processors that
# compute in it; prints the line that chooses it.
openvino:
	@CGO_ENABLED=0 $(GO) run ./packaging/setup -openvino

setup-test:
	@CGO_ENABLED=0 $(GO) run ./packaging/setup -test

# The model that ships: goes on from its last checkpoint. PYTHON names an environment
# that has packaging/train/requirements.txt; without it one is made in .venv.
PYTHON ?= .venv/bin/python

.PHONY: train
train: setup $(PYTHON)
	CGO_ENABLED=0 $(GO) build -o bin/corpus ./packaging/train/corpus
	$(GO) build -o bin/ink ./packaging/train/ink
	nice -n 19 $(PYTHON) packaging/train/train.py run $(ARGS)

.venv/bin/python:
	python3 -m venv .venv
	.venv/bin/pip install --quiet -r packaging/train/requirements.txt
