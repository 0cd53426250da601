"""The training loop: exact resume after a kill, budgets, divergence, held-out images, stages."""

import csv
import functools
import itertools
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from tqdm import tqdm

from lib.base import devices, paths
from lib.base.hashes import weights_sha
from lib.data import sets
from lib.data.sets import Sample
from lib.metrics import perceptual
from lib.models.adafm import AdaBN
from lib.recipes import find
from lib.recipes.common import Annealed, Recipe, Steps
from lib.training import checkpoints, loop, networks, unfinished
from lib.training.checkpoints import BadCheckpoint

BASIC, STAGE = "adafm-denoise-basic-s15", "adafm-denoise-s15-s75-k3"
STEPS, SAVED, KILLED = 16, 5, 11


def tiny(name: str) -> Recipe:
    """A smoke run cut down further."""
    recipe = find(name, "smoke")
    patch = 16 if name.startswith("adafm") else 64
    recipe = replace(recipe, steps=STEPS, patch=patch, batch=3, training_set="skimage")
    return replace(recipe, statistics_batches=3) if hasattr(recipe, "statistics_batches") else recipe


def break_at(step: int, stop) -> None:
    """Save the state until SAVED steps are done, and call `stop` before `step`."""
    original = loop.Job.make_step

    def until(job, i):
        loop.SAVE_EVERY = -1.0 if i < SAVED else 1e9
        if i == step:
            stop()
        return original(job, i)

    loop.Job.make_step = until


def interrupt():
    raise KeyboardInterrupt


CHILD = """
import os, signal, sys
from pathlib import Path
from lib.training import loop
from test_training import KILLED, break_at, tiny

break_at(KILLED, lambda: os.kill(os.getpid(), signal.SIGKILL))
loop.train(tiny(sys.argv[2]), device="cpu", out=Path(sys.argv[1]))
"""


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(loop, "SAVE_EVERY", 1e9)
    monkeypatch.setattr(loop.Job, "make_step", loop.Job.make_step)
    monkeypatch.setattr(sets, "training_set", functools.cache(sets.training_set))


@pytest.fixture
def full_precision(monkeypatch):
    """Checkpoints as float32: two runs that differ in the last bit show it."""
    monkeypatch.setattr(checkpoints, "save", functools.partial(checkpoints.save, dtype=torch.float32))


@pytest.fixture
def steps_taken(monkeypatch):
    """The number and the learning rate of every step."""
    taken, original = [], loop.Job.make_step

    def record(job, step):
        taken.append((step, job.optimiser.param_groups[0]["lr"]))
        return original(job, step)

    monkeypatch.setattr(loop.Job, "make_step", record)
    return taken


def train(name, out, **change):
    return loop.train(replace(tiny(name), **change), device="cpu", out=out)


def state_of(recipe, out):
    return unfinished.folder_of(unfinished.settled(recipe, torch.device("cpu")), out) / "state.safetensors"


def assert_same_weights(path, other):
    a, b = checkpoints.load(path), checkpoints.load(other)
    assert a.tensors.keys() == b.tensors.keys()
    assert all(torch.equal(a.tensors[k], b.tensors[k]) for k in a.tensors)
    assert a.provenance.steps == b.provenance.steps
    assert a.provenance.validation == b.provenance.validation


# --- resume ----------------------------------------------------------------------------------------


def test_what_is_left_is_told_at_the_speed_of_this_machine(tmp_path, monkeypatch, capsys):
    """A run that goes on here may have been begun on a slower one."""
    monkeypatch.setattr(loop, "REPORT_EVERY", -1.0)
    job = loop.Job(tiny(BASIC), torch.device("cpu"), tmp_path, compiled=False)
    job.progress.step, job.progress.seconds = SAVED, 1e6
    job.run(tqdm(total=STEPS, disable=True), None)
    lines = capsys.readouterr().out.splitlines()
    left = [float(re.search(r"([0-9.]+) min left$", line)[1]) for line in lines]
    assert len(left) == STEPS - SAVED and max(left) < 5 and left[-1] == 0


