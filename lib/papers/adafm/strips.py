"""Figures 1, 2 and 6: the same crop restored by several networks or at several coefficients."""

from dataclasses import replace
from itertools import pairwise

from lib.evaluation.measure import Protocol, Setting
from lib.papers.adafm.subjects import COEFS, DENOISING, JPEG, SR, SUBJECTS, Subject
from lib.papers.pictures import Panel, strips
from lib.papers.report import Report
from lib.papers.scenes import Scene
from lib.papers.shown import Drawing

STEPS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)  # coefficients of figure 6
SIX_ON = {DENOISING: "cbsd68", JPEG: "live1", SR: "set14"}


def fig1(report: Report) -> Drawing:
    """Why a knob is needed: quality 30, restored by networks for quality 80, 30 and 10."""
    item, levels = "adafm-fig1", (80, 30, 10)
    for q in levels:
        report.cell(item, Setting(JPEG.basic(q), (), JPEG.on(30)))
    scene = scene_of(report, JPEG, JPEG.on(30))
    panels = [scene.restored(f"network for quality {q}", JPEG.basic(q), ()) for q in levels]
    title = f"Quality 30, restored by networks for other qualities ({report.scale} scale)"
    return report.save_figure(item, strips([scene.strip(title, [[scene.original, *panels]])]))


def fig2(report: Report) -> Drawing:
    """The tool bar: one image of each task at a level between the ends, at several coefficients."""
    item = "adafm-fig2"
    parts = []
    for subject in SUBJECTS:
        protocol, coefs = subject.on(subject.middle), COEFS[subject]
        for coef in coefs:
            report.cell(item, Setting(subject.wide, (coef,), protocol))
        scene = scene_of(report, subject, protocol)
        panels = [_beside_print(report, subject, scene, coef) for coef in coefs]
        title = (
            f"One network from {subject.level(subject.start)} to {subject.level(subject.end)}, turned on an "
            f"image with {protocol.level.name} ({report.scale} scale)"
        )
        parts.append(scene.strip(title, [[scene.original, *panels]]))
    return report.save_figure(item, strips(parts))


def _beside_print(report: Report, subject: Subject, scene: Scene, coef: float) -> Panel:
    """A panel of figure 2, and what the paper prints there: of an image that it does not name."""
    panel = scene.restored(f"coef {coef:g}", subject.wide, (coef,))
    method = f"AdaFM-Net {subject.range(subject.start, subject.end)}"
    setting = f"input {subject.level(subject.middle)}; lambda={coef:.1f}"
    printed = report.printed_value("adafm-fig2", f"{subject.dataset} (one image)", method, setting)
    if printed is None or panel.picture is None:
        return panel
    return replace(panel, note=f"{panel.note}\n(printed of another: {printed:.2f})")


def fig6(report: Report) -> Drawing:
    """The two rivals of denoising at both levels; then each task between its levels in steps of 0.2."""
    parts, changes = [], {}
    for subject in SUBJECTS:
        scene = scene_of(report, subject, subject.on(subject.middle, SIX_ON[subject]))
        panels = [scene.restored(f"coef {c:g}", subject.wide, (c,)) for c in STEPS]
        if report.available(subject.wide):
            changes |= _changes(subject, panels)
        rows = [_rivals(report), panels] if subject is DENOISING else [panels]
        above = "rivals at both ends (above); " if subject is DENOISING else ""
        title = f"{subject.title}: {above}AdaFM-Net between its levels ({report.scale} scale)"
        parts.append(scene.strip(title, rows))
    report.keep_facts("adafm-fig6", changes)
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


def _changes(subject: Subject, panels: list[Panel]) -> dict[str, float]:
    """Mean change of the image at every step of the coefficient, in grey levels."""
    steps = enumerate(pairwise(panels))
    return {
        f"{subject.title} step {i}": 255 * float((b.picture - a.picture).abs().mean()) for i, (a, b) in steps
    }


def scene_of(report: Report, subject: Subject, protocol: Protocol) -> Scene:
    """The image that figures of this task show."""
    return Scene(report, protocol, subject.example[report.at_hand(protocol)])
