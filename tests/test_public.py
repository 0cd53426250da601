"""Which run a public name stands for, and the curves that set its knob."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lib.app import public
from lib.app.tasks import KnobCurve, knob_for, prepare
from lib.data.images import Picture, to_tensor
from lib.evaluation import knob_curves
from lib.evaluation.inference import restore
from lib.recipes import find
from lib.recipes.blind import AnyNoise, AnyQuality
from lib.recipes.cfsnet import SR_TUNED
from lib.training.checkpoints import path_of

X2, X3, X5 = "adafm-sr-x2-x3-k5", "adafm-sr-x3-x4-k5", "adafm-sr-x5-x6-k5"


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """Empty files stand for checkpoints; what is loaded says which one it was."""
    monkeypatch.setattr(
        public.networks, "any_network", lambda run, scale, folder: SimpleNamespace(net=(run, scale))
    )
    monkeypatch.setattr(knob_curves, "read_curve", lambda run, scale: None)

    def put(*runs: str, scale: str = "compact"):
        for run in runs:
            path = path_of(run, scale, tmp_path)
            path.parent.mkdir(exist_ok=True)
            path.touch()
        return tmp_path

    return put


def test_every_name_stands_for_runs_that_there_are():
    for network in public.NETWORKS:
        recipes = [find(run, "compact") for run in public.networks.runs_of(network.run)]
        assert {recipe.channels for recipe in recipes} == {network.channels}
        if len(recipes) > 1:
            assert recipes[1].parent == recipes[0].name  # what lies between restores


def levels_of(run: str) -> list[float]:
    """Those that a recipe and the one it starts from degrade images by, whatever it calls them."""
    recipe = find(run, "paper")
    if hasattr(recipe, "qualities"):
        return list(recipe.qualities)
    if isinstance(getattr(recipe, "unknown", None), AnyNoise):
        return [recipe.unknown.low, recipe.unknown.high]
    if isinstance(getattr(recipe, "unknown", None), AnyQuality):
        return list(recipe.unknown.qualities)
    both = [recipe.level, *(find(name, "paper").level for name in recipe.needs)]
    return [getattr(level, "sigma", None) or level.quality for level in both]


@pytest.mark.parametrize("network", public.NETWORKS, ids=lambda network: network.run)
def test_trained_levels_are_those_of_the_recipes(network):
    """Of every task whose levels can be read off an image; CUGAN draws from 0 to what its knobs mean."""
    assert len(network.trained) == len(network.task.estimates)
    if network.name == "cugan":
        assert network.trained == tuple((level.low, level.high) for level in network.task.levels)
    elif network.trained:
        found = levels_of(public.networks.runs_of(network.run)[-1])
        assert network.trained == ((min(found), max(found)),)


def test_a_name_of_two_runs_is_moved_between_them(tmp_path, monkeypatch):
    nets = {run: find(run, "smoke").build() for run in ("qgcn-wo-cqr", "qgcn-texture")}
    monkeypatch.setattr(
        public.networks,
        "load",
        lambda run, scale, folder: SimpleNamespace(net=nets[run].eval(), provenance=None, weights_sha=run),
    )
    loaded = public.load("qgcn", "smoke", tmp_path)
    assert [knob.name for knob in loaded.net.knobs] == ["texture"]
    x = torch.rand(1, 1, 16, 16)
    for texture, net in zip((0.0, 1.0), nets.values(), strict=True):
        expected = net(x, torch.zeros(1, 0))
        torch.testing.assert_close(loaded.net.fold(torch.tensor([texture]))(x), expected)


def test_a_network_that_enlarges_by_itself_sees_the_small_picture(tmp_path, monkeypatch):
    """Repeated four times a side for the slider and the command line, and picked out again."""
    net = find(SR_TUNED, "smoke").build().eval()
    monkeypatch.setattr(public.networks, "any_network", lambda run, scale, folder: SimpleNamespace(net=net))
    loaded = public.load("cfsnet-sr", "smoke", tmp_path)
    assert (loaded.title, loaded.curve) == ("cfsnet-sr x4", None)
    small = np.random.default_rng(0).integers(0, 256, (9, 11, 3), dtype=np.uint8)
    alpha = small[..., 0]
    taken = prepare(Picture(small, alpha), loaded.task, 4.0, max_pixels=10**6)
    np.testing.assert_array_equal(taken.pixels, np.kron(small, np.ones((4, 4, 1), np.uint8)))
    np.testing.assert_array_equal(taken.alpha, np.kron(alpha, np.ones((4, 4), np.uint8)))
    restored = restore(loaded.net, to_tensor(taken.pixels), knobs=(0.5,))
    expected = net.fold(torch.tensor([0.5]))(to_tensor(small))
    assert restored.shape == (1, 3, 36, 44)
    torch.testing.assert_close(restored, expected)
    torch.testing.assert_close(loaded.net(to_tensor(taken.pixels), torch.tensor([[0.5]])), expected)


def test_a_name_of_two_runs_needs_both(shelf):
    folder = shelf("qgcn-wo-cqr", scale="paper")
    shelf("qgcn-wo-cqr", "qgcn-texture")
    assert public._there(public.find("qgcn"), "compact", folder)
    assert not public._there(public.find("qgcn"), "paper", folder)


@pytest.mark.parametrize(
    ("level", "run"), [(2.0, X2), (2.6, X2), (3.0, X3), (3.4, X3), (4.0, X3), (5.5, X5), (6, X5)]
)
def test_the_run_whose_factors_hold_the_level_is_taken(level, run, shelf):
    loaded = public.load("adafm-sr", folder=shelf(X2, X3, X5), level=level)
    assert loaded.net == (run, "compact")
    assert loaded.task.level.start == level


def test_at_a_border_the_run_that_is_trained_is_taken(shelf):
    assert public.load("adafm-sr", folder=shelf(X2), level=3.0).net[0] == X2


def test_a_network_that_keeps_its_size_has_no_factor(shelf):
    with pytest.raises(ValueError, match="adafm-denoise enlarges nothing"):
        public.load("adafm-denoise", folder=shelf("adafm-denoise-s15-s75-k1"), level=3.0)


def test_a_title_is_of_one_run_alone(shelf):
    folder = shelf(X2, X3, X5)
    assert public.load("adafm-sr x2 to x3", folder=folder, level=3.0).net[0] == X2
    assert public.load("adafm-sr x5 to x6", folder=folder).net[0] == X5
    with pytest.raises(ValueError, match="factors there are: 2 to 3"):
        public.load("adafm-sr x2 to x3", folder=folder, level=3.5)


def test_paper_scale_is_taken_where_it_is_trained(shelf):
    shelf(X2, X3)
    folder = shelf(X3, scale="paper")
    assert public.load("adafm-sr", folder=folder, level=3.4).net == (X3, "paper")
    assert public.load("adafm-sr", folder=folder, level=2.5).net == (X2, "compact")
    assert public.load("adafm-sr", "compact", folder, level=3.4).net == (X3, "compact")
    assert public.load("adafm-sr", folder=folder).net == (X3, "paper")


@pytest.mark.parametrize("level", [1.5, 4.5, 7.0])
def test_a_factor_without_a_trained_network_names_those_there_are(level, shelf):
    sentence = rf"no trained network for a factor of {level:g}; factors there are: 2 to 3, 3 to 4\."
    with pytest.raises(ValueError, match=sentence):
        public.load("adafm-sr", folder=shelf(X3, X2), level=level)


def test_where_none_is_trained_none_is_named(tmp_path):
    with pytest.raises(ValueError, match="factors there are: none"):
        public.load("adafm-sr", folder=tmp_path, level=3.4)
    with pytest.raises(FileNotFoundError, match=X3):
        public.load("adafm-sr", folder=tmp_path)


def test_an_unknown_name_is_told_each_name_once():
    with pytest.raises(ValueError, match="there are: adafm-denoise, adafm-dejpeg, adafm-sr, cfsnet-"):
        public.load("adafm")


def test_factors_without_a_curve_follow_a_straight_line(shelf):
    folder = shelf(X3, "adafm-dejpeg-q80-q10-k1")
    curve = public.load("adafm-sr", folder=folder, level=3.4).curve
    assert [knob_for(level, curve) for level in (3, 3.25, 4)] == pytest.approx([0, 0.25, 1])
    assert public.load("adafm-dejpeg", folder=folder).curve is None


def test_curves_are_kept_by_run_and_scale(tmp_path):
    path = tmp_path / "new" / "curves.csv"
    first = KnobCurve("coef", "quality", (1.25, -0.015625), 10, 80, -0.5, 1.25)
    second = KnobCurve("coef", "factor", (-3.0, 1.0), 3, 4)
    knob_curves.write_curve("b", "compact", first, path)
    knob_curves.write_curve("a", "compact", first, path)
    knob_curves.write_curve("b", "compact", second, path)
    assert knob_curves.read_curve("a", "compact", path) == first
    assert knob_curves.read_curve("b", "compact", path) == second
    assert knob_curves.read_curve("b", "paper", path) is None
    assert path.read_text().splitlines()[:2] == [
        "run,scale,knob,level,coefficients,low,high,least,most",
        "a,compact,coef,quality,1.25 -0.015625,10,80,-0.5,1.25",
    ]


def test_the_stored_curve_of_denoising_is_found():
    """Table 5's levels were fitted: more noise, more of the knob."""
    curve = knob_curves.read_curve("adafm-denoise-s15-s75-k1", "compact")
    assert (curve.low, curve.high) == (15, 75)
    assert knob_for(20, curve) < knob_for(45, curve) < knob_for(70, curve)