def test_killed_run_goes_on_to_the_same_weights_bit_for_bit(tmp_path, full_precision, steps_taken):
    whole = train(BASIC, tmp_path / "whole")

    broken = tmp_path / "broken"
    here = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(paths.ROOT), str(here)])}
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(broken), BASIC],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert child.returncode == -signal.SIGKILL, child.stderr
    assert not checkpoints.path_of(BASIC, "smoke", broken).exists()

    steps_taken.clear()
    assert state_of(tiny(BASIC), broken).exists()
    resumed = train(BASIC, broken)
    assert [step for step, _ in steps_taken] == list(range(SAVED, STEPS))
    assert_same_weights(whole, resumed)
    assert not state_of(tiny(BASIC), broken).exists()


def test_a_folder_of_ones_own_has_its_own_unfinished_runs(tmp_path):
    assert unfinished.folder_of(tiny(BASIC)).parent == paths.RUNS / "training"
    assert unfinished.folder_of(tiny(BASIC), tmp_path).parent == tmp_path / "training"


@pytest.mark.parametrize(
    "name",
    [
        STAGE,
        "adafm-denoise-bn-s15",
        "adafm-denoise-cin-s15-s75",
        "adafm-dejpeg-in-q80-q10",
        "adafm-arcnn-s15-ft-s50",
        "adafm-arcnn-g5",
        "qgcn-cqr",
        "qgcn-texture",
        "ranker-rgb",
        "cfsnet-denoise-tune-s50",
        "cfsnet-sr-tune-gan",
        "dni-sr-mae-ft-gan",
        "vdir-awgn",
        "vdir-awgn-res",
        "vdir-ffdnet-nonblind",
        "vdir-sr-x2",
        "vdir-real",
        "cunet",
        "unet-r2-s0",
        "cugan",
        "ugan-r0-s30",
        "cresmd",
    ],
)
def test_every_kind_of_run_resumes_exactly(name, tmp_path, full_precision, monkeypatch):
    recipe = tiny(name)
    for out in (tmp_path / "whole", tmp_path / "broken"):
        for needed in filter(None, (recipe.parent, recipe.guide)):
            train(needed, out, steps=2)
    whole = train(name, tmp_path / "whole")

    original = loop.Job.make_step
    break_at(KILLED, interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(name, tmp_path / "broken")
    monkeypatch.setattr(loop.Job, "make_step", original)
    assert_same_weights(whole, train(name, tmp_path / "broken"))


def test_a_changed_recipe_does_not_take_up_the_state_of_another(tmp_path, steps_taken, monkeypatch):
    recording = loop.Job.make_step
    break_at(KILLED, interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(BASIC, tmp_path)
    monkeypatch.setattr(loop.Job, "make_step", recording)
    steps_taken.clear()
    train(BASIC, tmp_path, lr=tiny(BASIC).lr / 2)
    assert [step for step, _ in steps_taken] == list(range(STEPS))


def test_a_run_begun_in_one_precision_does_not_go_on_in_another(tmp_path, steps_taken, monkeypatch):
    """As on two machines: the precision is the fastest of each, or the one that the recipe asks for."""
    recording = loop.Job.make_step
    monkeypatch.setattr(devices, "fast_precision", lambda device: "float32")
    break_at(KILLED, interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(BASIC, tmp_path)
    monkeypatch.setattr(loop.Job, "make_step", recording)

    steps_taken.clear()
    monkeypatch.setattr(devices, "fast_precision", lambda device: "bfloat16")
    assert checkpoints.load(train(BASIC, tmp_path)).provenance.precision == "bfloat16"
    assert [step for step, _ in steps_taken] == list(range(STEPS))

    steps_taken.clear()
    resumed = checkpoints.load(train(BASIC, tmp_path, precision="float32")).provenance
    assert resumed.precision == "float32"
    assert [step for step, _ in steps_taken] == list(range(SAVED, STEPS))


# --- longer ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [BASIC, "cugan", "vdir-awgn"])
def test_a_longer_budget_goes_on_from_before_annealing_as_if_it_had_been_asked_for_at_once(
    name, tmp_path, full_precision, steps_taken
):
    for out in (tmp_path / "at-once", tmp_path / "longer"):
        for needed in tiny(name).needs:
            train(needed, out, steps=2)
    shorter = train(name, tmp_path / "longer", schedule=Annealed(), steps=10)
    assert checkpoints.load(shorter).provenance.steps == 10
    steps_taken.clear()
    longer = train(name, tmp_path / "longer", schedule=Annealed())
    lr = tiny(name).lr
    assert steps_taken[:4] == [(step, lr) for step in range(8, 12)]
    assert [step for step, _ in steps_taken] == list(range(8, STEPS))
    assert [rate / lr for _, rate in steps_taken[5:]] == pytest.approx([15 / 16, 10 / 16, 5 / 16])
    assert_same_weights(train(name, tmp_path / "at-once", schedule=Annealed()), longer)


def test_a_fresh_run_begins_anew(tmp_path, steps_taken):
    for fresh, first in ((False, 8), (True, 0)):
        train(BASIC, tmp_path, schedule=Annealed(), steps=10)
        steps_taken.clear()
        recipe = replace(tiny(BASIC), schedule=Annealed())
        loop.train(recipe, device="cpu", out=tmp_path, fresh=fresh)
        assert steps_taken[0][0] == first


def test_a_stage_does_not_go_on_from_another_parent(tmp_path, steps_taken):
    train(BASIC, tmp_path, steps=2)
    train(STAGE, tmp_path, schedule=Annealed(), steps=10)
    train(BASIC, tmp_path, steps=3)
    steps_taken.clear()
    path = train(STAGE, tmp_path, schedule=Annealed())
    assert [step for step, _ in steps_taken] == list(range(STEPS))
    parent = checkpoints.load(checkpoints.path_of(BASIC, "smoke", tmp_path))
    assert checkpoints.load(path).provenance.parent_sha == parent.weights_sha


def test_runs_wait_while_they_are_paused_and_then_go_on_as_if_they_had_not(
    tmp_path, full_precision, monkeypatch
):
    """By a clock that says a minute for every step, and an hour for the pause, which does not count."""
    out, now, waited = tmp_path / "paused", [0.0], []
    making = loop.Job.make_step

    def make_step(job, number):
        if number == SAVED:
            unfinished.pause(out)
        now[0] += 60
        return making(job, number)

    def sleep(seconds):
        waited.append(state_of(tiny(BASIC), out).exists())
        now[0] += 3600
        unfinished.go_on(out)

    monkeypatch.setattr(loop.Job, "make_step", make_step)
    monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=sleep))
    paused = train(BASIC, out)
    assert waited == [True]
    assert checkpoints.load(paused).provenance.minutes == STEPS
    assert_same_weights(train(BASIC, tmp_path / "whole"), paused)


def test_a_curve_says_how_many_pixels_were_seen(tmp_path):
    """Of a longer budget it has the rows of the shorter one until there, and its own from then on."""
    train(BASIC, tmp_path, schedule=Annealed(), steps=250)
    longer = train(BASIC, tmp_path, schedule=Annealed(), steps=400)
    with open(longer.with_suffix(".csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [50, 100, 150, 200, 250, 300, 350, 400]
    assert [int(row["pixels"]) for row in rows] == [int(row["step"]) * 3 * 16**2 for row in rows]


# --- budgets ---------------------------------------------------------------------------------------


def test_a_run_is_trained_by_one_process_only(tmp_path, monkeypatch):
    folder = state_of(tiny(BASIC), tmp_path).parent
    seen = []

    def step(job, number):
        seen.append(unfinished.under_way(folder))
        with pytest.raises(unfinished.Busy, match=f"{BASIC} is being trained by another process"):
            train(BASIC, tmp_path)
        raise KeyboardInterrupt

    monkeypatch.setattr(loop.Job, "make_step", step)
    with pytest.raises(KeyboardInterrupt):
        train(BASIC, tmp_path)
    assert seen == [True]
    assert not unfinished.under_way(folder)


def test_rates_follow_the_schedule(tmp_path, steps_taken):
    train(BASIC, tmp_path, lr=1e-3, schedule=Steps(drops=((0.5, 0.1),)))
    assert [rate for _, rate in steps_taken] == pytest.approx([1e-3] * 8 + [1e-4] * 8)


def test_a_budget_in_minutes_ends_on_time_and_annealed_also_across_a_break(
    tmp_path, steps_taken, monkeypatch
):
    """By a clock that says one second more whenever it is asked: half a minute is thirty steps."""
    recipe = tiny(BASIC).budgeted(minutes=0.5)

    def train_by_new_clock():
        monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=itertools.count(1000.0).__next__))
        return loop.train(recipe, device="cpu", out=tmp_path)

    recording = loop.Job.make_step
    break_at(KILLED, interrupt)
    with pytest.raises(KeyboardInterrupt):
        train_by_new_clock()
    monkeypatch.setattr(loop.Job, "make_step", recording)
    steps_taken.clear()
    history = checkpoints.load(train_by_new_clock()).provenance
    assert [step for step, _ in steps_taken] == list(range(SAVED, 30))
    assert (history.steps, history.minutes, history.patches) == (30, 0.5, 30 * recipe.batch)
    assert steps_taken[-1][1] < 0.01 * recipe.lr


def test_history_says_what_was_done(tmp_path):
    history = checkpoints.load(train(BASIC, tmp_path)).provenance
    assert (history.steps, history.patches, history.training_set) == (STEPS, 3 * STEPS, "skimage")
    assert history.recipe_sha == tiny(BASIC).sha()
    assert json.loads(history.recipe_fields)["level"]["sigma"] == 15
    assert history.training_sha == sets.set_hash("skimage")


def test_a_hundred_steps_bring_the_picture_nearer(tmp_path):
    """By half the loss and a decibel; validated every fifty steps, with the weights of that step."""
    path = train(BASIC, tmp_path, steps=100, batch=4, lr=2e-3)
    with open(path.with_suffix(".csv"), newline="") as file:
        first, last = csv.DictReader(file)
    assert (first["step"], last["step"]) == ("50", "100")
    assert float(last["loss"]) < 0.5 * float(first["loss"])
    assert float(last["validation_psnr"]) > float(first["validation_psnr"]) + 1
    final = checkpoints.load(path).provenance.validation["validation_psnr"]
    assert float(last["validation_psnr"]) == pytest.approx(final, abs=1e-3)


# --- divergence ------------------------------------------------------------------------------------


def test_divergence_says_when_and_where_and_keeps_the_last_good_state(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "SAVE_EVERY", -1.0)
    original = loop.Job.make_step

    def poisoned(job, step):
        taken = original(job, step)
        return torch.full_like(taken, float("nan")) if step == 7 else taken

    monkeypatch.setattr(loop.Job, "make_step", poisoned)
    where = state_of(tiny(BASIC), tmp_path).parent.name
    with pytest.raises(loop.Diverged, match=rf"{BASIC}: the loss is nan at step 7 .* in {where}\."):
        train(BASIC, tmp_path)
    assert not checkpoints.path_of(BASIC, "smoke", tmp_path).exists()
    with safe_open(state_of(tiny(BASIC), tmp_path), framework="pt") as file:
        assert json.loads(file.metadata()["progress"])["step"] == 7


def test_a_rate_far_too_high_is_noticed(tmp_path):
    with pytest.raises(loop.Diverged, match="at step 1 "):
        train(BASIC, tmp_path, lr=1e20, schedule=Steps(), clip=None)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ((0.1, 0.2, 0.3, 4e5, 0.5), "the critic_gap is 400000 at step 41 "),
        ((0.1, 0.2, 0.3, 0.4, -2e5), "the gradient_penalty is -200000 at step 41 "),
        ((float("inf"), 0.2, 0.3, 0.4, 0.5), "the loss is inf at step 41 "),
        ((0.1, 0.2, 0.3, 99.0, 0.5), ""),
    ],
)
def test_a_critic_that_runs_away_stops_the_run_and_is_named(values, sentence):
    """Of two steps, 40 and 41, the second goes wrong."""
    recipe = find("cfsnet-sr-tune-gan", "smoke")
    columns = ("loss", *recipe.parts, "norm network", "clip network")
    job = SimpleNamespace(
        recipe=recipe, columns=columns, progress=SimpleNamespace(step=42), folder=Path("state")
    )
    taken = [torch.full((7,), 0.1), torch.tensor([*values, 1e9, 1.0])]  # norms may be as large as they are
    if not sentence:
        assert loop.Job._means(job, taken)[3] == pytest.approx((0.1 + 99) / 2)
        return
    with pytest.raises(loop.Diverged, match=f"cfsnet-sr-tune-gan: {sentence}.*state is in state"):
        loop.Job._means(job, taken)


