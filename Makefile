# chimewatch: "make check" before every commit, "make deploy" to run it in AWS.
#
#   make check     formatting, vet, staticcheck, tests with the race detector
#   make fuzz      every fuzz target for FUZZTIME (20s)
#   make bench-scan  the table of docs/speed.md, on this machine (takes minutes, 1.3 GB in the temporary folder)
#   make build     the functions' programs into .build/FUNCTION/bootstrap
#   make deploy    build and deploy with the AWS SAM CLI (asks on the first run)
#   make release   reproducible archives, checksums and SBOM into dist/
#   make clean     remove what was built

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO        ?= go
GOARCH    ?= $(shell $(GO) env GOARCH)
ARCH      ?= arm64
FUZZTIME  ?= 20s
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
STACK     ?= chimewatch
FUNCTIONS := $(notdir $(patsubst %/,%,$(dir $(wildcard functions/*/main.go))))

# The same commit gives the same bytes: no paths, no build id; Go puts in the version that git knows.
BUILDFLAGS := -trimpath -buildvcs=auto
LDFLAGS    := -s -w -buildid=

.PHONY: help check fmt format vet staticcheck test fuzz bench-scan build deploy release clean $(FUNCTIONS:%=build-%)

help:
	@sed -n 's/^#   //p' $(firstword $(MAKEFILE_LIST))

check: fmt vet staticcheck test

# fmt fails on files that are not formatted; format rewrites them.
fmt:
	@files=$$(gofmt -l cmd functions infra pkg scripts); \
	if [ -n "$$files" ]; then echo "not formatted, run make format:"; echo "$$files"; exit 1; fi

format:
	gofmt -w cmd functions infra pkg scripts

vet:
	$(GO) vet ./...

staticcheck:
	$(GO) tool staticcheck ./...

test:
	$(GO) test -race -timeout 30m ./...

fuzz:
	scripts/fuzz.sh $(FUZZTIME)

# BENCH passes flags on: make bench-scan BENCH='-mb 200 -alone'; -help lists them.
bench-scan:
	$(GO) build -trimpath -o .build/chimewatch ./cmd/chimewatch
	$(GO) run ./scripts/benchscan -chimewatch .build/chimewatch $(BENCH)

# One program for provided.al2023: an executable called bootstrap.
# $(1): the function's folder, $(2): where to put it.
define bootstrap
	mkdir -p $(2)
	GOOS=linux GOARCH=$(if $(filter x86_64 amd64,$(ARCH)),amd64,arm64) CGO_ENABLED=0 \
	$(GO) build $(BUILDFLAGS) -ldflags='$(LDFLAGS)' -tags lambda.norpc -o $(2)/bootstrap ./functions/$(1)
endef

build: $(FUNCTIONS:%=build-%)

$(FUNCTIONS:%=build-%): build-%:
	$(call bootstrap,$*,.build/$*)

# "sam build" calls these, named after the resources of template.yaml.
.PHONY: build-DetectorFunction build-BackfillFunction build-ReconcileFunction build-SummaryFunction
build-DetectorFunction:  ; $(call bootstrap,detector,$(ARTIFACTS_DIR))
build-BackfillFunction:  ; $(call bootstrap,backfill,$(ARTIFACTS_DIR))
build-ReconcileFunction: ; $(call bootstrap,reconcile,$(ARTIFACTS_DIR))
build-SummaryFunction:   ; $(call bootstrap,summary,$(ARTIFACTS_DIR))

# The first run asks for the parameters and keeps the answers in samconfig.toml.
deploy:
	@command -v sam >/dev/null || { echo "make deploy needs the AWS SAM CLI: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/install-sam-cli.html"; exit 1; }
	sam build
	sam deploy --stack-name $(STACK) --capabilities CAPABILITY_NAMED_IAM --resolve-s3 \
	  $$([ -f samconfig.toml ] || echo --guided)

release:
	VERSION=$(VERSION) scripts/release.sh

clean:
	rm -rf .build .aws-sam dist
