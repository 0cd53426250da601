"""Not in the paper: VDIR's knob beside those of AdaFM and CFSNet, on the same noisy pictures."""

from collections.abc import Callable

import pandas as pd
import torch
from torch import Tensor

from lib.app.public import find
from lib.degradations.levels import Denoise
from lib.evaluation.measure import Padded, Protocol
from lib.papers.common import Drawing, Report, Verdict
from lib.papers.gains import surely_above
from lib.papers.pictures import strips
from lib.papers.scenes import Scene
from lib.papers.scores import Scores, with_interval
from lib.papers.vdir.claims import CLAIMS
from lib.papers.vdir.manipulation import EDGES, EXAMPLE, NOISE, PSNR, look, middle
from lib.recipes import Scale

ITEM = "vdir-strength"
NOISY = Protocol("cbsd68", Denoise(40), multiple=1)  # 8-bit: what anybody can be given
PICTURES = 8
AROUND = (-20.0, -10.0, 0.0, 10.0, 20.0)  # grey levels more or less than what the network found
BETWEEN = (0.0, 0.25, 0.5, 0.75, 1.0)
KNOBS = {"vdir-denoise": AROUND, "adafm-denoise": BETWEEN, "cfsnet-denoise": BETWEEN}
QUANTITIES = (PSNR, NOISE, EDGES)
Looks = dict[tuple[str, float], dict[str, Scores]]  # by network and knob, quantity and picture


def strength(report: Report) -> tuple[Drawing, pd.DataFrame]:
    """Every network at five settings of its knob: one picture, and the mean over several."""
    looks = _looks(report)
    report.judge(CLAIMS["the knob is heeded"], _heeded(report, looks))
    frame = pd.DataFrame([_line(name, knob, looks) for name, own in KNOBS.items() for knob in own])
    frame = frame.set_index(["network", "knob"])
    report.save_table(ITEM, frame)
    scene = Scene(report, NOISY, EXAMPLE)
    rows = [
        [scene.restored(f"{name} {knob:g}", find(name).run, (knob,)) for knob in own]
        for name, own in KNOBS.items()
    ]
    title = f"One picture with noise of {NOISY.level.sigma:g} grey levels, three knobs ({report.scale} scale)"
    return report.save_figure(ITEM, strips([scene.strip(title, rows)])), frame


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


def _heeded(report: Report, looks: Looks) -> Callable[[Scale], Verdict]:
    def test(scale: Scale) -> Verdict:
        if ("vdir-denoise", 0.0) not in looks or scale != report.scale:
            return None
        less, blind, more = (looks["vdir-denoise", AROUND[i]] for i in (0, 2, -1))
        noisier = {name: less[NOISE][name] - value for name, value in blind[NOISE].items()}
        smoother = {name: value - more[EDGES][name] for name, value in blind[EDGES].items()}
        text = (
            f"{with_interval(noisier)} grey levels more noise, "
            f"{with_interval(smoother)} thousandths less gradient energy"
        )
        return surely_above(noisier) and surely_above(smoother), text

    return test


def _line(name: str, knob: float, looks: Looks) -> dict[str, str]:
    own = looks.get((name, knob))
    shown = {quantity: with_interval(own[quantity]) if own else "-" for quantity in QUANTITIES}
    return {"network": name, "knob": f"{knob:g}", **shown}
