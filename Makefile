# The commands of this repository. Node 26 comes with the packages: every recipe runs under it.
# `install` and `test` write to stdout only: .ci/run drops what make itself says after the line with the counts.
run := PATH="$(CURDIR)/node_modules/.bin:$$PATH"

.PHONY: install install-plugin demo test traces bench check format generate
.DEFAULT_GOAL := test

install: node_modules/.package-lock.json

# Not `npm ci`: it refuses a lockfile that does not name the binaries of every platform, and a registry may not have them all.
node_modules/.package-lock.json: package-lock.json
	npm install --no-save 2>&1
	touch $@

# kubectl-argo-rollouts and kubectl-serin, below PREFIX: by default /usr/local, or ~/.local for those who may not write there.
install-plugin: install
	@$(run) node deploy/install-plugin.ts "$(PREFIX)"

# HOLD=1 keeps the demo running for kubectl.
demo: install
	@HOLD="$(HOLD)" $(run) node src/cli/serin.ts demo

# Everything that this machine can prove; with CI=true a layer that cannot run is a failure.
test: install
	@$(run) node test/run.ts 2>&1

# DIR: folders with scenario.yaml and trace.json, or folders of such folders.
traces: install
	@$(run) node test/conformance/play.ts $(DIR)

bench: install
	@$(run) npm run --silent bench

check: install
	@$(run) npm run --silent check

format: install
	@$(run) npm run --silent format

generate: install
	@$(run) npm run --silent generate
