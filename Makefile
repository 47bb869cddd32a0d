# Every target does its own set-up, can be run twice and works on a fresh machine with Node and npm.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The project's own Node (npm package `node`) comes first, whatever the machine has; Go where its installer puts it comes last.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH):/usr/local/go/bin

INSTALLED := node_modules/.package-lock.json
BUNDLES := dist/operator.js
SOURCES := $(shell find src \( -name '*.ts' -o -name '*.tsx' -o -name '*.css' \) -not -name '*.test.ts' -not -name '*.prop.test.ts' 2>/dev/null)

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  \1|\2/' | column -t -s '|'

.PHONY: demo demo-down
demo: $(BUNDLES) ## From nothing to a live cluster with the operator, a PresenceCluster and real clients
	@node test/demo/main.ts up
demo-down: $(INSTALLED) ## Remove what demo made
	@node test/demo/main.ts down

.PHONY: test
test: $(INSTALLED) ## Everything that CI checks, fast things first
	@node test/suite/main.ts check unit chart integration e2e

.PHONY: check
check: $(INSTALLED) ## Format, lint, types, dependency rules, generated files up to date
	@node test/suite/main.ts check

.PHONY: test-unit test-chart test-integration test-e2e test-chaos
test-unit: $(INSTALLED) ## Unit and property tests beside the source
	@node test/suite/main.ts unit
test-chart: $(INSTALLED) ## The Helm charts, rendered
	@node test/suite/main.ts chart
test-integration: $(INSTALLED) ## Real Redis, Valkey and kube-apiserver as processes
	@node test/suite/main.ts integration
test-e2e: $(INSTALLED) ## The product on a kind cluster
	@node test/suite/main.ts e2e

test-chaos: $(INSTALLED) ## Faults under a counting writer, on the kind cluster
	@node test/suite/main.ts chaos

.PHONY: test-kubernetes
test-kubernetes: $(INSTALLED) ## The API server's side on other releases, each compiled first: VERSION=1.37.2, or all
	@node test/kubernetes/main.ts $(VERSION)

.PHONY: test-exports zone-data
test-exports: $(INSTALLED) ## Exported freezes, read by the code of the tools that they are for (fetches Go modules)
	@node test/exports/main.ts
zone-data: $(INSTALLED) ## The newest IANA time zone data, from PyPI, into the checkout
	@node test/golden/write-zone-data.ts

.PHONY: bench-presence bench-failover bench-operator bench-autoscaler bench-calendar bench-admission bench-feeds bench-dashboard bench-smoke bench-regression
bench-presence: $(BUNDLES) ## Presence beside Socket.IO and bare ws, in one run
	@node test/bench/presence/main.ts
bench-failover: $(INSTALLED) ## Write gaps of failovers and rolls, with and without the operator
	@node test/bench/failover/main.ts
bench-smoke: $(INSTALLED) ## Counts and processor time beside recorded ones, in five minutes; exit code 1 when one is worse
	@node test/bench/smoke/main.ts
bench-operator: $(BUNDLES) ## The operator at 1 to 1,000 PresenceClusters beside the stock informer
	@node test/bench/operator/main.ts
bench-autoscaler: $(INSTALLED) ## Autoscaling policies on recorded and made-up loads
	@node test/bench/autoscaler/main.ts
bench-regression: $(INSTALLED) ## Slow revisions found, and false alarms, on made-up evenings
	@node test/bench/regression/main.ts
bench-calendar: $(INSTALLED) ## Every time zone and every date of 2020 to 2040 beside Temporal
	@node test/bench/calendar/main.ts
bench-feeds: $(INSTALLED) ## Calendars as exporters write them beside an independent reader (Python), and the speed beside an older build
	@node test/bench/feeds/main.ts
	@node test/bench/feeds/speed.ts
bench-dashboard: $(BUNDLES) ## The dashboard in the cluster with 1,000 PresenceClusters and 200 viewers
	@node test/bench/dashboard/main.ts
bench-admission: $(INSTALLED) ## What the admission policies add to the latency of the API server
	@node test/bench/admission/main.ts

.PHONY: pictures
pictures: $(INSTALLED) ## The pictures of the dashboard for the docs, from a recorded evening
	@node test/pictures/main.ts

.PHONY: soak
soak: $(INSTALLED) ## The operator runtime under one fault per second for half an hour
	@node test/soak/operator-runtime.ts

.PHONY: fuzz
fuzz: $(INSTALLED) ## Foreign bytes against every reader: SECONDS=600 each, SEED=n, TARGET="specs frames"
	@node test/fuzz/main.ts "$(SECONDS)" "$(SEED)" $(TARGET)

.PHONY: build
build: $(BUNDLES) ## Bundle the three programs into dist/
$(BUNDLES): $(INSTALLED) $(SOURCES)
	@npm run --silent build

.PHONY: generate
generate: $(INSTALLED) ## CRDs, reference docs, chart schema and README, plain manifests, rules and dashboards, notices, and the TypeScript of functions.lua
	@node src/api/crdgen/main.ts
	@node test/chart/render-install.ts
	@node test/chart/render-monitoring.ts
	@node test/house/metrics-page.ts
	@node test/house/client-page.ts
	@node test/house/chart-readme.ts
	@node test/house/lua-library.ts
	@node test/house/third-party-notices.ts
	@biome check --write --log-level=error .

.PHONY: release-dry-run
release-dry-run: $(INSTALLED) ## Everything that a release publishes, made and checked here: out/release
	@node release/main.ts dry-run

SITE := release/site/node_modules/.package-lock.json
$(SITE): release/site/package-lock.json
	@npm ci --prefix release/site --no-audit --no-fund --ignore-scripts
	@touch $@

.PHONY: site
site: $(INSTALLED) $(SITE) ## The docs as a site, with every link followed: out/site
	@node release/site/main.ts

.PHONY: images cluster-up cluster-down
images: $(BUNDLES) ## Build the container images and load them into the cluster's nodes
	@node test/cluster/main.ts images
cluster-up: $(BUNDLES) ## A kind cluster: one control plane, three workers, our images
	@node test/cluster/main.ts up
cluster-down: $(INSTALLED) ## Delete the kind cluster and stop what was started for it
	@node test/cluster/main.ts down

.PHONY: clean
clean: ## Remove what was built here (the cache outside stays)
	@rm -rf dist out

# npm ci runs on whatever Node the machine has; it brings the Node that everything after it runs on.
$(INSTALLED): package.json package-lock.json
	@echo "installing npm packages"
	@npm ci --no-audit --no-fund --loglevel=error --fetch-retries=5
	@touch $(INSTALLED)
