"""The list of runs, what each recipe trains, and learning-rate schedules."""

import functools
import math
import re
from dataclasses import FrozenInstanceError, replace

import pytest
import torch

from lib import degradations, losses
from lib.base import paths
from lib.data import sets
from lib.data.images import rgb_to_y
from lib.degradations import to_8bit
from lib.degradations.levels import Compress
from lib.metrics.perceptual import PUBLISHED_GUIDES
from lib.recipes import SCALES, find, queue
from lib.recipes.common import Cosine, Outcome, Steps
from lib.training import checkpoints, health, loop

DENOISING = {
    *(f"adafm-denoise-basic-s{sigma}" for sigma in (15, 25, 35, 50, 75)),
    *(f"adafm-denoise-s15-s75-k{k}" for k in (1, 3, 5, 7)),
    *(f"adafm-denoise-s15-s{end}-k1" for end in (25, 35, 50)),
    "adafm-denoise-s75-s15-k1",
    "adafm-denoise-bn-s15",
    "adafm-denoise-cin-s15-s75",
    "adafm-denoise-in-s15",
    "adafm-denoise-in-s15-s75",
    *(
        f"adafm-denoise-{run}-seed{seed}"
        for run in ("basic-s15", "basic-s75", "s15-s75-k1")
        for seed in (1, 2)
    ),
}
DEJPEG = {
    *(f"adafm-dejpeg-basic-q{quality}" for quality in (80, 70, 60, 50, 40, 30, 20, 10)),
    *(f"adafm-dejpeg-q80-q10-k{k}" for k in (1, 3, 5, 7)),
    *(f"adafm-dejpeg-q80-q{end}-k1" for end in (60, 40, 20)),
    "adafm-dejpeg-q10-q80-k1",
    "adafm-dejpeg-bn-q80",
    "adafm-dejpeg-cin-q80-q10",
    "adafm-dejpeg-in-q80",
    "adafm-dejpeg-in-q80-q10",
    *(
        f"adafm-dejpeg-{run}-seed{seed}"
        for run in ("basic-q80", "basic-q10", "q80-q10-k1")
        for seed in (1, 2)
    ),
    *(
        f"adafm-dejpeg-{run}-{width}"
        for run in ("basic-q80", "basic-q10", "q80-q10-k1", "q10-q80-k1")
        for width in ("half", "double")
    ),
}
SR = {
    *(f"adafm-sr-basic-x{factor}" for factor in (2, 3, 4, 5, 6)),
    *(f"adafm-sr-x3-x4-k{k}" for k in (1, 3, 5, 7)),
    *(f"adafm-sr-x{a}-x{b}-k5" for a, b in ((2, 3), (4, 5), (5, 6), (2, 4), (3, 5), (4, 6), (4, 3), (4, 2))),
    "adafm-sr-x3-x4-k5-postact",
    "adafm-sr-x3-x4-k5-allconv",
    "adafm-sr-scratch-x4-k5",
    "adafm-sr-bn-x3",
    "adafm-sr-cin-x3-x4",
    "adafm-sr-in-x3",
    "adafm-sr-in-x3-x4",
}
ARCNN = {
    "adafm-arcnn-s15",
    "adafm-arcnn-s15-ft-s50",
    "adafm-arcnn-s50-scratch",
    *(f"adafm-arcnn-g{k}" for k in (1, 3, 5)),
}
TABLE1 = {  # of QGCN: every row that has a weight, at both readings of it
    *(f"qgcn-{row}{unit}" for row in ("full", "wo-dc", "wo-lq", "wo-lf") for unit in ("", "-unit")),
    "qgcn-wo-cqr",
    "qgcn-rnan-mae",
}
SPECIALISTS = {f"qgcn-full-q{quality}" for quality in (10, 20, 30)}
RANKERS = {"qgcn-cqr", "qgcn-cqr-seed1", "qgcn-cqr-seed2", "ranker-rgb"}
QGCN = {
    *RANKERS,
    "qgcn-texture",
    *TABLE1,
    *SPECIALISTS,
    *(f"{row}-seed{seed}" for row in TABLE1 | SPECIALISTS for seed in (1, 2)),
}
CFSNET = {
    "cfsnet-denoise-main-s25",
    "cfsnet-denoise-tune-s50",
    "cfsnet-sa-denoise-tune-s50",
    "cfsnet-deblock-main-q10",
    "cfsnet-deblock-tune-q40",
    "cfsnet-deblock-residual-main-q10",
    "cfsnet-deblock-residual-tune-q40",
    "cfsnet-sa-deblock-tune-q40",
    "cfsnet-sr-main-mae",
    "cfsnet-sr-tune-gan",
    "cfsnet-cdenoise-main-s25",
    "cfsnet-cdenoise-tune-s50",
    *(f"cfsnet-denoise-main-s{sigma}" for sigma in (30, 40)),
    *(f"cfsnet-deblock-main-q{quality}" for quality in (20, 30)),
    "dni-denoise-s25-ft-s50",
    "dni-deblock-q10-ft-q40",
    "dni-sr-mae-ft-gan",
    *(f"cfsnet-cdenoise-{run}-seed{seed}" for run in ("main-s25", "tune-s50") for seed in (1, 2)),
    *(
        f"{run}-seed{seed}"
        for run in (
            *(f"cfsnet-denoise-{run}" for run in ("main-s25", "tune-s50", "main-s30", "main-s40")),
            *(f"cfsnet-deblock-{run}" for run in ("main-q10", "tune-q40", "main-q20", "main-q30")),
            *("cfsnet-sa-denoise-tune-s50", "cfsnet-sa-deblock-tune-q40"),
            *("dni-denoise-s25-ft-s50", "dni-deblock-q10-ft-q40"),
        )
        for seed in (1, 2)
    ),
}
TABLE9 = {"vdir-awgn", *(f"vdir-awgn-{part}" for part in ("res", "l1", "noest"))}  # of VDIR
VDIR = {
    *TABLE9,
    "vdir-awgn-ffdnet",
    "vdir-ffdnet-nonblind",
    "vdir-jpeg-y",
    "vdir-jpeg-rgb",
    "vdir-sr-x2",
    "vdir-sr-x4",
    "vdir-real",
    "vdir-real-res",
    *(f"{row}-seed{seed}" for row in TABLE9 for seed in (1, 2)),
    *(f"vdir-{run}-seed{seed}" for run in ("jpeg-y", "awgn-ffdnet", "ffdnet-nonblind") for seed in (1, 2)),
}
LONGER = {"compact": {f"{row}-long" for row in TABLE9}}  # at paper scale they are long anyhow
DEGRADED = {
    *("r0-s30", "r0-s50", "r2-s0", "r4-s0", "r1-s15", "r1-s30", "r2-s30", "r2-s50", "r4-s30", "r4-s50")
}
CUGAN = {
    "cunet",
    "cunet-1",
    "cunet-2",
    *(f"unet-{degraded}" for degraded in DEGRADED),
    "cugan",
    "cugan-nogfm",
    "cugan-nogan",
    "cugan-1",
    "cugan-2",
    *(f"ugan-{degraded}" for degraded in DEGRADED),
    "cresmd",
    *(f"{name}-seed{seed}" for name in ("cunet", "cugan", "cresmd") for seed in (1, 2)),
    *(f"unet-{degraded}-seed{seed}" for degraded in DEGRADED - {"r2-s30", "r4-s30"} for seed in (1, 2)),
    *(f"ugan-{degraded}-seed{seed}" for degraded in DEGRADED for seed in (1, 2)),
}
SMOKE = [recipe.name for recipe in queue("smoke")]


