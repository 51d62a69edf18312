# `make demo` and `make test` are all that a fresh machine needs (Debian 12 with cargo,
# Node.js and npm). `make help` lists the rest.

SHELL := /bin/bash
# rsyslogd, nft and runuser lie where an ordinary user's path does not lead.
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin
CARGO ?= cargo
# Where cargo puts what it builds; CI keeps it outside the checkout.
TARGET = $(or $(CARGO_TARGET_DIR),target)
GIENG = $(TARGET)/release/gieng
DATA ?= demo-data
SECONDS_EACH ?= 60
MINUTES ?= 60

.DEFAULT_GOAL := help
.PHONY: help demo demo-fresh build report test test-deps bench fuzz soak fmt lint docs tidy ci screenshots

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: build ## Build and start the demo province; prints the address and how to sign in
	@CARGO=$(CARGO) scripts/demo $(GIENG) demo --data $(DATA) $(ARGS)

demo-fresh: build ## The same, with the province and its ninety days made anew
	@CARGO=$(CARGO) scripts/demo $(GIENG) demo --data $(DATA) --fresh $(ARGS)

build: ## Build the program in release: target/release/gieng
	$(CARGO) build --locked --release -p gieng

report: ## Build what prints PDF and DOCX: target/release/gieng-report, beside gieng
	$(CARGO) build --locked --release -p report

test-deps: ## Install the Debian packages that the tests need, through apt
	@scripts/test-deps

test: test-deps ## Install what the tests need, then run them all
	$(CARGO) test --locked --workspace $(ARGS)

bench: ## Measure the promised figures: machine and date are printed (BENCH="probe judging" for some)
	@scripts/bench $(BENCH)

fuzz: ## Feed every parser with made-up bytes, SECONDS_EACH=60
	@scripts/fuzz $(SECONDS_EACH)

soak: build ## Run the demo under load for MINUTES=60 and watch memory, lines and proofs
	@scripts/soak $(GIENG) $(MINUTES)

fmt: ## Format
	$(CARGO) fmt --all

lint: ## Clippy with warnings as errors, format, and tidy
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) xtask tidy

tidy: ## Hold the workspace to its own rules
	$(CARGO) xtask tidy

docs: ## Documentation of all crates: target/doc
	RUSTDOCFLAGS=-Dwarnings $(CARGO) doc --locked --no-deps --workspace

screenshots: test-deps ## Make docs/screenshots anew with the browser test
	GIENG_SCREENSHOTS=$(CURDIR)/docs/screenshots $(CARGO) test --locked -p gieng --test browser

ci: ## What .ci/run does
	.ci/run
