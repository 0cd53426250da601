# reproduce · test · soak · lab · app · bench · times      each sets up .venv by itself; only Python 3.11+, git and make are needed
#
#   make reproduce SCALE=compact TRAIN=never IMAGES=4 DEVICE=auto NAME=first-look NOTEBOOKS=01_adafm
#   TRAIN=missing trains first what has no checkpoint, MEASURE=yes measures on whole sets, FRESH=yes starts anew,
#   CLUSTER=tcp://host:8786 does it all there
#
# Torch: a torch of 2.11 or newer that PYTHON, or an existing .venv, already has is kept as it is;
# otherwise the CPU build of the pinned version is installed. So, for a GPU, either name a python
# that has a CUDA build (make PYTHON=/opt/conda/bin/python), or put one into .venv first:
#   python3 -m venv .venv && .venv/bin/pip install torch

PYTHON = python3
RUN = .venv/bin/python
READY = .venv/.ready

SETTINGS = SCALE TRAIN MEASURE IMAGES DEVICE NAME NOTEBOOKS FRESH CLUSTER CASES PYTHON
SPACE = $() $()
UNKNOWN = $(filter-out $(addsuffix =%,$(SETTINGS)),$(subst \$(SPACE),_,$(MAKEOVERRIDES)))
$(if $(UNKNOWN),$(error there is no setting $(UNKNOWN); there are: $(SETTINGS)))

WRONG = $(filter-out yes no,$(MEASURE) $(FRESH))
$(if $(WRONG),$(error MEASURE and FRESH are yes or no, not $(WRONG)))

TORCH = $(shell grep '^torch==' requirements.lock)
TORCH_BUILD = $(if $(filter Linux,$(shell uname -s)),+cpu)
TORCH_INDEX = https://download.pytorch.org/whl/cpu
HAS_TORCH = $(RUN) -c 'from importlib.metadata import version; \
	raise SystemExit(tuple(map(int, version("torch").split(".")[:2])) < (2, 11))' 2>/dev/null
NEW_PYTHON = import sys; sys.version_info >= (3, 11) or \
	sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] \
	+ ": name another with make PYTHON=...")

.PHONY: reproduce test soak lab app bench times readme lock
.DELETE_ON_ERROR:

reproduce: $(READY)
	@$(RUN) -m lib reproduce $(if $(SCALE),--scale $(SCALE)) $(if $(TRAIN),--train $(TRAIN)) \
		$(if $(IMAGES),--images $(IMAGES)) $(if $(DEVICE),--device $(DEVICE)) \
		$(if $(NAME),--name $(NAME)) $(if $(filter yes,$(FRESH)),--fresh) $(if $(filter yes,$(MEASURE)),--measure) \
		$(if $(CLUSTER),--cluster $(CLUSTER)) $(NOTEBOOKS)

# One thread for every process: more would only wait for one another.
test: $(READY)
	@OMP_NUM_THREADS=1 $(RUN) -m pytest --numprocesses logical --maxprocesses 4 --dist worksteal

# Long trials of what must not break, hours in all; writes results/measured/soak.csv. CASES=10: so few of each, no file.
soak: $(READY)
	@OMP_NUM_THREADS=1 $(RUN) tests/soak $(if $(CASES),--cases $(CASES))

lab: $(READY)
	@.venv/bin/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) notebooks

# The playground alone, as a page; a kernel waits, so that it opens at once. One whose page is closed ends within
# ten minutes.
app: $(READY)
	@.venv/bin/voila --preheat_kernel=True --pool_size=1 --no-browser \
		"--VoilaConfiguration.extension_denylist=['jupyterlab-jupytext']" \
		--MappingKernelManager.cull_idle_timeout=300 --MappingKernelManager.cull_interval=300 \
		notebooks/00_playground.ipynb

bench: $(READY)
	@$(RUN) -m lib bench $(if $(DEVICE),--device $(DEVICE))

# Times the README's two commands in a fresh clone of the last commit.
times: $(READY)
	@$(RUN) -m lib times

# Renders the numbers in README.md from what is in results/.
readme: $(READY)
	@$(RUN) -m lib readme

$(RUN):
	@$(PYTHON) -c '$(NEW_PYTHON)'
	@echo "Setting up .venv (once)"
	@$(PYTHON) -m venv --system-site-packages .venv
	@$(HAS_TORCH) || $(PYTHON) -m venv --clear .venv

$(READY): pyproject.toml requirements.lock | $(RUN)
	@grep -v '^torch==' requirements.lock | $(RUN) -m pip install -r /dev/stdin
	@$(HAS_TORCH) || $(RUN) -m pip install --no-deps --retries 1 \
		--extra-index-url $(TORCH_INDEX) '$(TORCH)$(TORCH_BUILD)'
	@$(RUN) -m pip install --no-deps --no-build-isolation -e .
	@$(RUN) -c 'import torch; print("ready: torch", torch.__version__)'
	@touch $@

# Writes requirements.lock anew: the newest of everything that pyproject.toml asks for, torch as it is.
lock:
	@set -e; fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
	$(PYTHON) -m venv "$$fresh"; \
	"$$fresh/bin/pip" install --no-deps --retries 1 --extra-index-url $(TORCH_INDEX) \
		'$(TORCH)$(TORCH_BUILD)'; \
	"$$fresh/bin/pip" install -e '.[app,cluster,export,dev]'; \
	"$$fresh/bin/pip" freeze --all --exclude-editable --exclude pip --exclude wheel \
		| sed 's/+cpu$$//' > "$$fresh/lock"; \
	cp "$$fresh/lock" requirements.lock
