"""Figures 5 and 7 of AdaFM: convergence, and the best coefficient for every level."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.evaluation.measure import Setting, fit_curve
from lib.papers.adafm.claims import CLAIMS
from lib.papers.adafm.subjects import DENOISING, JPEG, KERNELS, SR, Subject
from lib.papers.auto import keep_for_auto
from lib.papers.common import Cell, Drawing, Report, Verdict, mean
from lib.papers.pictures import sentence
from lib.recipes import Scale
from lib.training.networks import INPUT

SCALES = ("paper", "compact")
COLUMNS = {"paper": "paper scale", "compact": "compact", "this_run": "this run"}
COLOURS = {"printed": "0.35", "paper": "C0", "compact": "C1", "this_run": "C2"}
BOUND = 0.2  # dB, up to which the paper calls a distance good
SETTLED = 0.25  # of the training steps: "from early on"
NOISE_LEVELS = (15, 25, 35, 45, 50, 60, 75)
WIDE_QUALITIES = (80, 70, 60, 50, 40, 30, 20, 10)
SHORT_QUALITIES = (80, 70, 60, 50, 40)
FACTORS = ((2, 3), (3, 4), (4, 5), (5, 6))
BETWEEN = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True)
class Curve:
    """The best coefficient of one network at several levels, and how far a dedicated network is.

    knobs: column of a table ("printed", "paper", "compact", "this_run") -> one coefficient per level.
    """

    network: str
    subject: Subject
    levels: tuple[float, ...]
    order: int  # of the polynomial
    knobs: dict[str, np.ndarray]
    cells: dict[float, Cell]
    distances: dict[float, Cell]

    def fit(self, column: str) -> np.polynomial.Polynomial:
        return fit_curve(np.array(self.levels), self.knobs[column], self.order)

    def residual(self, scale: Scale) -> float:
        return float(np.abs(self.fit(scale)(np.array(self.levels)) - self.knobs[scale]).max())

    def text(self, scale: Scale) -> str:
        points = zip(self.levels, self.knobs[scale], strict=True)
        return ", ".join(f"{level:g}: {knob:.2f}" for level, knob in points)


def fig5(report: Report) -> Drawing:
    """PSNR while the filters of x3->x4 are trained, by filter size: RGB, and Y."""
    curves = {scale: _convergence(report, scale) for scale in SCALES}

    def lower(scale: Scale) -> Verdict:
        curve = curves[scale]
        if curve is None:
            return None
        psnr = curve.pivot(index="step", columns="k", values="validation_psnr_y")
        late = psnr[psnr.index >= SETTLED * psnr.index.max()]
        gap = (late[[5, 7]].min(axis=1) - late[1]).min()
        last = psnr.iloc[-1]
        ends = ", ".join(f"{k}x{k}: {last[k]:.2f}" for k in KERNELS)
        return bool(gap > 0.3), f"at the end {ends} dB; 1x1 below by at least {gap:.2f} dB"

    report.judge(CLAIMS["1x1 converges lower"], lower)
    return report.save_figure("adafm-fig5", _convergence_figure(report.scale, curves.get(report.scale)))


def _convergence(report: Report, scale: Scale) -> pd.DataFrame | None:
    """What the trainings logged, all filter sizes below one another; None where one is missing."""
    curves = {k: report.training_curve(SR.stage(3, 4, k), scale) for k in KERNELS}
    if any(curve is None for curve in curves.values()):
        return None
    return pd.concat(curve.assign(k=k) for k, curve in curves.items())


def _convergence_figure(scale: str, curve: pd.DataFrame | None) -> Figure:
    if curve is None:
        return sentence(f"The networks x3->x4 are not trained at {scale} scale.")
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    columns = {"validation_psnr": "PSNR of RGB (dB)", "validation_psnr_y": "PSNR of Y (dB)"}
    for axes, (column, label) in zip(figure.subplots(1, 2), columns.items(), strict=True):
        for k, own in curve.groupby("k"):
            axes.plot(own["step"], own[column], label=f"{k}x{k}")
        axes.set_xlabel("training step of the AdaFM layers")
        axes.set_ylabel(label)
        axes.grid(alpha=0.3)
    axes.legend(title="filter size", fontsize=8)
    figure.suptitle(f"x3->x4 on {curve['images'].iloc[0]} while training ({scale} scale)", fontsize=11)
    return figure


def fig7(report: Report) -> tuple[Drawing, pd.DataFrame, pd.DataFrame]:
    """Best coefficient against JPEG quality for a wide and a short range, and the distances."""
    item = "adafm-fig7"
    wide = _curve(report, item, JPEG, (80, 10), WIDE_QUALITIES, WIDE_QUALITIES, 3)
    short = _curve(report, item, JPEG, (80, 40), SHORT_QUALITIES, SHORT_QUALITIES, 1)

    def bends(scale: Scale) -> Verdict:
        if scale not in wide.knobs:
            return None
        best, levels = wide.knobs[scale], np.array(wide.levels)
        convex = fit_curve(levels, best, 2).coef[2] > 0
        grows = bool((np.diff(best) > 0).all())
        return (
            bool(convex) and grows and wide.residual(scale) <= 0.05,
            f"{wide.text(scale)}; cubic within {wide.residual(scale):.3f}",
        )

    def straight(scale: Scale) -> Verdict:
        if scale not in short.knobs:
            return None
        return short.residual(scale) <= 0.05, f"{short.text(scale)}; line within {short.residual(scale):.3f}"

    def near(scale: Scale) -> Verdict:
        both = [_distances_at(curve, scale) for curve in (wide, short)]
        if not all(both):
            return None
        text = "; ".join(_listed(distances) for distances in both)
        return all(d <= BOUND for distances in both for d in distances.values()), f"{text} dB"

    def nearer(scale: Scale) -> Verdict:
        both = [_distances_at(curve, scale) for curve in (wide, short)]
        if not all(both):
            return None
        shared = {q: both[0][q] - both[1][q] for q in SHORT_QUALITIES[1:]}
        return all(gain > 0 for gain in shared.values()), f"nearer by {_listed(shared)} dB"

    report.judge(CLAIMS["the wide range follows a curve"], bends)
    report.judge(CLAIMS["the short range follows a line"], straight)
    report.judge(CLAIMS["no quality is far"], near)
    report.judge(CLAIMS["a short range is nearer"], nearer)
    _keep(report, wide)
    inputs = [
        (f"{JPEG.dataset} q{q}", "input (JPEG)", report.cell(item, Setting(INPUT, (), JPEG.on(q))))
        for q in WIDE_QUALITIES
    ]
    return _shown(report, item, [wide, short], "JPEG quality", inputs)


def fig7_denoise(report: Report) -> tuple[Drawing, pd.DataFrame, pd.DataFrame]:
    """The denoising twin of figure 7, which the paper keeps in its supplement."""
    item = "adafm-fig7-denoise"
    curve = _curve(report, item, DENOISING, (15, 75), NOISE_LEVELS, (15, 25, 35, 50, 75), 3)

    def one_curve(scale: Scale) -> Verdict:
        if scale not in curve.knobs:
            return None
        best = curve.knobs[scale]
        middle = [k for s, k in zip(NOISE_LEVELS, best, strict=True) if 25 <= s <= 60]
        inside = min(middle) > 0 and max(middle) < 1
        holds = bool((np.diff(best) > 0).all()) and inside and curve.residual(scale) <= 0.05
        return holds, f"{curve.text(scale)}; cubic within {curve.residual(scale):.3f}"

    def near(scale: Scale) -> Verdict:
        distances = _distances_at(curve, scale)
        if not distances:
            return None
        return all(d <= BOUND for d in distances.values()), f"{_listed(distances)} dB"

    report.judge(CLAIMS["one curve gives the knob (denoising)"], one_curve)
    report.judge(CLAIMS["no noise level is far"], near)
    _keep(report, curve)
    return _shown(report, item, [curve], "noise level sigma (8-bit grey levels)")


def fig7_sr(report: Report) -> tuple[Drawing, pd.DataFrame, pd.DataFrame]:
    """The super-resolution twin: factors from 2 to 6, a network for each step of one."""
    item = "adafm-fig7-sr"
    curves = []
    for start, end in FACTORS:
        levels = tuple(round(start + share * (end - start), 1) for share in BETWEEN)
        curves.append(_curve(report, item, SR, (start, end), levels, (start, end), 1))

    def a_line(scale: Scale) -> Verdict:
        curve = curves[FACTORS.index((3, 4))]
        if scale not in curve.knobs:
            return None
        grows = bool((np.diff(curve.knobs[scale]) >= 0).all())
        text = f"{curve.text(scale)}; line within {curve.residual(scale):.3f}"
        return grows and curve.residual(scale) <= 0.1, text

    report.judge(CLAIMS["one curve gives the knob (super-resolution)"], a_line)
    for curve in curves:
        _keep(report, curve)
    return _shown(report, item, curves, "factor")


def _curve(
    report: Report,
    item: str,
    subject: Subject,
    ends: tuple[int, int],
    levels: Sequence[float],
    dedicated: Sequence[int],
    order: int,
) -> Curve:
    network = subject.stage(*ends)
    method = f"AdaFM-Net {subject.range(*ends)}"
    cells, knobs, distances = {}, {}, {}
    for level in levels:
        protocol, written = subject.on(level), subject.level(level)
        cells[level], knobs[level] = report.best(item, Setting(network, (), protocol), (method, written))
        printed = report.printed_value(item, subject.dataset, method, written, "best_lambda")
        if printed is not None:
            knobs[level]["printed"] = printed
        if level in dedicated:
            own = report.cell(item, Setting(subject.basic(level), (), protocol), ("baseline", written))
            far = report.printed_value(item, subject.dataset, method, written, "psnr_distance")
            distances[level] = replace(own - cells[level], printed=far)
    complete = set.intersection(*(set(k) for k in knobs.values()))
    columns = {c: np.array([knobs[level][c] for level in levels]) for c in COLOURS if c in complete}
    return Curve(network, subject, tuple(levels), order, columns, cells, distances)


def _keep(report: Report, curve: Curve) -> None:
    if report.record and "this_run" in curve.knobs:
        name, knobs = curve.subject.measure, curve.knobs["this_run"]
        keep_for_auto(report, curve.network, name, curve.levels, knobs, curve.order)


def _distances_at(curve: Curve, scale: Scale) -> dict[float, float] | None:
    """Level -> dB below the dedicated network; None where one is missing."""
    scores = {level: cell.at(scale) for level, cell in curve.distances.items()}
    return {level: mean(s) for level, s in scores.items()} if all(scores.values()) else None


def _listed(values: dict[float, float]) -> str:
    return ", ".join(f"{level:g}: {value:.2f}" for level, value in values.items())


def _shown(
    report: Report,
    item: str,
    curves: list[Curve],
    axis: str,
    inputs: Sequence[tuple[str, str, Cell]] = (),
) -> tuple[Drawing, pd.DataFrame, pd.DataFrame]:
    """Figure, best coefficients, PSNR with distances."""
    coefs, rows = [], list(inputs)
    for curve in curves:
        for i, level in enumerate(curve.levels):
            found = {
                COLUMNS.get(c, c): f"{curve.knobs[c][i]:.2f}" if c in curve.knobs else "" for c in COLOURS
            }
            coefs.append({"network": curve.network, "level": curve.subject.level(level), **found})
        line = f"{curve.network} {{}}".format
        rows += [(line(curve.subject.level(s)), "best coef", cell) for s, cell in curve.cells.items()]
        rows += [(line(curve.subject.level(s)), "distance", cell) for s, cell in curve.distances.items()]
    knobs = pd.DataFrame(coefs).set_index(["network", "level"])
    report.save_table(f"{item}-knobs", knobs)
    return report.save_figure(item, _figure(curves, axis)), knobs, report.table(item, rows)


def _figure(curves: list[Curve], axis: str) -> Figure:
    """Above: best coefficients with their fits. Below: distances to dedicated networks."""
    figure = Figure(figsize=(max(6.4, 3.6 * len(curves)), 6), layout="constrained")
    grid = figure.subplots(2, len(curves), height_ratios=[3, 2], sharex="col", sharey="row", squeeze=False)
    for (top, bottom), curve in zip(grid.T, curves, strict=True):
        _draw_knobs(top, curve)
        _draw_distances(bottom, curve)
        bottom.set_xlabel(axis)
        if curve.subject is JPEG:
            bottom.invert_xaxis()
    grid[0, 0].set_ylabel("best coefficient")
    grid[1, 0].set_ylabel("distance to a dedicated\nnetwork (dB)")
    for axes in grid[:, 0]:
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8)
    return figure


def _draw_knobs(axes: Axes, curve: Curve) -> None:
    markers = {"printed": "^", "paper": "o", "compact": "s", "this_run": "x"}
    fine = np.linspace(min(curve.levels), max(curve.levels), 200)
    for column, best in curve.knobs.items():
        colour = COLOURS[column]
        label = f"{COLUMNS.get(column, column)}, fit of order {curve.order}"
        axes.plot(curve.levels, best, markers[column], color=colour, label=label)
        axes.plot(fine, curve.fit(column)(fine), color=colour, lw=1)
    axes.set_title(curve.network, fontsize=9)
    axes.grid(alpha=0.3)


def _draw_distances(axes: Axes, curve: Curve) -> None:
    span = max(curve.levels) - min(curve.levels)
    width = span / 45
    shown = {}
    for column in COLOURS:
        scores = {level: getattr(cell, column) for level, cell in curve.distances.items()}
        if column == "printed":
            values = {level: value for level, value in scores.items() if value is not None}
        else:
            values = {level: mean(s) for level, s in scores.items() if s}
        if values:
            shown[column] = values
    for i, (column, values) in enumerate(shown.items()):
        at = np.array(list(values)) + (i - (len(shown) - 1) / 2) * width
        axes.bar(at, list(values.values()), width, color=COLOURS[column], label=COLUMNS.get(column, column))
    axes.axhline(BOUND, color="0.4", lw=1, ls="--", label=f"{BOUND} dB, the paper's bound")
    axes.grid(alpha=0.3)
