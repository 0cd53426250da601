"""Figures 1, 2 and 6: the same crop restored by several networks or at several coefficients."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from lib.evaluation.measure import Protocol, Setting
from lib.papers.adafm.claims import CLAIMS
from lib.papers.adafm.subjects import DENOISING, JPEG, SR, SUBJECTS, Subject
from lib.papers.common import Drawing, Report, Verdict, mean, with_interval
from lib.papers.pictures import Panel, strips
from lib.papers.scenes import Scene
from lib.recipes import Scale

COEFS = {  # of figure 2
    DENOISING: (0.0, 0.25, 0.5, 0.75, 1.0),
    JPEG: (0.0, 0.4, 0.7, 1.0),  # as in the paper
    SR: (0.0, 0.25, 0.5, 0.75, 1.0),
}
STEPS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)  # coefficients of figure 6
SIX_ON = {DENOISING: "cbsd68", JPEG: "live1", SR: "set14"}


def fig1(report: Report) -> Drawing:
    """Why a knob is needed: quality 30, restored by networks for quality 80, 30 and 10."""
    item, levels = "adafm-fig1", (80, 30, 10)
    cells = {q: report.cell(item, Setting(JPEG.basic(q), (), JPEG.on(30))) for q in levels}

    def harms(scale: Scale) -> Verdict:
        losses = [(cells[30] - cells[q]).at(scale) for q in (80, 10)]
        if not all(losses):
            return None
        text = f"short by {with_interval(losses[0])} dB (80) and {with_interval(losses[1])} dB (10)"
        return all(mean(s) > 0 for s in losses), text

    report.judge(CLAIMS["a wrong level does harm"], harms)
    scene = scene_of(report, JPEG, JPEG.on(30))
    panels = [scene.restored(f"network for quality {q}", JPEG.basic(q), ()) for q in levels]
    title = f"Quality 30, restored by networks for other qualities ({report.scale} scale)"
    return report.save_figure(item, strips([scene.strip(title, [[scene.original, *panels]])]))


def fig2(report: Report) -> Drawing:
    """The tool bar: one picture of each task at a level between the ends, at several coefficients."""
    item = "adafm-fig2"
    parts = []
    for subject in SUBJECTS:
        protocol, coefs = subject.on(subject.middle), COEFS[subject]
        cells = [report.cell(item, Setting(subject.wide, (coef,), protocol)) for coef in coefs]
        report.judge(subject.claim("an interior coefficient is best"), _interior(subject, cells))
        scene = scene_of(report, subject, protocol)
        panels = [scene.restored(f"coef {coef:g}", subject.wide, (coef,)) for coef in coefs]
        title = (
            f"One network from {subject.level(subject.start)} to {subject.level(subject.end)}, turned on a "
            f"picture with {protocol.level.name} ({report.scale} scale)"
        )
        parts.append(scene.strip(title, [[scene.original, *panels]]))
    return report.save_figure(item, strips(parts))


def _interior(subject: Subject, cells: list) -> Callable[[Scale], Verdict]:
    least = 0.0 if subject is SR else 0.3  # dB, above either end

    def test(scale: Scale) -> Verdict:
        scores = [cell.at(scale) for cell in cells]
        if not all(scores):
            return None
        values = [mean(s) for s in scores]
        peak = int(np.argmax(values))
        text = ", ".join(f"{c:g}: {v:.2f}" for c, v in zip(COEFS[subject], values, strict=True))
        inside = 0 < peak < len(values) - 1
        return inside and min(values[peak] - values[0], values[peak] - values[-1]) > least, f"{text} dB"

    return test


def fig6(report: Report) -> Drawing:
    """The two rivals of denoising at both levels; then each task between its levels in steps of 0.2."""
    parts = []
    for subject in SUBJECTS:
        scene = scene_of(report, subject, subject.on(subject.middle, SIX_ON[subject]))
        panels = [scene.restored(f"coef {c:g}", subject.wide, (c,)) for c in STEPS]
        report.judge(subject.claim("the effect is smooth"), _smooth(report, subject, panels))
        rows = [_rivals(report), panels] if subject is DENOISING else [panels]
        above = "rivals at both ends (above); " if subject is DENOISING else ""
        title = f"{subject.title}: {above}AdaFM-Net between its levels ({report.scale} scale)"
        parts.append(scene.strip(title, rows))
    return report.save_figure("adafm-fig6", strips(parts))


def _rivals(report: Report) -> list[Panel]:
    panels = []
    for level, coef in ((DENOISING.start, 0.0), (DENOISING.end, 1.0)):
        scene = scene_of(report, DENOISING, DENOISING.on(level))
        networks = {
            "AdaBN": DENOISING.adabn,
            "cond. IN": DENOISING.conditional_in_windows,
            "AdaFM": DENOISING.wide,
        }
        panels += [scene.restored(f"{label}, sigma {level}", n, (coef,)) for label, n in networks.items()]
    return panels


def _smooth(report: Report, subject: Subject, panels: list[Panel]) -> Callable[[Scale], Verdict]:
    changes = [float((b.picture - a.picture).abs().mean()) * 255 for a, b in pairwise(panels)]

    def test(scale: Scale) -> Verdict:
        if scale != report.scale or report.network(subject.wide) is None:
            return None
        text = ", ".join(f"{c:.2f}" for c in changes)
        holds = max(changes) <= 2 * float(np.mean(changes))
        return holds, f"change per step of 0.2: {text} grey levels (one picture)"

    return test


def scene_of(report: Report, subject: Subject, protocol: Protocol) -> Scene:
    """The picture that figures of this task show."""
    return Scene(report, protocol, subject.example[report.at_hand(protocol)])
