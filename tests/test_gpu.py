"""The work of trainings, and what a GPU hour buys."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from lib import recipes
from lib.base.rows import read
from lib.recipes import find
from lib.runs import loads
from lib.training import work
from lib.upkeep import gpu


def test_a_convolution_is_counted_as_on_paper():
    """2 x 9 x 4 x 5 for each of 6 x 7 pixels: once forward, and for the weights; not for the input, which
    learns nothing."""
    net = nn.Conv2d(4, 5, 3, padding=1, bias=False)
    with work.Counted() as counted:
        net(torch.rand(2, 4, 6, 7)).sum().backward()
    assert counted.operations == 2 * (2 * 2 * 9 * 4 * 5 * 6 * 7)


def test_the_basic_network_of_adafm_by_its_layers():
    """Of the smoke run: every convolution three times (forward, weights, input), the first twice."""
    recipe = find("adafm-denoise-basic-s15", "smoke")
    net, seen = recipe.build(), []

    def look(layer, inputs, output):
        seen.append(2 * layer.weight.numel() * output.shape[-1] * output.shape[-2] * recipe.batch)

    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(look)
    net(torch.rand(1, 3, recipe.patch, recipe.patch), torch.zeros(1, 0))
    assert work.step_operations(recipe) == 3 * sum(seen) - seen[0]


@pytest.mark.parametrize("name", ["ranker-rgb", "qgcn-full", "vdir-awgn", "cugan", "cfsnet-sr-tune-gan"])
def test_every_kind_of_run_is_counted_in_proportion_to_its_batch(name):
    recipe = find(name, "smoke")
    one = work.step_operations(recipe)
    assert one > 0
    assert work.step_operations(replace(recipe, batch=2 * recipe.batch)) == 2 * one


def test_what_weighs_alike_is_of_one_kind_and_what_does_not_is_of_another():
    basic, seed = find("adafm-denoise-basic-s15", "paper"), find("adafm-denoise-basic-s15-seed1", "paper")
    assert work.kind(basic) == work.kind(seed) == work.kind(find("adafm-denoise-basic-s75", "paper"))
    names = ("adafm-denoise-s15-s75-k1", "adafm-denoise-s15-s75-k3", "cunet")
    assert len({work.kind(find(name, "paper")) for name in names} | {work.kind(basic)}) == 4


def test_every_run_of_the_papers_is_counted_at_its_printed_schedule():
    """Where not: python -m lib plan counts what is new."""
    stored = {row["run"]: (int(row["steps"]), int(row["batch"]), row["kind"]) for row in read(loads.WORK)}
    assert stored == {r.name: (r.steps, r.batch, work.kind(r)) for r in recipes.queue("paper")}


def test_the_page_is_that_of_the_tables_and_of_the_recipes():
    text = gpu.PAGE.read_text()
    assert gpu.render(text) == text


def test_more_time_buys_more_runs_or_more_of_them():
    before = []
    for hours in gpu.BUDGETS.values():
        runs = gpu.within(hours)
        assert [run.name for run in runs[: len(before)]] == [run.name for run in before]
        spent = gpu.hours(sum(loads.work()[run.name] for run in runs))
        assert len(runs) == 1 or spent * gpu.LEAST <= hours
        before = runs


def test_the_order_of_a_budget_has_all_runs_and_parents_first():
    runs = gpu.wanted()
    names = [run.name for run in runs]
    assert sorted(names) == sorted(run.name for run in recipes.queue("paper"))
    assert all(set(run.needs) <= set(names[:i]) for i, run in enumerate(runs))


def test_the_printed_table_adds_up():
    total = gpu.hours(sum(loads.work().values()))
    last = gpu.papers().splitlines()[-1].split("|")
    assert float(last[4]) + float(last[7]) == pytest.approx(total, rel=0.02)