# --- the list --------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", SCALES)
def test_every_run_of_the_papers_list_exists_once(scale):
    names = [recipe.name for recipe in queue(scale)]
    every = DENOISING | DEJPEG | SR | ARCNN | QGCN | CFSNET | VDIR | CUGAN | LONGER.get(scale, set())
    assert sorted(names) == sorted(every)
    assert {recipe.scale for recipe in queue(scale)} == {scale}


def test_networks_of_another_width_differ_in_nothing_else():
    for run in ("adafm-dejpeg-basic-q80", "adafm-dejpeg-q80-q10-k1"):
        for suffix, width in (("half", 16), ("double", 64)):
            own, other = find(run, "compact"), find(f"{run}-{suffix}", "compact")
            parent = own.parent and f"{own.parent}-{suffix}"
            assert other == replace(own, name=f"{run}-{suffix}", width=width, parent=parent)


@pytest.mark.parametrize("scale", SCALES)
def test_parents_and_guides_come_before_what_needs_them(scale):
    at_hand = {"", *PUBLISHED_GUIDES}
    for recipe in queue(scale):
        assert {recipe.parent, recipe.guide} <= at_hand, recipe.name
        assert set(recipe.needs) == {recipe.parent, recipe.guide} - {"", *PUBLISHED_GUIDES}
        at_hand.add(recipe.name)
    assert all(recipe.parent for recipe in queue(scale) if recipe.stage)


@pytest.mark.parametrize("scale", SCALES)
def test_a_stage_starts_from_the_level_in_its_name_and_trains_on_the_other(scale):
    for name in DENOISING | DEJPEG | SR:
        if name.endswith(("-k1", "-k3", "-k5", "-k7")) and "scratch" not in name:
            _, task, start, end, k = name.split("-")
            stage = find(name, scale)
            parent = find(stage.parent, scale)
            written = {"denoise": "sigma", "dejpeg": "q", "sr": "x"}[task]
            assert (parent.level.name, stage.level.name) == (written + start[1:], written + end[1:])
            assert (f"k{stage.kernel_size}", stage.stage) == (k, True)


def test_hashes_tell_every_run_at_every_scale_apart():
    shas = [recipe.sha() for scale in SCALES for recipe in queue(scale)]
    assert len(shas) == len(set(shas))
    recipe = find("adafm-denoise-basic-s15", "compact")
    assert recipe.sha() == find("adafm-denoise-basic-s15", "compact").sha()
    for change in (
        {"lr": 2 * recipe.lr},
        {"seed": 7},
        {"schedule": Steps()},
        {"level": replace(recipe.level, sigma=16)},
    ):
        assert replace(recipe, **change).sha() != recipe.sha()


def test_a_misspelt_field_or_name_fails_at_once():
    recipe = find("adafm-denoise-basic-s15", "smoke")
    with pytest.raises(TypeError, match="learning_rate"):
        replace(recipe, learning_rate=1e-3)
    with pytest.raises(FrozenInstanceError):
        recipe.lr = 1.0
    with pytest.raises(KeyError, match=r"basic-s16.*adafm-denoise-basic-s15"):
        find("adafm-denoise-basic-s16", "smoke")


def test_paper_scale_is_the_papers_setting():
    """Section 4 of the paper, and the released options where it is silent."""
    basic = find("adafm-denoise-basic-s15", "paper")
    stage = find("adafm-denoise-s15-s75-k1", "paper")
    for recipe in (basic, stage):
        assert (recipe.patch, recipe.batch, recipe.width, recipe.blocks) == (96, 16, 64, 16)
        assert (recipe.lr, recipe.betas, recipe.loss, recipe.clip) == (1e-4, (0.9, 0.999), "l1", None)
    assert (basic.steps, stage.steps) == (1_000_000, 500_000)
    assert sum(p.numel() for p in basic.build().parameters()) == 1_406_787
    rates = [basic.lr * basic.schedule.factor(step / basic.steps) for step in (0, 499_999, 500_000, 999_999)]
    assert rates == pytest.approx([1e-4, 1e-4, 1e-5, 1e-5])
    assert stage.schedule.factor(1 - 1 / stage.steps) == 1


@pytest.mark.parametrize("scale", SCALES)
def test_conditional_in_like_for_like_is_trained_as_adafm_is(scale):
    """But for its patches, over which it takes statistics: 96 pixels where it counts."""
    compared = ("level", "steps", "lr", "short_lr", "schedule", "width", "blocks", "phased", "clip")
    for task, start, end in (("denoise", "s15", "s75"), ("dejpeg", "q80", "q10"), ("sr", "x3", "x4")):
        first, second = (find(f"adafm-{task}-in-{part}", scale) for part in (start, f"{start}-{end}"))
        runs = (f"basic-{start}", f"{start}-{end}-k1")
        basic, stage = (find(f"adafm-{task}-{run}", scale) for run in runs)
        assert (second.parent, second.stage, first.stage) == (first.name, True, False)
        assert (first.patch, second.patch) == ((24, 24) if scale == "smoke" else (96, 96))
        for own, other in ((first, basic), (second, stage)):
            for field in compared:
                assert getattr(own, field) == getattr(other, field), field


