"""What is watched beside a training: clipping, dead channels, shares of the gradient, who wins."""

import csv
import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from lib.base import paths
from lib.models.knobs import Controllable, Knob
from lib.recipes import find, queue
from lib.recipes.common import Outcome
from lib.training import health, loop, report

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")


# --- clipping --------------------------------------------------------------------------------------


def gradients(recipe, tmp_path):
    """Of the restorer and of the decoder, which multiplies by ten thousand, after one step that clipped
    them; and what the step says of itself."""
    job = loop.Job(recipe, CPU, tmp_path, compiled=False)
    with torch.no_grad():
        next(job.net.decoder.parameters()).mul_(1e4)
    said = dict(zip(job.columns, job.make_step(0).tolist(), strict=True))
    return *(gradient(net) for net in (job.net.restorer, job.net.decoder)), said


def gradient(net: nn.Module) -> Tensor:
    return torch.cat([p.grad.flatten() for p in net.parameters()])


def test_clipped_apart_a_huge_gradient_of_the_decoder_leaves_the_restorers_alone(tmp_path):
    free = replace(find("vdir-awgn", "smoke"), precision="float32", clip=None)
    raw, huge, _ = gradients(free, tmp_path)
    most = 2 * float(raw.norm())
    assert huge.norm() > 100 * most

    apart, decoder, said = gradients(replace(free, clip=most), tmp_path)
    assert torch.equal(apart, raw)
    assert float(decoder.norm()) == pytest.approx(most, rel=1e-4)
    assert (said["clip restorer"], said["norm restorer"]) == (1.0, pytest.approx(most / 2))
    assert said["norm decoder"] == pytest.approx(float(huge.norm()))
    assert said["clip decoder"] == pytest.approx(most / float(huge.norm()), rel=1e-4)

    together, _, said = gradients(replace(free, clip=most, clipped_apart=False), tmp_path)
    assert said["clip network"] < 0.01
    torch.testing.assert_close(together, said["clip network"] * raw, rtol=1e-4, atol=0)


def test_vdir_clips_each_of_its_networks_apart_and_every_other_run_all_that_is_trained_as_one():
    for recipe in queue("smoke"):
        net = recipe.build()
        clipped = recipe.clipped(net)
        variational = recipe.name.startswith("vdir-") and hasattr(recipe, "clipped_apart")
        if variational:
            estimator = ("estimator",) if recipe.estimation_weight else ()
            assert set(clipped) == {"encoder", "restorer", "decoder", *estimator}
        else:
            assert set(clipped) == {"network"}
        of_all = [id(p) for part in clipped.values() for p in part.parameters()]
        trained = {id(p) for module in recipe.trained(net) for p in module.parameters()}
        assert len(of_all) == len(set(of_all)) and set(of_all) == trained


def test_without_a_bound_gradients_are_left_alone():
    parameters = [nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2))]
    parameters[0].grad, parameters[1].grad = torch.tensor([3e8, 0.0]), torch.tensor([0.0, 4e8])
    norm, factor = health.clip_to(parameters, None).tolist()
    assert (norm, factor) == (5e8, 1)
    assert parameters[0].grad.tolist() == [3e8, 0]
    assert health.clip_to(parameters, 10.0).tolist() == pytest.approx([5e8, 2e-8])
    assert parameters[1].grad.tolist() == pytest.approx([0, 8])


# --- dead channels ---------------------------------------------------------------------------------


class Watched(Controllable):
    """Four channels that are the image plus 1, plus 1, plus 1 and minus 1; eight that a knob takes from."""

    knobs = (Knob("coef", 0.0, 1.0, 0.0, ""),)

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 1), nn.ReLU(inplace=True), nn.Conv2d(4, 8, 1))
        self.leaky = nn.Sequential(nn.Conv2d(8, 8, 1), nn.LeakyReLU(0.2))
        with torch.no_grad():
            self.body[0].weight.fill_(1)
            self.body[0].bias.copy_(torch.tensor([1.0, 1.0, 1.0, -1.0]))
            self.body[2].weight.zero_()
            self.body[2].bias.fill_(0.5)
            self.leaky[0].weight.zero_()
            self.leaky[0].bias.fill_(-1)

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        h = F.relu(self.body(x) - knobs.view(-1, 1, 1, 1))
        return torch.cat([self.leaky(h), torch.relu(1 + h[:, :4])], 1)


