"""Figures 5 and 7 of AdaFM: convergence, and the best coefficient for every level."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.evaluation.measure import Setting, fit_curve
from lib.papers.adafm.subjects import (
    BETWEEN,
    DENOISING,
    JPEG,
    KERNELS,
    NOISE_LEVELS,
    SHORT_QUALITIES,
    SR,
    WIDE_QUALITIES,
    Subject,
)
from lib.papers.auto import keep_for_auto
from lib.papers.cells import Cell
from lib.papers.pictures import sentence
from lib.papers.report import Report
from lib.papers.scores import mean
from lib.papers.shown import Drawing, Parts, together
from lib.papers.tables import METHODS_DOWN, Line, Row
from lib.training.networks import INPUT

COLUMNS = {"paper": "paper scale", "compact": "compact", "this_run": "this run"}
COLOURS = {"printed": "0.35", "paper": "C0", "compact": "C1", "this_run": "C2"}
BOUND = 0.2  # dB, up to which the paper calls a distance good
FACTORS = ((2, 3), (3, 4), (4, 5), (5, 6))
CUBIC = "lambda = w0 + w1 L + w2 L^2 + w3 L^3, L = JPEG quality"  # as it is printed


@dataclass(frozen=True)
class Curve:
    """The best coefficient of one network at several levels, and how far a dedicated network is.

    knobs: column of a table ("printed", "paper", "compact", "this_run") -> one coefficient per level.
    in_print: the polynomial that the paper prints; None where it prints none.
    """

    network: str
    subject: Subject
    levels: tuple[float, ...]
    order: int  # of the polynomial
    knobs: dict[str, np.ndarray]
    cells: dict[float, Cell]
    dedicated: dict[float, Cell]
    distances: dict[float, Cell]
    in_print: np.polynomial.Polynomial | None = None

    def fit(self, column: str) -> np.polynomial.Polynomial:
        if column == "printed" and self.in_print:
            return self.in_print
        return fit_curve(np.array(self.levels), self.knobs[column], self.order)

    def label(self, column: str) -> str:
        """Return what its points and the line through them are."""
        line = "the cubic of the text" if column == "printed" and self.in_print else f"order {self.order}"
        return f"{COLUMNS.get(column, column)}, {line}"


def fig5(report: Report) -> Drawing:
    """PSNR while the filters of x3->x4 are trained, by filter size: RGB, and Y."""
    return report.save_figure("adafm-fig5", _convergence_figure(report.scale, _convergence(report)))


def _convergence(report: Report) -> pd.DataFrame | None:
    """What the trainings logged, all filter sizes below one another; None where one is missing."""
    curves = {k: report.training_curve(SR.stage(3, 4, k), report.scale) for k in KERNELS}
    if any(curve is None or curve.empty for curve in curves.values()):
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


def fig7(report: Report) -> Parts:
    """Best coefficient against JPEG quality for a wide and a short range, and the distances."""
    item = "adafm-fig7"
    wide = _curve(report, item, JPEG, (80, 10), WIDE_QUALITIES, WIDE_QUALITIES, 3)
    short = _curve(report, item, JPEG, (80, 40), SHORT_QUALITIES, SHORT_QUALITIES, 1)

    _keep(report, wide)
    inputs = [
        (Line(JPEG.dataset, f"q{q}"), "input (JPEG)", report.cell(item, Setting(INPUT, (), JPEG.on(q))))
        for q in WIDE_QUALITIES
    ]
    return _shown(report, item, [wide, short], "JPEG quality", inputs)


def fig7_denoise(report: Report) -> Parts:
    """The denoising twin of figure 7, which the paper keeps in its supplement."""
    item = "adafm-fig7-denoise"
    curve = _curve(report, item, DENOISING, (15, 75), NOISE_LEVELS, (15, 25, 35, 50, 75), 3)

    _keep(report, curve)
    return _shown(report, item, [curve], "noise level sigma (8-bit grey levels)")


def fig7_sr(report: Report) -> Parts:
    """The super-resolution twin: factors from 2 to 6, a network for each step of one."""
    item = "adafm-fig7-sr"
    curves = []
    for start, end in FACTORS:
        levels = tuple(round(start + share * (end - start), 1) for share in BETWEEN)
        curves.append(_curve(report, item, SR, (start, end), levels, (start, end), 1))

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
    cells, knobs, trained, distances = {}, {}, {}, {}
    for level in levels:
        protocol, written = subject.on(level), subject.level(level)
        cells[level], knobs[level] = report.best(item, Setting(network, (), protocol), (method, written))
        printed = report.printed_value(item, subject.dataset, method, written, "best_lambda")
        if level in ends:  # 0 at the start and 1 at the end, as the paper defines them
            knobs[level] = dict.fromkeys(knobs[level], float(ends.index(level)))
        if printed is not None:
            knobs[level]["printed"] = printed
        if level in dedicated:
            own = report.cell(item, Setting(subject.basic(level), (), protocol), ("baseline", written))
            trained[level] = own
            far = report.printed_value(item, subject.dataset, method, written, "psnr_distance")
            distances[level] = replace(own - cells[level], printed=far)
    complete = set.intersection(*(set(k) for k in knobs.values()))
    columns = {c: np.array([knobs[level][c] for level in levels]) for c in COLOURS if c in complete}
    printed_fit = _printed_fit(report, item, subject, ends)
    return Curve(network, subject, tuple(levels), order, columns, cells, trained, distances, printed_fit)


def _printed_fit(
    report: Report, item: str, subject: Subject, ends: tuple[int, int]
) -> np.polynomial.Polynomial | None:
    method = f"cubic fit {subject.range(*ends)}"
    weights = [
        report.printed_value(item, subject.dataset, method, CUBIC, f"coefficient_w{power}")
        for power in range(4)
    ]
    return None if None in weights else np.polynomial.Polynomial(weights)


def _keep(report: Report, curve: Curve) -> None:
    if report.record and "this_run" in curve.knobs:
        name, knobs = curve.subject.measure, curve.knobs["this_run"]
        keep_for_auto(report, curve.network, name, curve.levels, knobs, curve.order)


def _shown(
    report: Report,
    item: str,
    curves: list[Curve],
    axis: str,
    inputs: Sequence[Row] = (),
) -> Parts:
    """Figure, best coefficients, PSNR with distances."""
    coefs, rows = [], list(inputs)
    for curve in curves:
        for i, level in enumerate(curve.levels):
            found = {
                COLUMNS.get(c, c): f"{curve.knobs[c][i]:.2f}" if c in curve.knobs else "" for c in COLOURS
            }
            coefs.append({"network": curve.network, "level": curve.subject.level(level), **found})
        for title, cells in (("best coef", curve.cells), ("distance", curve.distances)):
            rows += [
                (Line(curve.subject.dataset, curve.subject.level(s)), f"{curve.network}, {title}", cell)
                for s, cell in cells.items()
            ]
    knobs = pd.DataFrame(coefs).set_index(["network", "level"])
    knobs = knobs.loc[:, (knobs != "").any()]
    report.save_table(f"{item}-knobs", knobs)
    return together(
        report.save_figure(item, _figure(curves, axis)), knobs, report.table(item, rows, METHODS_DOWN)
    )


def _figure(curves: list[Curve], axis: str) -> Figure:
    """Above: best coefficients with their fits. Below: PSNR beside dedicated networks, and distances."""
    figure = Figure(figsize=(max(6.4, 4.2 * len(curves)), 8.4), layout="constrained")
    rows = {"height_ratios": [3, 2, 2], "sharex": "col", "sharey": "row"}
    grid = figure.subplots(3, len(curves), squeeze=False, **rows)
    for (top, middle, bottom), curve in zip(grid.T, curves, strict=True):
        _draw_knobs(top, curve)
        _draw_psnr(middle, curve)
        _draw_distances(bottom, curve)
        bottom.set_xlabel(axis)
        if curve.subject is JPEG:
            bottom.invert_xaxis()
    shown = [mean(s) for c in curves for cell in (*c.cells.values(), *c.dedicated.values())
             for s in (cell.paper, cell.compact) if s]  # fmt: skip
    if shown:
        grid[1, 0].set_ylim(min(shown) - 1, max(shown) + 2)
    grid[0, 0].set_ylabel("best coefficient")
    grid[1, 0].set_ylabel("PSNR (dB), and distance\nabove each pair")
    grid[2, 0].set_ylabel("distance to a dedicated\nnetwork (dB)")
    for axes in (*grid[0], *grid[1:, 0]):
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=9)
    return figure


def _draw_knobs(axes: Axes, curve: Curve) -> None:
    markers = {"printed": "^", "paper": "o", "compact": "s", "this_run": "x"}
    fine = np.linspace(min(curve.levels), max(curve.levels), 200)
    for column, best in curve.knobs.items():
        colour = COLOURS[column]
        axes.plot(curve.levels, best, markers[column], color=colour, label=curve.label(column))
        axes.plot(fine, curve.fit(column)(fine), color=colour, lw=1)
    axes.set_title(curve.network, fontsize=10)
    axes.grid(alpha=0.3)


def _draw_psnr(axes: Axes, curve: Curve) -> None:
    """Pairs of bars as in the paper, the distance above each: on whole sets, or none."""
    shown = {}
    for column in ("paper", "compact"):
        both = ((own, curve.cells[level]) for level, own in curve.dedicated.items())
        pairs = [tuple(getattr(cell, column) for cell in pair) for pair in both]
        if pairs and all(all(pair) for pair in pairs):
            shown[column] = np.array([[mean(scores) for scores in pair] for pair in pairs])
    width = _width(curve)
    for i, (column, values) in enumerate(shown.items()):
        at = np.array(list(curve.dedicated)) + (2 * i - len(shown) + 1) * 1.5 * width
        colour, title = COLOURS[column], COLUMNS[column]
        axes.bar(at - width / 2, values[:, 0], width, fc="none", ec=colour, label=f"{title}, trained on it")
        axes.bar(at + width / 2, values[:, 1], width, color=colour, label=f"{title}, AdaFM")
        for x, pair in zip(at, values, strict=True):
            axes.text(x, max(pair), f"{abs(pair[0] - pair[1]):.2f}", fontsize=9, ha="center", va="bottom")
    axes.grid(alpha=0.3)


def _draw_distances(axes: Axes, curve: Curve) -> None:
    width = _width(curve)
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


def _width(curve: Curve) -> float:
    """Of a bar."""
    return (max(curve.levels) - min(curve.levels)) / 45