def test_released_initialisation_is_kaiming_times_a_tenth():
    """Fan-in, gain sqrt(2): deviation 0.1 sqrt(2 / (64 * 9)) for the 64-channel convolutions."""
    net = find("adafm-denoise-basic-s15", "paper").build()
    for conv in (net.body[0].a.conv, net.body[15].b.conv, net.tail.conv, net.up.conv, net.out):
        assert float(conv.weight.detach().std()) == pytest.approx(0.1 * math.sqrt(2 / (64 * 9)), rel=0.05)
        assert not conv.bias.any()


# What no gradient reaches in the first step: the last bias of a ranker, which cancels in the difference
# of two scores, and hardly any a non-local operation in front of an output at or near zero.
IDLE = re.compile(r"^score\.2\.bias$|\.mask\.first\.(theta|phi|g)\.")

# --- one step of each ------------------------------------------------------------------------------


def layers(net):
    """The kinds of parameters of a network, whatever its size: by name, and 1x1 apart from others."""
    return frozenset((re.sub(r"\d+", "", name), p.shape[2:] == (1, 1)) for name, p in net.named_parameters())


def structure(recipe):
    """What tells a step of one run from that of another."""
    net, opponent = recipe.build(), recipe.opponent()
    return (
        type(recipe),
        layers(net),
        opponent and layers(opponent),
        tuple(recipe.clipped(net)),
        *(recipe.stage, bool(recipe.parent), bool(recipe.guide), recipe.loss, recipe.phased),
    )


def distinct(recipes):
    """The first recipe of every structure."""
    found = {}
    for recipe in recipes:
        found.setdefault(structure(recipe), recipe)
    return tuple(found.values())


DISTINCT = distinct(queue("smoke"))


def test_every_kind_of_recipe_is_among_the_distinct_ones():
    assert {type(recipe) for recipe in DISTINCT} == {type(recipe) for recipe in queue("smoke")}
    assert {"adafm-denoise-s15-s75-k1", "adafm-denoise-s15-s75-k3", "cugan", "cugan-nogan", "cugan-nogfm",
            "vdir-awgn", "vdir-awgn-l1", "qgcn-full", "qgcn-wo-cqr", "cfsnet-sr-tune-gan"} <= {
        recipe.name for recipe in DISTINCT
    }


@pytest.fixture(scope="module")
def trained_parents(tmp_path_factory):
    """A folder with every run that a distinct one needs, trained for one step."""
    folder = tmp_path_factory.mktemp("checkpoints")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "RUNS", tmp_path_factory.mktemp("runs"))
        patch.setattr(sets, "training_set", functools.cache(sets.training_set))
        needed = {name for recipe in DISTINCT for name in recipe.needs}
        for recipe in queue("smoke"):
            if recipe.name in needed:
                loop.train(replace(recipe, steps=1), device="cpu", out=folder)
        yield folder


@pytest.mark.parametrize("recipe", DISTINCT, ids=lambda recipe: recipe.name)
def test_one_step_reaches_what_trains_and_nothing_frozen(recipe, trained_parents):
    job = loop.Job(recipe, torch.device("cpu"), trained_parents, compiled=False)
    trained = {id(p) for module in recipe.trained(job.net) for p in module.parameters()}
    before = {k: v.clone() for k, v in job.net.state_dict().items()}
    job.optimiser.param_groups[0]["lr"] = recipe.lr
    job.net.train()
    made = dict(zip(job.columns, job.make_step(0), strict=True))
    assert {"loss", *recipe.parts} <= made.keys() and all(value.isfinite() for value in made.values())
    assert recipe.parts or made["loss"] > 0

    state, moved = job.net.state_dict(), set()
    for key, p in job.net.named_parameters():
        if id(p) in trained:
            assert p.grad is not None and p.grad.isfinite().all(), key
            if not (recipe.name in QGCN and IDLE.search(key)):
                assert p.grad.any(), key
                moved.add(key)
        else:
            assert p.grad is None, key
    frozen = before.keys() - {k for k, p in job.net.named_parameters() if id(p) in trained}
    frozen -= {k for k, _ in job.net.named_buffers()}
    assert all(torch.equal(state[k], before[k]) for k in frozen)
    assert moved and all(not torch.equal(state[k], before[k]) for k in moved)
    assert bool(frozen) == recipe.stage


@pytest.mark.parametrize(
    "recipe", {type(recipe): recipe for recipe in DISTINCT}.values(), ids=lambda recipe: recipe.name
)
def test_every_kind_of_run_is_examined(recipe, trained_parents, monkeypatch):
    """On seven patches in batches of three, one of which cannot be that small."""
    monkeypatch.setattr(health, "PATCHES", 7)
    job = loop.Job(replace(recipe, batch=3), torch.device("cpu"), trained_parents, compiled=False)
    row = job.examine()
    assert all(0 <= share <= 1 or name.startswith("pull ") for name, share in row.items())
    assert all(re.fullmatch(r"(dead|share|pull)( [^ ]+)*", name) for name in row)
    ranker = recipe.name in ("qgcn-cqr", "ranker-rgb")  # which has LeakyReLUs
    assert ("dead" in row, "dead low" in row) == (not ranker, not ranker and bool(job.net.knobs))
    shares = [share for name, share in row.items() if name.startswith("share ")]
    assert bool(shares) == bool(recipe.guide or recipe.parts)
    assert sum(shares) == pytest.approx(1 if shares else 0)


def test_another_seed_starts_from_its_own_parent():
    stage = find("adafm-denoise-s15-s75-k1-seed2", "compact")
    assert (stage.seed, stage.parent) == (2, "adafm-denoise-basic-s15-seed2")
    first = find("adafm-denoise-s15-s75-k1", "compact")
    assert replace(stage, name=first.name, seed=0, parent=first.parent) == first
    assert find("qgcn-full-seed1", "compact").guide == "qgcn-cqr"