def watched(*pictures: float) -> health.Row:
    """Of black images with one pixel of a level, in batches of one, trained at knob 0.25."""
    recipe = SimpleNamespace(examples=lambda x, _: (x, x, torch.full((len(x), 1), 0.25)))
    batches = [(torch.tensor([[[[0, level], [0, 0]]]]), torch.Generator()) for level in pictures]
    return health.dead_at_both_ends(Watched(), recipe, batches)


def test_channels_that_never_fire_are_counted_by_layer_and_at_both_ends_of_a_knob():
    """One of four, and at the upper end all of the eight; LeakyReLU lets everything through. Together, of
    sixteen, every channel counts the same."""
    layers = {
        "": {"body.1": 1 / 4, "network": 0, "network 2": 0},
        " low": {"body.1": 1 / 4, "network": 0, "network 2": 0},
        " high": {"body.1": 1 / 4, "network": 1, "network 2": 0},
    }
    row = watched(0.5, 0.9)
    own = {f"dead{end} {name}": share for end, of in layers.items() for name, share in of.items()}
    assert row == own | {"dead": 1 / 16, "dead low": 1 / 16, "dead high": 9 / 16}


def test_a_channel_that_fires_once_is_alive():
    assert watched(0.5, 0.9)["dead body.1"] == 1 / 4
    assert watched(0.5, 1.5, 0.5)["dead body.1"] == 0


def alive(name: str) -> tuple:
    """A smoke run and its network, every channel of whose blocks fires."""
    recipe = find(name, "smoke")
    net = recipe.build().eval()
    with torch.no_grad():
        for block in net.body:
            block.a.conv.bias.fill_(100)
    generator = torch.Generator().manual_seed(0)
    clean = torch.rand(3, recipe.channels, recipe.drawn, recipe.drawn, generator=generator)
    return recipe, net, [(clean, generator)]


def test_dead_channels_of_adafm_are_found_where_they_are():
    """One channel of the first block is off whatever the knob, another one where AdaFM takes it away."""
    recipe, net, batches = alive("adafm-dejpeg-q80-q10-k1")
    before = health.dead_at_both_ends(net, recipe, batches)
    assert [before[f"dead{end} body.{i}.a"] for end in ("", " low", " high") for i in (0, 1)] == [0] * 6
    with torch.no_grad():
        net.body[0].a.conv.bias[3] = -100
        net.body[0].a.module.filter.bias[5] = -300
    row = health.dead_at_both_ends(net, recipe, batches)
    found = {end: row[f"dead{end} body.0.a"] for end in ("", " low", " high")}
    assert found == {"": 2 / 8, " low": 1 / 8, " high": 2 / 8}  # stages are trained at the high end
    assert all(row[name] == before[name] for name in row if "body.1" in name)
    assert row["dead low"] > before["dead low"] and row["dead high"] > before["dead high"]


def test_watching_leaves_a_network_as_it_was():
    recipe, net, batches = alive("adafm-denoise-s15-s75-k1")
    x, knobs = torch.rand(1, 3, 24, 24), torch.ones(1, 1)
    before = net(x, knobs)
    health.dead_at_both_ends(net, recipe, batches)
    assert torch.equal(net(x, knobs), before)
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in net.modules())


