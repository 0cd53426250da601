"""The settings that CFSNet's text prints beside those of our recipes, its size, how its GANs were trained."""

from dataclasses import replace

import pandas as pd
import torch

from lib.data import sets
from lib.models.baselines import DnCNN
from lib.papers.cfsnet.subjects import (
    DEBLOCKING,
    DENOISING,
    DNCNN,
    ENLARGING,
    MAIN_BRANCH,
    PARAMS,
    SHOWN,
    Subject,
)
from lib.papers.health import health
from lib.papers.report import Report
from lib.papers.shown import Drawing
from lib.recipes import Recipe, find
from lib.recipes.cfsnet import SR_FINE_TUNED, SR_TUNED

SETTINGS = "cfsnet-text-settings"


def settings(report: Report) -> pd.DataFrame:
    """Every printed setting, and what the recipes at paper scale have; "-" where they have none."""
    ours = _all() | _of_task(DENOISING, "step 1 noise level", "step 2 noise level", "BSD training images")
    ours |= _of_task(DEBLOCKING, "step 1 quality", "step 2 quality", "training images") | _enlarging()
    printed = report.printed[report.printed["item"] == SETTINGS]
    rows = []
    for task, setting, value in printed[["task", "metric", "value"]].itertuples(index=False):
        own = ours.get((task, setting))
        shown = "-" if own is None else f"{own:.6g}"
        same = own is not None and abs(own - float(value)) <= 1e-9 * abs(own)
        row = {"task": task, "setting": setting, "printed": value, "here, paper scale": shown}
        rows.append({**row, "": "" if same else "differs"})
    frame = pd.DataFrame(rows).set_index(["task", "setting"])
    report.save_table(SETTINGS, frame)
    return frame


def params(report: Report) -> pd.DataFrame:
    """Parameters of the main branch of denoising beside those of DnCNN-B, and of super-resolution with either
    kernel of its upscaler, the printed 3 and the released 1."""
    enlarging = find(SR_TUNED, report.scale)
    nets = {
        MAIN_BRANCH: find(DENOISING.main(DENOISING.start), report.scale).build(),
        DNCNN: DnCNN(depth=20),
        **{name: replace(enlarging, up_kernel=kernel).build() for kernel, name in ENLARGING.items()},
    }
    counts = {name: sum(p.numel() for p in net.parameters()) for name, net in nets.items()}
    report.keep_facts(PARAMS, counts)
    frame = pd.DataFrame({"parameters": counts}).rename_axis("network")
    report.save_table(PARAMS, frame)
    return frame


def gan_health(report: Report) -> Drawing:
    """Both networks of super-resolution that a critic was trained against."""
    return health(report, "cfsnet-gan-health", (SR_TUNED, SR_FINE_TUNED))


def _all() -> dict[tuple[str, str], float]:
    recipe = find(DENOISING.tuned, "paper")
    net = recipe.build()
    adam = torch.optim.Adam(net.parameters(), recipe.lr, recipe.betas).defaults
    return {
        ("all", "control vector length"): net.mapping.shared[0].in_features,
        ("all", "shared FC layers"): len(net.mapping.shared),
        ("all", "independent FC layers per coupling module"): len(net.mapping.own[0]),
        ("all", "filters"): net.head.out_channels,
        ("all", "kernel"): net.head.kernel_size[0],
        ("all", "Adam beta1"): adam["betas"][0],
        ("all", "Adam beta2"): adam["betas"][1],
        ("all", "Adam eps"): adam["eps"],
        ("all", "initial learning rate"): adam["lr"],
        ("all", "alpha_in search interval"): SHOWN[1] - SHOWN[0],
    }


def _of_task(subject: Subject, first: str, second: str, pictures: str) -> dict[tuple[str, str], float]:
    recipe, task = find(subject.tuned, "paper"), subject.task.name
    at, factor = recipe.schedule.drops[0]
    return {
        (task, "M"): recipe.blocks,
        (task, "minibatch"): recipe.batch,
        (task, "patch"): recipe.patch,
        (task, "learning rate divided by"): 1 / factor,
        (task, "learning rate step"): at * recipe.steps,
        (task, first): subject.start,
        (task, second): subject.end,
        (task, pictures): _pictures(recipe),
    }


def _enlarging() -> dict[tuple[str, str], float]:
    recipe = find(SR_TUNED, "paper")
    at, factor = recipe.schedule.drops[0]
    return {
        ("sr", "M"): recipe.blocks,
        ("sr", "minibatch"): recipe.batch,
        ("sr", "weight of GAN loss"): recipe.gan_weight,
        ("sr", "weight of perceptual loss"): recipe.perceptual_weight,
        ("sr", "HR patch"): recipe.patch,
        ("sr", "learning rate multiplied by"): factor,
        ("sr", "learning rate step"): at * recipe.steps,
        ("sr", "scale"): recipe.enlarges,
        ("sr", "DIV2K training images"): _pictures(recipe),
    }


def _pictures(recipe: Recipe) -> int:
    return len(sets.image_names(recipe.training_set))