@pytest.mark.parametrize("factor", [2, 4])
def test_blind_super_resolution_takes_the_run_of_its_factor(factor, tmp_path, monkeypatch):
    """What it is given has every pixel repeated, and its knob is that of the run."""
    for other in (2, 4):
        path = path_of(f"vdir-sr-x{other}", "smoke", tmp_path)
        path.parent.mkdir(exist_ok=True)
        path.touch()
    monkeypatch.setattr(
        public.networks,
        "any_network",
        lambda run, scale, folder: SimpleNamespace(net=find(run, scale).build().eval()),
    )
    loaded = public.load("vdir-sr", "smoke", tmp_path, level=factor)
    assert loaded.title == f"vdir-sr x{factor}" and loaded.curve is None
    assert [knob.name for knob in loaded.net.knobs] == ["strength"]
    small = torch.rand(1, 3, 8, 12)
    large = small.repeat_interleave(factor, -2).repeat_interleave(factor, -1)
    with torch.no_grad():
        restored = loaded.net(large, torch.zeros(1, 1))
        torch.testing.assert_close(restored, loaded.net.net(small, torch.zeros(1, 1)))
    with pytest.raises(ValueError, match=r"a factor of 3; factors there are: 2, 4\."):
        public.load("vdir-sr", "smoke", tmp_path, level=3.0)


def test_cugans_knobs_say_what_is_in_the_picture_and_how_much_texture(tmp_path, monkeypatch):
    nets = {run: find(run, "smoke").build().eval() for run in ("cunet", "cugan")}
    monkeypatch.setattr(
        public.networks,
        "load",
        lambda run, scale, folder: SimpleNamespace(net=nets[run], provenance=None, weights_sha=run),
    )
    loaded = public.load("cugan", "smoke", tmp_path)
    assert [knob.name for knob in loaded.net.knobs] == ["blur", "noise", "texture"]
    x = torch.rand(1, 3, 16, 16)
    for texture, net in ((0.0, nets["cunet"]), (1.0, nets["cugan"])):
        expected = net(x, torch.tensor([[0.5, 0.6]]))
        torch.testing.assert_close(loaded.net.fold(torch.tensor([0.5, 0.6, texture]))(x), expected)
    found = [(curve.knob, curve.level_name, knob_for(level, curve)) for curve, level in
             zip(loaded.curves, (1.0, 15.0), strict=True)]  # fmt: skip
    assert found == [("blur", "radius", pytest.approx(0.25)), ("noise", "sigma", pytest.approx(0.3))]