def clipped_deviation(sigma):
    """Of N(0, sigma) cut at +-127.5, as around a middle grey; closed form."""
    a = 127.5 / sigma
    outside = math.erfc(a / math.sqrt(2))
    density = math.exp(-(a**2) / 2) / math.sqrt(2 * math.pi)
    return sigma * math.sqrt(1 - outside - 2 * a * density + a**2 * outside)


@pytest.mark.parametrize("name", [name for name in SMOKE if name in DENOISING | ARCNN])
def test_noisy_pairs_restore_with_the_knob_of_the_level_they_have(name):
    """Noise of a pair's input against the level its knob stands for."""
    recipe = find(name, "smoke")
    clean = torch.full((8, recipe.channels, 64, 64), 0.5)
    x, knobs = recipe.pairs(clean, torch.Generator().manual_seed(0))
    assert x.shape == clean.shape
    assert knobs.shape == (8, len(recipe.build().knobs))
    levels = [recipe.level.sigma] * 8
    if recipe.name == "adafm-denoise-cin-s15-s75":
        levels = [15.0] * 4 + [75.0] * 4
        assert knobs.flatten().tolist() == [0.0] * 4 + [1.0] * 4
    deviations = ((x - clean) * 255).flatten(1).std(1)
    expected = torch.tensor([clipped_deviation(sigma) for sigma in levels])
    torch.testing.assert_close(deviations, expected, rtol=0.03, atol=0)


@pytest.mark.parametrize("name", [name for name in SMOKE if name in DEJPEG | SR])
def test_other_pairs_restore_with_the_knob_of_the_level_they_have(name, photo):
    """The input of a pair, made again by the degradation that its run is named after."""
    recipe = find(name, "smoke")
    clean = photo[..., 96:216, 96:216].repeat(4, 1, 1, 1)[:, : recipe.channels]
    x, knobs = recipe.pairs(clean, torch.Generator())
    levels = [part for part in name.split("-") if part[0] in "qx" and part[1:].isdigit()]
    levels = {"basic": levels, "bn": levels, "cin": levels}.get(name.split("-")[2], levels[-1:])
    made = {
        "q": lambda value: degradations.jpeg(clean, value),
        "x": lambda value: degradations.lower_resolution(clean, value),
    }
    expected = [made[level[0]](int(level[1:])) for level in levels]
    assert torch.equal(x, torch.cat([expected[0][:2], expected[-1][:2]]))
    own = 0 if "basic" in name else 1
    ends = {"bn": [[0.0]] * 4, "cin": [[0.0]] * 2 + [[1.0]] * 2, "in": [[float(recipe.stage)]] * 4}
    assert knobs.tolist() == ends.get(name.split("-")[2], [[1.0] * own] * 4)


