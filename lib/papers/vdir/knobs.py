"""Not in the paper: VDIR's knob beside those of AdaFM and CFSNet, on the same noisy images."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import torch
from torch import Tensor

from lib.app.public import find
from lib.degradations.levels import Denoise
from lib.evaluation.measure import Padded, Protocol
from lib.models.vdir import VDIR
from lib.papers import facts
from lib.papers.pictures import strips
from lib.papers.report import Report
from lib.papers.scenes import Scene
from lib.papers.scores import Scores, with_interval
from lib.papers.shown import Parts, together
from lib.papers.vdir.manipulation import EXAMPLE, look, middle
from lib.papers.vdir.subjects import AROUND, EDGES, NOISE, PSNR, READ_AT, asked

ITEM = "vdir-strength"
NOISY = Protocol("cbsd68", Denoise(40), multiple=1)  # 8-bit: what anybody can be given
PICTURES = 8
BETWEEN = (0.0, 0.25, 0.5, 0.75, 1.0)
OURS = "vdir-denoise"
KNOBS = {OURS: AROUND, "adafm-denoise": BETWEEN, "cfsnet-denoise": BETWEEN}
QUANTITIES = (PSNR, NOISE, EDGES)
Looks = dict[tuple[str, float], dict[str, Scores]]  # by network and knob, quantity and image


def strength(report: Report) -> Parts:
    """Return every network at five settings of its knob: one image, and the mean over several."""
    looks = _looks(report)
    if report.record and (OURS, 0.0) in looks and report.at_hand(NOISY) == NOISY.dataset:
        report.keep_facts(ITEM, told(looks) | readings(report.network(find(OURS).run)))
    frame = pd.DataFrame([_line(name, knob, looks) for name, own in KNOBS.items() for knob in own])
    frame = frame.set_index(["network", "knob"])
    report.save_table(ITEM, frame)
    scene = Scene(report, NOISY, EXAMPLE)
    rows = [
        [scene.restored(f"{name} {knob:g}", find(name).run, (knob,)) for knob in own]
        for name, own in KNOBS.items()
    ]
    title = f"One image with noise of {NOISY.level.sigma:g} grey levels, three knobs ({report.scale} scale)"
    return together(report.save_figure(ITEM, strips([scene.strip(title, rows)])), frame)


def told(looks: Looks) -> dict[str, float]:
    """Return what the claim rests on."""
    return facts.by_image({f"{knob:g}, {q}": looks[OURS, knob][q] for knob in AROUND for q in (NOISE, EDGES)})


@torch.inference_mode()
def readings(net: VDIR) -> dict[str, float]:
    """Return how much more noise the estimator reads in the latent at every knob than at 0, where asked for
    that much."""
    found: dict[str, Scores] = {}
    for sigma in READ_AT:
        for name, _, x in replace(NOISY, level=Denoise(sigma)).inputs(PICTURES):
            c, _ = net.encoder(middle(x))
            found_level = float(net.estimator.level(c))
            for knob in filter(None, AROUND):
                moved = net.moved(c, c.new_tensor([[knob]]))
                read = float(net.estimator.level(moved)) - found_level
                found.setdefault(asked(sigma, knob), {})[name] = read
    return facts.by_image(found)


def _looks(report: Report) -> Looks:
    """Of the networks that are trained."""
    protocol = Protocol(report.at_hand(NOISY), NOISY.level, multiple=1)
    crops = {name: (middle(x), middle(clean)) for name, clean, x in protocol.inputs(PICTURES)}
    found: Looks = {}
    for name, own in KNOBS.items():
        net = report.network(find(name).run)
        for knob in own if net else ():
            plain = Padded(net.fold(torch.tensor([knob])), net.multiple).eval()
            found[name, knob] = _of_all(plain, crops)
    return found


@torch.inference_mode()
def _of_all(
    restore: Callable[[Tensor], Tensor], crops: dict[str, tuple[Tensor, Tensor]]
) -> dict[str, Scores]:
    looks = {name: look(restore(x), clean) for name, (x, clean) in crops.items()}
    return {quantity: {name: own[quantity] for name, own in looks.items()} for quantity in QUANTITIES}


def _line(name: str, knob: float, looks: Looks) -> dict[str, str]:
    own = looks.get((name, knob))
    shown = {quantity: with_interval(own[quantity]) if own else "-" for quantity in QUANTITIES}
    return {"network": name, "knob": f"{knob:g}", **shown}
