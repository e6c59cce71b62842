# pattarai: `make learn` starts everything, `make test` proves everything.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  := -s -w -X main.version=$(VERSION)
TOOLS    := $(CURDIR)/.cache/tools
LINTER   := v2.15.0
GOFILES  := $(shell git ls-files -co --exclude-standard '*.go')
FUZZTIME ?= 5s
REQUIRE  ?= docker,browser

export CGO_ENABLED ?= 0
export PATTARAI_AGENT ?= $(CURDIR)/bin/pattarai-agent

##@ Use
.PHONY: learn
learn: build ## Prepare this machine if needed, start the server and print its address
	bin/pattarai serve --prepare

.PHONY: doctor
doctor: build ## Say what this machine lacks, and mend what root may mend
	bin/pattarai doctor --fix

##@ Prove
.PHONY: test
test: ready format vet lint race content browser fuzz bench-smoke ## Install what the tests need, then pass every one of them
	@echo "every test passed"

.PHONY: ready
ready: build ## Install what the tests need (asks nothing, says what it does)
	bin/pattarai doctor --fix --tests

.PHONY: format
format: ## Fail when a file is not formatted
	@files=$$(gofmt -l $(GOFILES)); if [ -n "$$files" ]; then echo "not formatted, run gofmt -w on:"; echo "$$files"; exit 1; fi

.PHONY: vet
vet: ## go vet
	go vet ./...

.PHONY: lint
lint: $(TOOLS)/golangci-lint-$(LINTER) ## golangci-lint, pinned
	$(TOOLS)/golangci-lint-$(LINTER) run ./...

$(TOOLS)/golangci-lint-$(LINTER):
	@mkdir -p $(TOOLS)
	@echo "building golangci-lint $(LINTER), a few minutes the first time …"
	GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINTER)
	@mv $(TOOLS)/golangci-lint $@

.PHONY: unit
unit: ## Unit tests alone, without containers or a browser
	go test ./...

.PHONY: images
images: build
	bin/pattarai images build

.PHONY: all-images
all-images: build
	bin/pattarai images build --all

.PHONY: race
race: all-images ## Every Go test with the race detector: unit, architecture, conformance on real containers
	CGO_ENABLED=1 PATTARAI_TEST_REQUIRE=$(REQUIRE) go test -race -timeout 20m -p 2 ./...

.PHONY: content
content: images ## Lint and prove the whole catalogue on real containers
	bin/pattarai lint
	bin/pattarai prove

.PHONY: hardened
hardened: images ## The tier on gVisor: install it, then the conformance and hostile suites on it
	bin/pattarai doctor --fix --tier hardened
	PATTARAI_TEST_REQUIRE=docker,gvisor go test -count=1 -timeout 20m -run 'Hardened|Hostile' ./sandbox/...

.PHONY: prove-all
prove-all: images ## Prove the whole catalogue the hard way: every solution twice, each in a lab of its own
	bin/pattarai prove --fresh --repeat 2

.PHONY: browser
browser: images ## The whole story in a real browser
	PATTARAI_TEST_REQUIRE=$(REQUIRE) go test -count=1 -timeout 15m -tags browser ./cmd/pattarai
	PATTARAI_TEST_REQUIRE=$(REQUIRE) go test -count=1 -timeout 10m -tags browser -run InABrowser ./server

.PHONY: fuzz
fuzz: ## Every fuzz target for FUZZTIME each
	@grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r file; do \
	  for target in $$(grep -oE '^func Fuzz[A-Za-z0-9_]+' "$$file" | cut -d' ' -f2); do \
	    echo "$$(dirname "$$file") $$target"; \
	    go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5x "$$(dirname "$$file")" || exit 1; \
	  done; done

.PHONY: bench
bench: images ## Every benchmark; each figure is a ratio against a peer in the same run
	@command -v hugo >/dev/null || apt-get install -y -qq hugo
	PATTARAI_TEST_REQUIRE=$(REQUIRE),hugo go test -run '^$$' -bench . -benchtime 3x -timeout 60m ./...

.PHONY: bench-smoke
bench-smoke: images ## Every benchmark once, to see that it runs
	go test -run '^$$' -bench . -benchtime 1x -short -timeout 15m ./...

##@ Build
.PHONY: build
build: ## Build the server and the agent into bin/
	@mkdir -p bin
	@echo "building (a few minutes the first time) …"
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/pattarai
	go build -trimpath -buildvcs=false -ldflags '-s -w' -o bin/ ./cmd/pattarai-agent

.PHONY: assets
assets: ## Rebuild the committed bundle of styles and scripts (needs node)
	cd assets && npm ci && npm run build

.PHONY: hooks
hooks: ## Run format, vet and unit tests before every push
	printf '#!/bin/sh\nexec make format vet unit\n' > .git/hooks/pre-push && chmod +x .git/hooks/pre-push

.PHONY: help
help: ## Show this
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