# --- what is trained on ----------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "held_out"), [(5, 1), (20, 4), (203, 4)])
def test_held_out_images_are_never_sampled(n, held_out, tmp_path, monkeypatch):
    flat = [Sample(str(i), np.full((20, 24, 3), i, np.uint8)) for i in range(n)]
    monkeypatch.setattr(sets, "training_set", lambda name: flat)
    job = loop.Job(tiny(BASIC), torch.device("cpu"), tmp_path, compiled=False)
    kept = {int(image[0, 0, 0]) for image in job.examples.validated}
    patches = job.examples.sampler.sample(40 * n, torch.Generator().manual_seed(0))
    drawn = {round(float(value) * 255) for value in patches[:, 0, 0, 0]}
    assert len(kept) == held_out
    assert drawn == set(range(n)) - kept


def test_a_set_to_measure_on_is_not_trained_on(tmp_path):
    with pytest.raises(ValueError, match="never for training"):
        train(BASIC, tmp_path, training_set="cbsd68")


# --- stages ----------------------------------------------------------------------------------------


def test_a_stage_stores_its_filters_alone_and_takes_the_rest_from_its_parent(tmp_path):
    parent = load_file(train(BASIC, tmp_path))
    own = load_file(train(STAGE, tmp_path))
    net = find(STAGE, "smoke").build()
    assert own.keys() == {k for k in net.state_dict() if "filter" in k}
    trained = networks.load(STAGE, "smoke", tmp_path)
    state = trained.net.state_dict()
    assert all(torch.equal(state[k], v.float()) for k, v in (parent | own).items())
    assert state.keys() == (parent | own).keys()
    assert all(own[k].any() for k in own)

    x = torch.rand(1, 3, 16, 16)
    basic = networks.load(BASIC, "smoke", tmp_path)
    assert torch.equal(trained.net(x, torch.zeros(1, 1)), basic.net(x, torch.zeros(1, 0)))
    assert trained.provenance.parent_sha == basic.weights_sha