@pytest.mark.parametrize("factor", [2, 3, 4, 5, 6])
def test_a_patch_is_degraded_as_inside_a_whole_picture(factor, photo):
    """What is sampled around a patch reaches as far as both bicubic kernels do."""
    recipe = find(f"adafm-sr-basic-x{factor}", "compact")
    assert recipe.drawn % factor == 0
    whole = photo[..., : 512 // factor * factor, : 512 // factor * factor]
    at = 20 * factor
    sampled = whole[..., at : at + recipe.drawn, at : at + recipe.drawn]
    x, _ = recipe.pairs(sampled, torch.Generator())
    start = at + (recipe.drawn - recipe.patch) // 2
    inside = degradations.lower_resolution(whole, factor)
    inside = inside[..., start : start + recipe.patch, start : start + recipe.patch]
    torch.testing.assert_close(recipe.inner(x), inside, atol=1.01 / 255, rtol=0)  # rounding at ties
    assert (recipe.inner(x) == inside).float().mean() > 0.999
    assert torch.equal(recipe.inner(sampled), whole[..., start : start + 48, start : start + 48])


# --- schedules -------------------------------------------------------------------------------------


def test_steps_multiplies_by_every_factor_passed():
    schedule = Steps(drops=((0.5, 0.1), (0.75, 0.5)))
    at = [0.0, 0.499, 0.5, 0.749, 0.75, 1.0]
    assert [schedule.factor(f) for f in at] == pytest.approx([1, 1, 0.1, 0.1, 0.05, 0.05])
    assert Steps().factor(0.99) == 1


def test_cosine_warms_up_then_falls_along_half_a_cosine():
    schedule = Cosine(warmup=0.1)
    assert [schedule.factor(f) for f in (0.05, 0.1)] == pytest.approx([0.5, 1])
    middle = 0.1 + 0.9 * 0.5
    assert [schedule.factor(f) for f in (0.1 + 0.9 / 3, middle, 1.0)] == pytest.approx(
        [0.75, 0.5, 0], abs=1e-12
    )
    assert 0 < schedule.factor(0.0) <= 0.01
    after = [schedule.factor(0.1 + 0.9 * i / 50) for i in range(51)]
    assert after == sorted(after, reverse=True)


@pytest.mark.parametrize("name", ["adafm-denoise-basic-s15", "adafm-denoise-s15-s75-k1", "adafm-arcnn-s15"])
@pytest.mark.parametrize("steps", [20, 700, 100_000])
def test_any_budget_ends_annealed(name, steps):
    for scale in SCALES:
        recipe = find(name, scale).budgeted(steps=steps)
        assert recipe.steps == steps
        rates = [recipe.schedule.factor(step / steps) for step in range(0, steps, max(1, steps // 100))]
        assert max(rates) > 0.95
        assert recipe.schedule.factor((steps - 1) / steps) < 0.01


def test_a_budget_in_minutes_is_another_run():
    recipe = find("adafm-denoise-basic-s15", "paper")
    timed = recipe.budgeted(minutes=5)
    assert timed.minutes == 5
    assert timed.schedule.factor(1.0) == pytest.approx(0, abs=1e-12)
    assert timed.sha() != recipe.sha()


# --- QGCN ------------------------------------------------------------------------------------------


def gray_crop(photo, side=128):
    return to_8bit(rgb_to_y(photo))[..., :side, :side]


def test_versions_have_different_labels_and_the_worse_one_is_known(photo, monkeypatch):
    asked = []
    monkeypatch.setattr(degradations, "jpeg", lambda x, quality: asked.append(quality) or x)
    recipe = find("qgcn-cqr", "compact")
    generator = torch.Generator().manual_seed(0)
    _, _, first_is_worse = recipe.versions(gray_crop(photo, 8).repeat(3000, 1, 1, 1), generator)
    first, second = asked
    labels = [(q - 1).div(10, rounding_mode="floor") for q in asked]
    assert ((first < second) == first_is_worse).all() and (labels[0] != labels[1]).all()
    assert sorted(first.unique().tolist()) == sorted(second.unique().tolist()) == list(range(1, 31))
    assert first_is_worse.float().mean() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("name", ["qgcn-cqr", "ranker-rgb"])
def test_accuracy_is_one_for_the_right_order_and_zero_for_the_wrong(name, photo):
    recipe = find(name, "compact")
    clean = gray_crop(photo) if recipe.channels == 1 else photo[..., :128, :128]
    made = recipe.versions(clean.repeat(12, 1, 1, 1), torch.Generator().manual_seed(0))
    wrong = made[2].logical_not()
    assert losses.margin_ranking(*(mse_to(clean)(x) for x in made[:2]), made[2]) < losses.margin_ranking(
        *(mse_to(clean)(x) for x in made[:2]), wrong
    )
    for sign, accuracy in ((1, 1.0), (-1, 0.0)):
        (measured,) = recipe.judged(mse_to(clean, sign), clean, torch.Generator().manual_seed(0))
        assert measured == accuracy


def mse_to(clean, sign=1):
    """A ranker that knows the truth."""
    return lambda x: -sign * (x - clean[:1]).square().mean((1, 2, 3))


@pytest.mark.parametrize(("name", "white"), [("qgcn-full", 255), ("qgcn-full-unit", 1), ("qgcn-texture", 1)])
def test_the_deblocking_loss_is_the_papers_sum(photo, name, white):
    """Of an error that counts `white` between black and white, divided by that."""
    recipe = find(name, "compact")
    ranker = find("qgcn-cqr", "smoke").build().eval().requires_grad_(False)
    y = gray_crop(photo)
    x = degradations.jpeg(y, 10).requires_grad_()
    loss = sum(recipe.terms(x, y, ranker).values())
    maps, score = ranker.look(x)
    matching = sum((a - b).abs().mean() for a, b in zip(maps, ranker.features(y), strict=True))
    expected = white * (x - y).abs().mean() + 0.01 * torch.sigmoid(-score).mean() + 0.9 * matching
    torch.testing.assert_close(white * loss, expected)
    loss.backward()
    assert x.grad.abs().sum() > 0 and all(p.grad is None for p in ranker.parameters())
    assert recipe.terms(x, y, None) == {"error": losses.l1(x, y)}


@pytest.mark.parametrize(
    ("most", "loss", "slopes"), [(5.0, 5 + 5 + 0.5, [0, 0]), (None, 7 + 9 + 0.5, [1, -1])]
)
def test_scores_beyond_the_most_count_as_that_and_are_pushed_no_further(most, loss, slopes, monkeypatch):
    """The worse image scores 7, the other one -9, where at least half a unit less was wanted."""
    recipe = replace(find("qgcn-cqr", "smoke"), most=most)
    versions = torch.zeros(1, 1, recipe.drawn, recipe.drawn)
    monkeypatch.setattr(type(recipe), "versions", lambda *_: (versions, versions, torch.tensor([True])))
    scores = torch.tensor([7.0, -9.0], requires_grad=True)
    made = recipe.objective(lambda both: scores, versions, torch.Generator(), None, None)
    assert made.loss.item() == loss
    made.loss.backward()
    assert scores.grad.tolist() == slopes


@pytest.mark.parametrize("scale", SCALES)
def test_the_ranker_that_guides_is_clamped_and_sees_patches_of_what_it_guides(scale):
    ranker = find("qgcn-cqr", scale)
    assert (ranker.most, find("ranker-rgb", scale).most) == (5.0, None)
    assert {run.patch for run in queue(scale) if run.guide == ranker.name} == {ranker.patch}


@pytest.mark.parametrize("scale", SCALES)
def test_batches_are_equal_parts_of_every_quality_and_no_patch_is_cut_into_windows(scale, monkeypatch):
    """Of the batch that each run has; the released 16 would make 6, 5 and 5."""
    runs = [find(name, scale) for name in QGCN - RANKERS]
    made = []
    monkeypatch.setattr(Compress, "degrade", lambda self, x, _: made.append((self.quality, len(x))) or x)
    for run in runs:
        made.clear()
        run.pairs(torch.zeros(run.batch, 1, 1, 1), torch.Generator())
        part = run.batch / len(run.qualities)
        assert made == [(quality, part) for quality in run.qualities]
        assert run.patch**2 <= run.window


@pytest.mark.parametrize("scale", SCALES)
def test_rows_of_qgcns_table_1_differ_in_what_they_leave_out_alone(scale):
    """In both readings of its weights, whose errors count 255 and 1 between black and white."""
    full, unit = find("qgcn-full", scale), find("qgcn-full-unit", scale)
    assert (unit.quality_weight, unit.feature_weight) == (0.01, 0.9)
    weights = {"quality_weight": 0.01 / 255, "feature_weight": 0.9 / 255}
    assert full == replace(unit, name="qgcn-full", **weights)
    for run, reading in ((full, ""), (unit, "-unit")):
        for row, change in (("dc", "dilated"), ("lq", "quality_weight"), ("lf", "feature_weight")):
            name = f"qgcn-wo-{row}{reading}"
            without = replace(run, name=name, **{change: type(getattr(run, change))(0)})
            assert find(name, scale) == without
            for seed in (1, 2):
                another = find(f"{name}-seed{seed}", scale)
                assert another == replace(without, name=another.name, seed=seed)
    mae = find("qgcn-wo-cqr", scale)
    assert mae == replace(full, name=mae.name, guide="", quality_weight=0.0, feature_weight=0.0)
    assert find("qgcn-rnan-mae", scale) == replace(mae, name="qgcn-rnan-mae", dilated=False)


def test_a_batch_has_an_equal_part_of_every_quality(photo):
    recipe = find("qgcn-full", "compact")
    clean = gray_crop(photo, 48).repeat(12, 1, 1, 1)
    x, knobs = recipe.pairs(clean, torch.Generator().manual_seed(0))
    assert knobs.shape == (12, 0)
    for i, quality in enumerate((10, 20, 30)):
        torch.testing.assert_close(x[4 * i : 4 * i + 4], degradations.jpeg(clean[:4], quality))


def test_guided_runs_record_their_guide(trained_parents, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")
    for name in ("qgcn-cqr", "qgcn-wo-cqr"):
        for path in (trained_parents / "smoke").glob(f"{name}.*"):
            (tmp_path / "smoke").mkdir(exist_ok=True)
            (tmp_path / "smoke" / path.name).write_bytes(path.read_bytes())
    path = loop.train(replace(find("qgcn-texture", "smoke"), steps=1), device="cpu", out=tmp_path)
    history = checkpoints.load(path).provenance
    guide = checkpoints.load(path.with_name("qgcn-cqr.safetensors"))
    assert (history.guide, history.guide_sha) == ("qgcn-cqr", guide.weights_sha)
    assert history.parent == "qgcn-wo-cqr"


# --- CFSNet ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", SCALES)
def test_a_dedicated_network_takes_as_many_steps_as_both_branches_together(scale):
    for main, tuned, dedicated in (
        ("denoise-main-s25", "denoise-tune-s50", ("denoise-main-s30", "denoise-main-s40")),
        ("deblock-main-q10", "deblock-tune-q40", ("deblock-main-q20", "deblock-main-q30")),
    ):
        both = sum(find(f"cfsnet-{run}", scale).steps for run in (main, tuned))
        assert [find(f"cfsnet-{run}", scale).steps for run in dedicated] == [both] * 2


@pytest.mark.parametrize("scale", SCALES)
def test_deblocking_of_what_is_wrong_differs_in_nothing_else(scale):
    for run in ("main-q10", "tune-q40"):
        own, direct = (find(f"cfsnet-deblock{kind}-{run}", scale) for kind in ("-residual", ""))
        parent = direct.parent and direct.parent.replace("deblock", "deblock-residual")
        assert own == replace(direct, name=own.name, residual=True, parent=parent)


def test_cfsnet_at_paper_scale_is_the_papers_setting():
    """Patches of 40 in batches of 128 and a tenth of the rate every 50 000 steps for noise; of 48 in batches
    of 16, every 100 000, for JPEG."""
    noise, jpeg = find("cfsnet-denoise-main-s25", "paper"), find("cfsnet-deblock-main-q10", "paper")
    assert [(run.patch, run.batch) for run in (noise, jpeg)] == [(40, 128), (48, 16)]
    at = (0, 49_999, 50_000, 99_999, 100_000, 150_000)
    assert rates(noise, *at) == pytest.approx([1e-4, 1e-4, 1e-5, 1e-5, 1e-6, 1e-7])
    assert rates(jpeg, *at) == pytest.approx([1e-4, 1e-4, 1e-4, 1e-4, 1e-5, 1e-5])


# --- CUGAN -----------------------------------------------------------------------------------------

FIXED = sorted(name for name in CUGAN if "-r" in name and "seed" not in name)


def lessons(name, count, seed=0):
    """Strengths of blur and noise of many images, z1 and z2; of CResMD at paper scale, where it is mild."""
    recipe = find(name, "paper" if name == "cresmd" else "compact")
    return recipe.strengths(count, torch.Generator().manual_seed(seed)).unbind(1)


@pytest.mark.parametrize("name", ["cunet", "cugan", "cresmd"])
def test_a_quarter_of_the_pictures_is_blurred_only_and_a_quarter_noisy_only(name):
    blur, noise = lessons(name, 40_000)
    mild = {"cresmd": 2}.get(name, 1)
    lost = ((0.5 / 40) ** (1 / mild), (0.5 / 50) ** (1 / mild))  # strengths that round to none
    clean = {"cresmd": 0.0}.get(name, 0.1)
    unblurred, unnoised = (clean + (1 - clean) * (0.25 + 0.75 * share) for share in lost)
    assert float((blur == 0).float().mean()) == pytest.approx(unblurred, abs=0.01)
    assert float((noise == 0).float().mean()) == pytest.approx(unnoised, abs=0.01)
    both = (1 - clean) * 0.5 * (1 - lost[0]) * (1 - lost[1])
    assert float(((blur > 0) & (noise > 0)).float().mean()) == pytest.approx(both, abs=0.01)


@pytest.mark.parametrize(
    ("name", "mean", "deviation"), [("cunet", 1 / 2, 12**-0.5), ("cresmd", 1 / 3, (4 / 45) ** 0.5)]
)
def test_strengths_are_uniform_for_cunet_and_mostly_mild_for_cresmd(name, mean, deviation):
    """Beta(a, b) has the mean a / (a + b): 1/2 for (1, 1), 1/3 for (0.5, 1), with the variance
    a b / ((a + b)^2 (a + b + 1)) = 4/45."""
    blur, noise = lessons(name, 80_000)
    both = (blur > 0) & (noise > 0)
    for z, count in ((blur, 40), (noise, 50)):
        steps = z * count
        torch.testing.assert_close(steps, steps.round(), atol=1e-4, rtol=0)
        assert (z.min(), z.max()) == (0, 1)
        lost = (0.5 / count) ** (1 if name == "cunet" else 0.5)  # those that round to none are not counted
        assert float(z[both].mean()) == pytest.approx(mean / (1 - lost), abs=0.01)
        assert float(z[both].std()) == pytest.approx(deviation, abs=0.02)


def test_a_short_training_of_cresmd_draws_as_cunet_does():
    names = ("cresmd", "cunet")
    drawn = [
        find(name, "compact").strengths(1000, torch.Generator().manual_seed(0)) for name in names
    ]
    assert torch.equal(*drawn)


def test_the_ends_of_the_range_have_half_the_share_of_the_others():
    blur, noise = lessons("cunet", 200_000)
    shares = torch.bincount((40 * blur[noise > 0]).round().long()) / (noise > 0).sum()
    inside, end = shares[1:40].mean(), shares[40]
    assert float(end / inside) == pytest.approx(0.5, abs=0.1)


def test_a_network_with_knobs_is_told_what_was_done_to_each_picture(photo):
    """Its input made again from its knobs, images that are not noisy; of the others, the noise."""
    recipe = find("cunet", "compact")
    clean = photo[..., 96:164, 96:164].repeat(64, 1, 1, 1)
    x, z = recipe.pairs(clean, torch.Generator().manual_seed(0))
    assert x.shape == clean.shape and z.shape == (64, 2)
    blurred = degradations.gaussian_blur(clean, 4 * z[:, 0], border="replicate", kernel_size=21)
    quiet = z[:, 1] == 0
    assert 8 < quiet.sum() < 30
    assert torch.equal(x[quiet], to_8bit(blurred[quiet]))
    flat = torch.full((64, 3, 64, 64), 0.5)
    x, z = recipe.pairs(flat, torch.Generator().manual_seed(1))
    deviations = ((x - flat) * 255).flatten(1).std(1)
    expected = (50 * z[:, 1]).square().add(1 / 12).sqrt()  # rounded to whole grey levels
    loud = z[:, 1] > 0
    torch.testing.assert_close(deviations[loud], expected[loud], rtol=0.03, atol=0)


@pytest.mark.parametrize("name", FIXED)
def test_a_network_for_one_degradation_sees_that_of_its_name(name, photo):
    recipe = find(name, "compact")
    _, r, s = name.split("-")
    blur, sigma = int(r[1:]), int(s[1:])
    assert (recipe.level.name, recipe.levels) == (f"r{blur} sigma{sigma}", (recipe.level,))
    clean = photo[..., :40, :40].repeat(2, 1, 1, 1)
    x, z = recipe.pairs(clean, torch.Generator().manual_seed(3))
    blurred = clean
    if blur:
        blurred = degradations.gaussian_blur(clean, blur, border="replicate", kernel_size=21)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(3))
    assert torch.equal(x, to_8bit(blurred + sigma / 255 * noise))
    assert z.shape == (2, 0) and recipe.build().knobs == ()
    assert recipe.level.margin == (10 if blur else 0)


def test_a_patch_is_blurred_as_inside_a_whole_picture(photo):
    """What is sampled around a patch reaches as far as the kernel does."""
    recipe, at = find("unet-r4-s0", "compact"), 100
    assert recipe.drawn == find("cunet", "compact").drawn == 48 + 20
    x, _ = recipe.pairs(photo[..., at : at + 68, at : at + 68], torch.Generator())
    whole, _ = recipe.pairs(photo, torch.Generator())
    inside = whole[..., at + 10 : at + 58, at + 10 : at + 58]
    assert (recipe.inner(x) - inside).abs().max() < 1.01 / 255  # rounding at ties
    assert (recipe.inner(x) == inside).float().mean() > 0.999


@pytest.mark.parametrize("scale", SCALES)
def test_every_gan_starts_from_the_network_of_its_own_kind(scale):
    guide = "ranker-rgb" if scale == "smoke" else "vgg16-conv5_3"
    for name in CUGAN:
        run = find(name, scale)
        if "gan" not in name:
            assert (run.parent, run.guide) == ("", "")
            continue
        parent = "cunet" if name.startswith("cugan-no") else name.replace("gan", "net")
        parent = parent if parent in CUGAN else parent.partition("-seed")[0]  # a Unet in no claim is shared
        assert (run.parent, run.guide, run.stage) == (parent, guide, False)
        first = find(parent, scale)
        assert (run.level, run.widths, run.blocks) == (first.level, first.widths, first.blocks)
        opponent = run.opponent()
        assert (opponent is None) == (name == "cugan-nogan")
        told = opponent is not None and any("gfm" in k for k in opponent.state_dict())
        assert told == (name.partition("-seed")[0] in ("cugan", "cugan-1", "cugan-2"))


@pytest.mark.parametrize("scale", SCALES)
def test_ablations_differ_in_nothing_else(scale):
    cunet, cugan = find("cunet", scale), find("cugan", scale)
    assert find("cugan-nogfm", scale) == replace(cugan, name="cugan-nogfm", gfm=False)
    assert find("cugan-nogan", scale) == replace(cugan, name="cugan-nogan", gan_weight=0.0)
    for scales, blocks in ((1, 6), (2, 3)):
        size = {"widths": cunet.widths[:scales], "blocks": blocks}
        assert find(f"cunet-{scales}", scale) == replace(cunet, name=f"cunet-{scales}", **size)
        expected = replace(cugan, name=f"cugan-{scales}", parent=f"cunet-{scales}", **size)
        assert find(f"cugan-{scales}", scale) == expected


def test_in_short_runs_the_branches_take_part_from_the_first_step():
    """Convolutions start four times as large, every w at 1 where z is 0, and turned by z seven times as far
    as He's (deviation 1 for the two inputs of a linear layer) times a tenth."""
    for name in ("cunet", "cresmd"):
        released = find(name, "paper")
        short = released.budgeted(steps=1000)
        for recipe, gain, weight, deviation in ((released, 0.1, 0.0, 0.1), (short, 0.4, 1.0, 0.7)):
            torch.manual_seed(0)
            net = recipe.build()
            conv = net.head
            he = (2 / conv.weight[0].numel()) ** 0.5
            assert float(conv.weight.detach().std()) == pytest.approx(gain * he, rel=0.1)
            places = [m for m in net.modules() if isinstance(m, torch.nn.Linear)]
            assert all((layer.bias == weight).all() for layer in places)
            gates = torch.cat([m.weight.detach() for m in places])
            assert float(gates.std()) == pytest.approx(deviation, rel=0.1)
        compact = find(name, "compact")
        start = ("init_gain", "init_weight", "gate_deviation")
        assert [getattr(compact, field) for field in start] == [getattr(short, field) for field in start]


def rates(recipe, *steps):
    return [recipe.lr * recipe.schedule.factor(step / recipe.steps) for step in steps]


def test_cugan_at_paper_scale_is_the_papers_setting():
    cunet, cugan, cresmd = (find(name, "paper") for name in ("cunet", "cugan", "cresmd"))
    for run in (cunet, cugan, cresmd):
        assert (run.patch, run.batch, run.lr, run.clip) == (64, 16, 5e-4, None)
    assert cunet.loss == "mse" and cresmd.loss == "l1"
    assert cunet.betas == cugan.betas == cugan.opponent_betas == (0.9, 0.999)
    assert cresmd.betas == (0.9, 0.99)
    assert (cugan.perceptual_weight, cugan.gan_weight, cugan.mse_weight) == (1.0, 0.005, 0.01)
    assert cugan.opponent_lr == 5e-4
    first = rates(cunet, 0, 199_999, 200_000, 400_000, 999_999)
    assert first == pytest.approx([5e-4, 5e-4, 2.5e-4, 1.25e-4, 5e-4 / 16])
    second = rates(cugan, 49_999, 50_000, 100_000, 200_000, 300_000, 400_000, 499_999)
    assert second == pytest.approx([5e-4 / 2**k for k in (0, 1, 2, 3, 4, 5, 5)])


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("cunet", 6_534_476),
        ("cugan-nogfm", 6_534_476),
        ("ugan-r4-s50", 6_528_515),
        ("cugan-2", 2_287_052),
        ("cugan-1", 892_108),
        ("cresmd", 2_557_708),
    ],
)
def test_cugans_networks_have_the_size_of_the_released_ones(name, count):
    assert sum(p.numel() for p in find(name, "paper").build().parameters()) == count


def test_cugans_discriminators_have_the_size_of_the_papers_text():
    for name, count in (("cugan", 13_748_681), ("cugan-nogfm", 13_731_401), ("ugan-r4-s0", 13_731_401)):
        opponent = find(name, "paper").opponent()
        assert sum(p.numel() for p in opponent.parameters()) == count


def test_the_second_stage_descends_the_papers_sum():
    """Written out for one batch: features of the guide, 0.005 of the discriminator, 0.01 of the error."""
    recipe = replace(find("cugan", "smoke"), gan_weight=find("cugan", "paper").gan_weight)
    torch.manual_seed(0)
    net, opponent = recipe.build(), recipe.opponent().train().requires_grad_(False)
    guide = find("ranker-rgb", "smoke").build().eval().requires_grad_(False)
    clean = torch.rand(4, 3, recipe.drawn, recipe.drawn)
    x, z = recipe.pairs(clean, torch.Generator().manual_seed(5))
    fake, real = net(recipe.inner(x), z), recipe.inner(clean)
    features = zip(guide.features(fake), guide.features(real), strict=True)
    matching = sum((a - b).abs().mean() for a, b in features)
    error = (fake - real).square().mean()
    gan = torch.nn.functional.binary_cross_entropy_with_logits(opponent(fake, z), torch.ones(4))
    made = recipe.objective(net, clean, torch.Generator().manual_seed(5), guide, opponent)
    torch.testing.assert_close(made.loss, matching + 0.005 * gan + 0.01 * error)
    torch.testing.assert_close(torch.stack(made.parts), torch.stack((error, matching)))
    assert torch.equal(made.knobs, z) and not made.fake.requires_grad
    made.loss.backward()
    assert all(p.grad.any() for p in net.parameters())
    assert all(p.grad is None for p in (*opponent.parameters(), *guide.parameters()))


def test_the_discriminator_judges_real_and_restored_under_the_same_z():
    """Two separate batches, the real one first; the loss is the sum of both cross-entropies."""
    recipe = find("cugan", "smoke")
    real, fake, z = torch.rand(4, 3, 32, 32), torch.rand(4, 3, 32, 32), torch.rand(4, 2)
    asked = []

    def opponent(pictures, told):
        asked.append((pictures, told))
        return torch.tensor([2.0, 0.0, -1.0, 1.0]) * (1 if len(asked) == 1 else -3)

    outcome = Outcome(torch.zeros(()), real=real, fake=fake, knobs=z)
    made = recipe.opposition(opponent, outcome, torch.Generator())
    assert [id(pictures) for pictures, _ in asked] == [id(real), id(fake)]
    assert all(torch.equal(told, z) for _, told in asked)
    logits = torch.tensor([2.0, 0.0, -1.0, 1.0])
    entropy = torch.nn.functional.binary_cross_entropy_with_logits
    expected = entropy(logits, torch.ones(4)) + entropy(-3 * logits, torch.zeros(4))
    torch.testing.assert_close(made.loss, expected)
    severity = z.sum(1)
    lean = float(((severity - severity.mean()) * -3 * logits).mean())
    assert [float(part) for part in made.parts] == pytest.approx([0.5, -1.5, lean])


@pytest.mark.parametrize(
    ("name", "degraded_as"),
    [(name, name) for name in ("cunet", "unet-r2-s30", "cugan", "cugan-1")] + [("cresmd", "cunet")],
)
def test_a_picture_of_odd_sides_is_judged_for_the_training_curve(name, degraded_as, photo):
    """A network that hands its input on has the PSNR of the degraded image, cropped to its sides.

    CResMD may train on milder strengths, and is judged on those of CUnet; no image is left as it is.
    """
    recipe = find(name, "smoke")
    if name == "cresmd":
        recipe = replace(recipe, power=2.0)
    net = recipe.build().requires_grad_(False)
    torch.nn.init.zeros_(net.tail.conv.weight)
    torch.nn.init.zeros_(net.tail.conv.bias)
    clean = photo[..., :99, :70]
    measured, _ = recipe.judged(net, clean, torch.Generator().manual_seed(2))
    cropped = clean[..., : 99 // net.multiple * net.multiple, : 70 // net.multiple * net.multiple]
    degraded = replace(find(degraded_as, "smoke"), clean_share=0.0)
    x, _ = degraded.pairs(cropped, torch.Generator().manual_seed(2))
    assert measured == pytest.approx(-10 * math.log10((x - cropped).square().mean()), abs=1e-3)
