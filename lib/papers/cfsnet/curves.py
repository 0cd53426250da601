"""PSNR against the control: figure 4, and the curves of the authors' poster."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.evaluation.measure import Setting
from lib.papers.cells import Cell
from lib.papers.cfsnet.subjects import POSTER, SHOWN, SUBJECTS, Subject
from lib.papers.judging import seeded
from lib.papers.report import Report
from lib.papers.scores import mean
from lib.papers.shown import Parts, together
from lib.papers.tables import Axis, Line, Row, Shape
from lib.recipes import Scale
from lib.recipes.common import SEEDS

AGAIN = (0.0, 0.5, 1.0)  # controls that a notebook measures again
COLUMNS = {"paper": "-", "compact": "--"}
BY_CONTROL = Shape((Axis.DATASET, Axis.SETTING, Axis.METHOD), (Axis.METRIC,))
BELOW = 2  # dB below the lowest of CFSNet, where a panel of figure 4 ends
DEPTH = 6  # dB below the lowest peak, where the figure of all levels ends


@dataclass(frozen=True)
class Curve:
    """The mean PSNR of one network on one level, at every control."""

    cells: dict[float, Cell]

    def values(self, scale: Scale) -> dict[float, float] | None:
        scores = {alpha: cell.at(scale) for alpha, cell in self.cells.items()}
        return {alpha: mean(s) for alpha, s in scores.items()} if all(scores.values()) else None

    @property
    def printed(self) -> dict[float, float]:
        return {alpha: cell.printed for alpha, cell in self.cells.items() if cell.printed is not None}


def fig4(report: Report) -> Parts:
    """A level that they were not trained on: CFSNet, CFSNet-SA, and every weight between two networks."""
    item = "cfsnet-fig4"
    curves = {
        subject: {
            title: _curve(report, item, subject, network, subject.unseen, SHOWN)
            for title, network in subject.compared.items()
        }
        for subject in SUBJECTS
    }
    rows = [
        (Line(subject.dataset, subject.written(subject.unseen), f"at {alpha:.1f}"), title, cell)
        for subject, own in curves.items()
        for title, curve in own.items()
        for alpha, cell in curve.cells.items()
    ]
    rows += _own_ends(report, item)
    for subject in SUBJECTS:
        for network in subject.compared.values():
            _again(report, item, subject.curve(network, subject.unseen, SHOWN).values())
    figure = Figure(figsize=(11, 4), layout="constrained")
    for axes, (subject, own) in zip(figure.subplots(1, 2), curves.items(), strict=True):
        for (title, curve), colour in zip(own.items(), ("C3", "C0", "C2"), strict=True):
            _draw(axes, curve, colour, title)
        _focus(axes, own["CFSNet"])
        level = subject.written(subject.unseen)
        _label(axes, f"{subject.title}: {subject.dataset}, {level} (dots: CFSNet of the poster)")
    return together(report.save_figure(item, figure), report.table(item, rows, BY_CONTROL))


def _focus(axes: Axes, curve: Curve) -> None:
    """Show what lies around a curve and its dots: what falls far below them leaves the panel."""
    shown = [*curve.printed.values(), *(v for s in COLUMNS for v in (curve.values(s) or {}).values())]
    if shown:
        axes.set_ylim(min(shown) - BELOW, max(shown) + 0.5)


def _own_ends(report: Report, item: str) -> list[Row]:
    """CFSNet and CFSNet-SA at the level that their tuning branches were trained for."""
    rows = []
    for subject in SUBJECTS:
        for title, setting in subject.own_ends.items():
            line = Line(subject.dataset, subject.written(subject.end), "at 1.0")
            rows.append((line, title, report.cell(item, setting)))
            _again(report, item, [setting])
    return rows


def _again(report: Report, item: str, settings: Iterable[Setting]) -> None:
    """Record the same of networks trained from further seeds; a notebook does not show them."""
    for setting in settings:
        for seed in SEEDS[1:]:
            if another := seeded(setting, seed):
                report.cell(item, another, live=False)


def poster(report: Report) -> Parts:
    """The whole control curve at five levels of either task, in and beyond 0..1, beside the poster's."""
    curves, rows = {}, []
    for subject in SUBJECTS:
        curves[subject] = {
            level: _curve(report, POSTER, subject, subject.tuned, level, subject.grid)
            for level in subject.levels
        }
        for level in subject.fixed:
            report.cell(POSTER, subject.fixed_net(level))
            _again(report, POSTER, [subject.fixed_net(level)])
        for level in subject.levels:
            _again(report, POSTER, subject.curve(subject.tuned, level, subject.grid).values())
        rows += [_optimum(report, subject, level, curve) for level, curve in curves[subject].items()]
    frame = pd.DataFrame(rows).set_index(["set", "level"])
    report.save_table(POSTER, frame)
    return together(report.save_figure(POSTER, _poster_figure(report, curves)), frame)


def _curve(
    report: Report, item: str, subject: Subject, network: str, level: int, grid: Sequence[float]
) -> Curve:
    """Measured again in a notebook at a few controls only; printed where the poster has it, of CFSNet."""
    written, cells = subject.written(level), {}
    for alpha, own in subject.curve(network, level, grid).items():
        at = ("CFSNet", f"{written}; alpha_in={alpha}")
        cell = report.cell(item, own, at, live=alpha in AGAIN)
        dot = report.printed_value(POSTER, subject.dataset, *at) if network == subject.tuned else None
        cells[alpha] = replace(cell, printed=dot)
    return Curve(cells)


def _optimum(report: Report, subject: Subject, level: int, curve: Curve) -> dict[str, str]:
    written = subject.written(level)
    printed = report.printed_value(POSTER, subject.dataset, "CFSNet", written, "best_alpha_in")
    row = {"set": subject.dataset, "level": written, "printed": "" if printed is None else f"{printed:.1f}"}
    for scale, title in (("paper", "paper scale"), ("compact", "compact")):
        values = curve.values(scale)
        best = max(values, key=values.get) if values else None
        row[title] = f"{best:.1f} ({values[best]:.2f} dB)" if values else "not measured"
    return row


def _poster_figure(report: Report, curves: dict[Subject, dict[int, Curve]]) -> Figure:
    figure = Figure(figsize=(12, 4.6), layout="constrained")
    for axes, (subject, own) in zip(figure.subplots(1, 2), curves.items(), strict=True):
        for i, (level, curve) in enumerate(own.items()):
            _draw(axes, curve, f"C{i}", subject.written(level))
        axes.axvspan(0, 1, color="0.95", zorder=0)
        peaks = [max(v.values()) for c in own.values() for s in COLUMNS if (v := c.values(s))]
        if peaks:
            axes.set_ylim(min(peaks) - DEPTH, max(peaks) + 1)
        _label(axes, f"{subject.title}: {subject.dataset} (dots: the poster)")
    return figure


def _draw(axes: Axes, curve: Curve, colour: str, label: str) -> None:
    for scale, style in COLUMNS.items():
        values = curve.values(scale)
        if values:
            axes.plot(values.keys(), values.values(), style, color=colour, label=f"{label}, {scale}")
    if curve.printed:
        axes.plot(curve.printed.keys(), curve.printed.values(), "o", ms=4, color=colour)


def _label(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("alpha_in")
    axes.set_ylabel("PSNR (dB)")
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8)
