# What a person or a build machine calls. The work is in scripts/.
.PHONY: up provision test lint test-rust test-web test-e2e clean

# Runs everything on this machine; Ctrl-C drains and ends it.
up:
	@exec scripts/up

# Fetches the servers and packages, builds the web client.
provision:
	@scripts/provision

# Everything that must pass.
test: provision
	@scripts/test

lint: provision
	@scripts/test lint

test-rust: provision
	@scripts/test rust

test-web: provision
	@scripts/test web

# The page in Chromium and the SDK, against a real mesh.
test-e2e: provision
	@scripts/test e2e

# Removes what was built and fetched; the data folder stays.
clean:
	rm -rf target .cache web/dist web/node_modules clients/typescript/dist clients/typescript/node_modules