def test_a_stage_is_refused_when_its_parent_has_changed(tmp_path):
    train(BASIC, tmp_path, steps=2)
    train(STAGE, tmp_path, steps=2)
    train(BASIC, tmp_path, steps=2, seed=1)
    with pytest.raises(BadCheckpoint, match=f"{STAGE} was adapted from weights"):
        networks.load(STAGE, "smoke", tmp_path)


@pytest.mark.parametrize("damaged", [BASIC, STAGE])
def test_a_stage_is_refused_when_a_bit_of_it_or_of_its_parent_has_changed(damaged, tmp_path):
    train(BASIC, tmp_path, steps=2)
    train(STAGE, tmp_path, steps=2)
    path = checkpoints.path_of(damaged, "smoke", tmp_path)
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    path.write_bytes(changed)
    with pytest.raises(BadCheckpoint, match=f"{damaged}.* do not match the hash"):
        networks.load(STAGE, "smoke", tmp_path)


def test_a_stage_needs_its_parent(tmp_path):
    with pytest.raises(FileNotFoundError, match=BASIC):
        train(STAGE, tmp_path)


def test_a_parent_of_another_shape_is_refused(tmp_path):
    train(BASIC, tmp_path, steps=1, width=6)
    with pytest.raises(BadCheckpoint, match=f"{BASIC} does not fit"):
        networks.load(BASIC, "smoke", tmp_path)