def test_held_out_batches_are_never_smaller_than_those_of_training():
    """64 patches, the same at every call; some recipes need two or three images at once."""
    drawn = []

    def sample(count, generator):
        drawn.append(count)
        return torch.rand(count, 1, 2, 2, generator=generator)

    for batch in (1, 3, 12, 15, 64, 128):
        drawn.clear()
        first, second = (health.held_out_batches(sample, CPU, batch) for _ in range(2))
        assert all(torch.equal(a, b) for (a, _), (b, _) in zip(first, second, strict=True))
        own = drawn[: len(drawn) // 2]
        assert sum(own) == 64 and min(own) >= min(batch, 64) and max(own) < 2 * max(batch, 32)


# --- shares of the gradient ------------------------------------------------------------------------


def test_shares_are_those_of_the_norms_of_the_gradients():
    """Of 3 sum(m), of sum(m^2) and of what m is not in, at four ones: 6, 4 and nothing."""
    m = torch.ones(4, requires_grad=True)
    other = torch.ones(1, requires_grad=True)
    terms = {"linear": 3 * m.sum(), "square": m.square().sum(), "constant": other.sum()}
    made = Outcome(sum(terms.values()), terms=terms, meeting=m)
    expected = {"share linear": 0.6, "share square": 0.4, "share constant": 0.0}
    assert health.gradient_shares(made) == pytest.approx(expected)
    made.loss.backward()  # the graph is still there
    assert m.grad.tolist() == [5.0] * 4
    assert health.gradient_shares(Outcome(m.sum(), terms={"error": m.sum()}, meeting=m)) == {}


def test_the_shares_of_cfsnets_adversarial_loss_at_the_output():
    """By hand, with a guide that sees twice the image and a critic that counts an image's pixels five
    times: of n pixels in a batch of 4, |x - y| has a slope of norm 1 / sqrt(n), the guide's twice that times
    its weight, the critic's 5 sqrt(n) / 4 times its weight."""
    recipe = replace(find("cfsnet-sr-tune-gan", "smoke"), patch=16)
    clean = torch.rand(4, 3, recipe.drawn, recipe.drawn)
    restored = torch.full((4, 3, recipe.patch, recipe.patch), 2.0, requires_grad=True)
    guide = SimpleNamespace(features=lambda x: [2 * x])

    def critic(x):
        return 5 * x.sum((1, 2, 3))

    generator = torch.Generator().manual_seed(0)
    made = recipe.objective(lambda x, knobs: restored * 1, clean, generator, guide, critic)
    n = restored.numel()
    norms = {
        "l1": 1 / math.sqrt(n),
        "perceptual": 0.01 * 2 / math.sqrt(n),
        "adversarial": 0.01 * 5 * math.sqrt(n) / 4,
    }
    expected = {f"share {name}": norm / sum(norms.values()) for name, norm in norms.items()}
    assert health.gradient_shares(made) == pytest.approx(expected, rel=1e-4)  # float32


def test_the_pull_is_that_of_either_half_by_severity():
    """Four images of four ones; the loss pulls 1, 2, 3 and 4 times at each pixel, the last is the mildest."""
    m = torch.ones(4, 1, 2, 2, requires_grad=True)
    weights = torch.arange(1.0, 5.0).view(4, 1, 1, 1)
    terms = {"adversarial": (weights * m).sum(), "error": m.square().sum()}
    knobs = torch.tensor([[0.5, 0.5], [0.3, 0.5], [0.1, 0.0], [0.0, 0.0]])
    made = Outcome(sum(terms.values()), terms=terms, meeting=m, knobs=knobs)
    assert health.pulls(made) == pytest.approx({"pull mild": 7.0, "pull severe": 3.0})
    assert health.pulls(replace(made, knobs=torch.zeros(4, 0))) == {}
    assert health.pulls(replace(made, terms={"error": m.sum()})) == {}


def test_the_terms_of_every_loss_add_up_to_it():
    for name in ("vdir-awgn", "vdir-awgn-l1", "qgcn-full-unit", "qgcn-wo-cqr", "cfsnet-sr-tune-gan", "cugan"):
        recipe = find(name, "smoke")
        net, opponent = recipe.build(), recipe.opponent()
        guide = find(recipe.guide, "smoke").build().eval() if recipe.guide else None
        clean = torch.rand(4, recipe.channels, recipe.drawn, recipe.drawn)
        made = recipe.objective(net, clean, torch.Generator().manual_seed(0), guide, opponent)
        torch.testing.assert_close(made.loss, sum(made.terms.values()))
        shares = health.gradient_shares(made)
        assert len(shares) == (len(made.terms) if len(made.terms) > 1 else 0)
        assert all(share > 0 for share in shares.values())
        assert sum(shares.values()) == pytest.approx(1 if shares else 0)


# --- complaints ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dead", "said"), [(0.2, []), (0.21, ["21% of its channels never fire."]), (None, [])]
)
def test_more_than_a_fifth_of_the_channels_dead_is_said(dead, said):
    """At the end, whatever there was before."""
    last = {} if dead is None else {"dead": dead}
    curve = [{"dead": 0.9}, last]
    assert health.complaints(find("adafm-denoise-basic-s15", "smoke"), curve) == said
    assert health.complaints(find("adafm-denoise-basic-s15", "smoke"), []) == []


WON = ["The network trained against it has won: it tells restored images from true ones."]


def curve_of(name: str, before: dict[str, float], after: dict[str, float]) -> list[health.Row]:
    """Ten rows, the last two as `after` says; what is not said is 0."""
    parts = dict.fromkeys(find(name, "smoke").parts, 0.0)
    return [parts | before] * 8 + [parts | after] * 2


