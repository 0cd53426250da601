"""What the paper says in its text alone: where the layers stand, training from scratch, parameters;
and two experiments of our own, on width and on what becomes of the noise."""

from dataclasses import replace

import pandas as pd
import torch

from lib.evaluation.measure import Setting
from lib.models.adafm import AdaFM, RestorationNet
from lib.papers.adafm.subjects import CURVES, DENOISING, INSIDE, JPEG, KERNELS, PIECEWISE, SCRATCH, SR
from lib.papers.at_hand import DIV2K
from lib.papers.report import Report
from lib.papers.tables import Line, Table


def position(report: Report) -> Table:
    """AdaFM before or after the activation, in residual blocks or behind every convolution: x3->x4."""
    item = "adafm-text-position"
    places = {
        "before activation, residual blocks": (SR.wide, "AdaFM before activation (residual blocks)"),
        "after activation": (f"{SR.wide}-postact", "AdaFM after activation"),
        "all convolutions": (f"{SR.wide}-allconv", "AdaFM after all convolutions"),
    }
    cells = [
        report.cell(item, Setting(network, (1.0,), SR.on(4)), (written, "x3->x4 k5"))
        for network, written in places.values()
    ]
    line = Line("set5", "x4")
    return report.table(item, [(line, label, c) for label, c in zip(places, cells, strict=True)])


def scratch(report: Report) -> Table:
    """AdaFM-Net with every weight trained on x4 at once, against the basic model."""
    item = "adafm-text-scratch"
    rows = []
    for dataset, line in (("set5", Line("set5", "x4")), (DIV2K, Line("DIV2K100", "x4"))):
        protocol = SR.on(4, dataset)
        printed = ("AdaFM-Net trained from scratch", "x4 k5")
        whole = report.cell(item, Setting(SCRATCH, (1.0,), protocol), printed)
        plain = report.cell(item, Setting(SR.basic(4), (), protocol), ("basic model", "x4"))
        rows += [(line, "AdaFM-Net from scratch", whole), (line, "basic model", plain)]
    return report.table(item, rows)


def piecewise(report: Report) -> Table:
    """Levels between those that AdaFM layers were trained for: the layers of both neighbours mixed by a
    straight line, against those of the whole range at the coefficient that is best."""
    rows = []
    for subject, levels in INSIDE.items():
        for level in levels:
            whole, _ = report.best(CURVES[subject], Setting(subject.wide, (), subject.on(level)))
            pieces = report.cell(PIECEWISE, subject.piecewise(level))
            line = Line(subject.dataset, subject.level(level))
            rows += [
                (line, "the whole range, at its best", whole),
                (line, "piecewise, on the line", pieces),
                (line, "gained", pieces - whole),
            ]
    return report.table(PIECEWISE, rows)


def width(report: Report) -> Table:
    """Not in the paper: the same networks half and twice as wide, from end to end of JPEG and back."""
    item, rows = "adafm-extra-width", []
    widths = {"-half": "half as wide", "": "as wide as the others", "-double": "twice as wide"}
    for start, end in ((JPEG.start, JPEG.end), (JPEG.end, JPEG.start)):
        for suffix, title in widths.items():
            basic = Setting(JPEG.basic(end) + suffix, (), JPEG.on(end))
            stage = Setting(JPEG.stage(start, end) + suffix, (1.0,), JPEG.on(end))
            trained, adapted = report.cell(item, basic), report.cell(item, stage)
            line = Line(JPEG.dataset, JPEG.range(start, end))
            rows += [
                (line, f"{title}: trained on it", trained),
                (line, f"{title}: distance", trained - adapted),
            ]
    return report.table(item, rows)


def noise(report: Report) -> Table:
    """Not in the paper: the same networks on noise that is clipped and stored with 8 bits, as they are
    trained, and on noise left as it is."""
    item, rows = "adafm-extra-noise", []
    for sigma in (DENOISING.start, DENOISING.end):
        stored = DENOISING.on(sigma)
        left = replace(stored, level=replace(stored.level, quantise=False))
        network = DENOISING.basic(sigma)
        cells = [report.cell(item, Setting(network, (), protocol)) for protocol in (stored, left)]
        line = Line(DENOISING.dataset, DENOISING.level(sigma))
        titles = ("clipped, 8 bits", "neither", "costs")
        rows += [
            (line, title, cell) for title, cell in zip(titles, (*cells, cells[0] - cells[1]), strict=True)
        ]
    return report.table(item, rows)


def parameters(report: Report) -> pd.DataFrame:
    """Weights that AdaFM layers add to the basic model of the paper, counted on the modules."""
    basic = RestorationNet()
    total, block = _weights(basic), _weights(basic.body[0])
    rows = []
    for k in KERNELS:
        net = RestorationNet(site=lambda channels, k=k: AdaFM(channels, k))
        added = _weights(net) - total
        share = round(100 * added / total, 2)
        row = {"filter": f"{k}x{k}", "added weights": added, "share in %": share}
        rows.append(row | {f"of the {block:,} of a residual block": f"{added / block:.2f}"})
    layers = sum(isinstance(m, AdaFM) for m in net.modules())
    shares = {row["filter"]: row["share in %"] for row in rows}
    report.keep_facts("adafm-text-params", {**shares, "filters": 64 * layers})
    frame = pd.DataFrame(rows).set_index("filter")
    report.save_table("adafm-text-params", frame)
    return frame


def _weights(net: torch.nn.Module) -> int:
    return sum(p.numel() for p in net.parameters() if p.dim() > 1)