def test_conditional_in_like_for_like_learns_the_second_scale_and_shift_alone(tmp_path, full_precision):
    """The start network ends with both alike; at knob 0 what has been learnt changes nothing."""
    first, second = "adafm-denoise-in-s15", "adafm-denoise-in-s15-s75"
    parent = load_file(train(first, tmp_path))
    assert all(torch.equal(parent[k][0], parent[k][1]) for k in parent if k.endswith(("gamma", "beta")))
    assert any((parent[k][0] != 1).any() for k in parent if k.endswith("gamma"))

    own = load_file(train(second, tmp_path))
    assert own.keys() == {k for k in parent if k.endswith(("gamma", "beta"))}
    assert all(torch.equal(own[k][0], parent[k][0]) for k in own)
    assert all((own[k][1] != parent[k][1]).any() for k in own)
    assert sum(v[1].numel() for v in own.values()) == stage_parameters(tmp_path)

    x = torch.rand(1, 3, 16, 16)
    start, end = (networks.load(name, "smoke", tmp_path).net for name in (first, second))
    assert torch.equal(start(x, torch.zeros(1, 1)), end(x, torch.zeros(1, 1)))
    assert not torch.equal(start(x, torch.ones(1, 1)), end(x, torch.ones(1, 1)))


def stage_parameters(tmp_path):
    """What AdaFM's filters of one tap learn in the same network."""
    net = find("adafm-denoise-s15-s75-k1", "smoke").build()
    return sum(p.numel() for module in net.trained_in_stage() for p in module.parameters())