@pytest.mark.parametrize(
    ("name", "even", "won"),
    [
        # chances 0.73 and 0.27; 0.98 and 0.27
        ("cugan", {"real": 1.0, "fake": -1.0}, {"real": 4.0, "fake": -1.0}),
        ("ugan-r0-s30", {"real": 0.0, "fake": 0.0}, {"real": 3.0, "fake": -3.0}),
        # -log 0.7 - log 0.7; -log 0.8 - log 0.8
        ("vdir-awgn", {"discriminator": -2 * math.log(0.7)}, {"discriminator": -2 * math.log(0.8)}),
        ("cfsnet-sr-tune-gan", {"perceptual": 1.0}, {"perceptual": 1.01}),
        ("dni-sr-mae-ft-gan", {"perceptual": 1.0}, {"perceptual": 1.01}),
    ],
)
def test_an_opponent_that_has_won_at_the_end_is_said_to_have(name, even, won):
    recipe = find(name, "smoke")
    assert health.complaints(recipe, curve_of(name, even, won)) == WON
    assert health.complaints(recipe, curve_of(name, even, even)) == []
    assert health.complaints(recipe, curve_of(name, won, even)) == []


@pytest.mark.parametrize("name", sorted({type(r).__name__: r.name for r in queue("smoke")}.values()))
def test_every_kind_of_run_has_something_to_say_or_nothing(name):
    assert health.complaints(find(name, "smoke"), curve_of(name, {}, {})) in ([], WON)


@pytest.mark.parametrize("name", ["cugan-nogan", "vdir-awgn-l1"])
def test_without_an_opponent_none_has_won(name):
    assert health.complaints(find(name, "smoke"), curve_of(name, {}, {})) == []


def test_a_training_says_what_is_wrong_and_its_curve_has_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(health, "dead_at_both_ends", lambda *_: {"dead": 0.3, "dead body.0.a": 0.5})
    recipe = replace(find("cfsnet-cdenoise-main-s25", "smoke"), steps=50, batch=2, patch=16)
    path = loop.train(recipe, device="cpu", out=tmp_path)
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "cfsnet-cdenoise-main-s25: 30% of its channels never fire."
    with open(path.with_suffix(".csv"), newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["step"], row["dead"], row["dead body.0.a"]) == ("50", "0.3", "0.5")
    norm, factor = float(row["norm network"]), float(row["clip network"])
    assert norm > 0 and 0 < factor <= 1


def test_a_curve_tells_its_steps_to_the_last_digit(tmp_path):
    curve = [{"step": 1_234_567, "loss": 0.1234567}]
    report.write_curve(tmp_path / "curve.csv", curve, (), "x")
    assert (tmp_path / "curve.csv").read_text() == "step,loss,images\n1234567,0.123457,x\n"


# --- beside the training ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("adafm-denoise-s15-s75-k1", {}),
        ("adafm-denoise-bn-s15", {}),
        ("vdir-awgn", {}),  # spectral norms
        ("vdir-ffdnet-nonblind", {}),  # batch norm
        ("cugan", {"normed": True}),  # batch norm in the discriminator
        ("cfsnet-sr-tune-gan", {"batch": 2}),
    ],
)
def test_a_training_that_is_watched_ends_with_the_same_weights(name, change, tmp_path, monkeypatch):
    """Bit for bit, those of an opponent too; watched after step 5, trained to step 8."""
    monkeypatch.setattr(loop, "APART", 5)
    recipe, watched = find(name, "smoke"), []
    guide = find(recipe.guide, "smoke").build().eval().requires_grad_(False) if recipe.guide else None
    recipe = replace(recipe, steps=8, precision="float32", parent="", guide="", **change)

    def ended(examine):
        monkeypatch.setattr(loop.Job, "examine", examine)
        job = loop.Job(recipe, CPU, tmp_path, compiled=False)
        job.judge = guide
        job.run(tqdm(total=8, disable=True), None)
        nets = [net for net in (job.net, job.opponent) if net is not None]
        return [value.clone() for net in nets for value in net.state_dict().values()]

    def examine(job):
        watched.append(original(job))
        return watched[-1]

    original = loop.Job.examine
    alone, beside = ended(lambda job: {}), ended(examine)
    assert len(watched) == 1 and watched[0]
    assert all(torch.equal(a, b) for a, b in zip(alone, beside, strict=True))