def test_adabn_ends_with_statistics_of_both_levels(tmp_path):
    name = "adafm-denoise-bn-s15"
    train(name, tmp_path)
    net = networks.load(name, "smoke", tmp_path).net
    sites = [module for module in net.modules() if isinstance(module, AdaBN)]
    assert sites
    for site in sites:
        assert int(site.batches) == 3
        assert not site.adapting
        assert (site.mean[0] != site.mean[1]).all()
        assert site.mean.any() and (site.var > 0).all()


# --- a guide ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("guide", "group"), [("vgg16-conv5_3", "weights_dists"), ("vgg19-conv5_4", "weights_vgg19")]
)
@pytest.mark.parametrize("name", ["cugan", "cfsnet-sr-tune-gan"])
def test_a_guide_that_is_not_at_hand_is_asked_for_and_no_other_taken(
    name, guide, group, tmp_path, steps_taken, monkeypatch
):
    """The ranker is there, with its checkpoint, and stands in for nothing."""
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("RESTORATION_DATA", str(tmp_path / "empty"))
    monkeypatch.setattr(sets, "CACHE", tmp_path / "nothing fetched")
    for needed in (find(name, "smoke").parent, "ranker-rgb"):
        train(needed, tmp_path, steps=1)
    steps_taken.clear()
    with pytest.raises(sets.MissingData, match=f"run `python -m lib fetch {group}`"):
        train(name, tmp_path, guide=guide)
    assert steps_taken == []
    assert not checkpoints.path_of(name, "smoke", tmp_path).exists()
    assert replace(tiny(name), guide=guide).needs == (find(name, "smoke").parent,)


def test_a_published_guide_judges_and_is_noted_and_not_trained(tmp_path, monkeypatch):
    """A VGG-16 of small width in place of the one whose weights take a download."""
    torch.manual_seed(0)
    small = perceptual.VggMap(perceptual.vgg(16, 2), perceptual.VGG16_TAP).eval().requires_grad_(False)
    monkeypatch.setitem(
        perceptual.PUBLISHED_GUIDES, "vgg16-conv5_3", (("niqe/modelparameters.mat",), lambda path: small)
    )
    monkeypatch.setattr(sets, "weights_file", lambda *forms: tmp_path)
    before = {k: v.clone() for k, v in small.state_dict().items()}
    train("cunet", tmp_path, steps=1)
    history = checkpoints.load(train("cugan", tmp_path, steps=2, guide="vgg16-conv5_3")).provenance
    assert (history.guide, history.guide_sha) == ("vgg16-conv5_3", weights_sha(before))
    assert all(torch.equal(before[k], v) for k, v in small.state_dict().items())


# --- an opponent -----------------------------------------------------------------------------------


def test_an_opponent_is_trained_against_the_network_and_not_kept(tmp_path):
    """The critic learns in its own step alone; the training curve shows the gap it sees and its penalty."""
    name = "cfsnet-sr-tune-gan"
    recipe = tiny(name)
    for needed in (recipe.parent, recipe.guide):
        train(needed, tmp_path, steps=2)
    job = loop.Job(recipe, torch.device("cpu"), tmp_path, compiled=False)
    for optimiser in (job.optimiser, job.opposing):
        optimiser.param_groups[0]["lr"] = 1e-3
    before = {k: v.clone() for k, v in job.opponent.state_dict().items()}
    judge = {k: v.clone() for k, v in job.judge.state_dict().items()}
    seen = []
    opposition = type(recipe).opposition

    def watched(self, opponent, made, generator):
        assert all(torch.equal(before[k], v) for k, v in opponent.state_dict().items())
        assert all(p.grad is None for p in opponent.parameters())
        assert not made.fake.requires_grad
        seen.append(made)
        return opposition(self, opponent, made, generator)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(recipe), "opposition", watched)
        job.make_step(0)
    assert len(seen) == 1 and seen[0].fake.shape == seen[0].real.shape
    moved = [k for k, v in job.opponent.named_parameters() if not torch.equal(before[k], v)]
    assert len(moved) > len(before) // 2
    assert all(torch.equal(judge[k], v) for k, v in job.judge.state_dict().items())

    path = train(name, tmp_path, steps=50)
    with open(path.with_suffix(".csv"), newline="") as file:
        (row,) = csv.DictReader(file)
    assert {"l1", "perceptual", "critic_gap", "gradient_penalty"} <= row.keys()
    assert 0 < float(row["l1"]) < 1
    assert not any("critic" in k or "score" in k for k in checkpoints.load(path).tensors)


def test_a_critic_learns_to_see_the_difference(tmp_path):
    """Against a network that stands still, at the recipe's own rate: the gap opens, and the gradient comes
    near one."""
    recipe = replace(tiny("cfsnet-sr-tune-gan"), lr=0.0, clip=None)
    for needed in (recipe.parent, recipe.guide):
        train(needed, tmp_path, steps=2)
    job = loop.Job(recipe, torch.device("cpu"), tmp_path, compiled=False)
    gap, penalty = (recipe.parts.index(name) for name in ("critic_gap", "gradient_penalty"))
    parts = torch.stack([job.make_step(step)[1 : 1 + len(recipe.parts)] for step in range(40)])
    assert parts[-10:, gap].mean() > 1
    assert parts[-10:, penalty].mean() < 0.5 * parts[0, penalty]
