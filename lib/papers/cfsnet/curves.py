"""PSNR against the control: figure 4, and the curves of the authors' poster."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.evaluation.measure import Setting, interval_of
from lib.papers.cfsnet.claims import CLAIMS
from lib.papers.cfsnet.subjects import SUBJECTS, Subject, tenths
from lib.papers.common import Cell, Drawing, Report, Verdict
from lib.papers.gains import surely_above
from lib.papers.scores import Scores, mean, with_interval
from lib.recipes import Scale

POSTER = "cfsnet-poster-curves"
SHOWN = tenths(0, 1)  # of figure 4
AGAIN = (0.0, 0.5, 1.0)  # controls that a notebook measures again
NEAR = 0.15  # dB: a tenth of the control can miss 0.1 dB of a sharp peak
COLUMNS = {"paper": "-", "compact": "--"}
DEPTH = 6  # dB below the lowest peak, where the figure of all levels ends


@dataclass(frozen=True)
class Curve:
    """The mean PSNR of one network on one level, at every control."""

    cells: dict[float, Cell]

    def values(self, scale: Scale) -> dict[float, float] | None:
        scores = {alpha: cell.at(scale) for alpha, cell in self.cells.items()}
        return {alpha: mean(s) for alpha, s in scores.items()} if all(scores.values()) else None

    def per_image(self, scale: Scale) -> np.ndarray | None:
        """(controls, images)."""
        scores = [cell.at(scale) for cell in self.cells.values()]
        return np.array([list(own.values()) for own in scores]) if all(scores) else None

    def best(self, scale: Scale) -> tuple[float, Scores] | None:
        """The control with the highest mean, and its values per image."""
        values = self.values(scale)
        if values is None:
            return None
        alpha = max(values, key=values.get)
        return alpha, self.cells[alpha].at(scale)

    @property
    def printed(self) -> dict[float, float]:
        return {alpha: cell.printed for alpha, cell in self.cells.items() if cell.printed is not None}


def fig4(report: Report) -> tuple[Drawing, pd.DataFrame]:
    """A level that they were not trained on: CFSNet, CFSNet-SA, and every weight between two networks."""
    item = "cfsnet-fig4"
    curves = {}
    for subject in SUBJECTS:
        networks = {"CFSNet": subject.tuned, "CFSNet-SA": subject.scalar, "weights (DNI)": subject.pair}
        curves[subject] = {
            title: curve_of(report, item, subject, network, subject.unseen, SHOWN)
            for title, network in networks.items()
        }
        own = curves[subject]
        report.judge(
            subject.claim("adaptive coefficients beat a scalar"), _above(own["CFSNet"], own["CFSNet-SA"])
        )
        report.judge(
            subject.claim("coupling features beats interpolating weights"),
            _above(own["CFSNet"], own["weights (DNI)"]),
        )
        report.judge(subject.claim("one peak inside"), _one_peak(own["CFSNet"]))
    report.judge(CLAIMS["deblocking is flatter"], _flatter(*(curves[s]["CFSNet"] for s in SUBJECTS)))
    rows = [
        (f"{subject.dataset} {subject.written(subject.unseen)}", f"{title} at {alpha:.1f}", cell)
        for subject, own in curves.items()
        for title, curve in own.items()
        for alpha, cell in curve.cells.items()
    ]
    figure = Figure(figsize=(11, 4), layout="constrained")
    for axes, (subject, own) in zip(figure.subplots(1, 2), curves.items(), strict=True):
        for (title, curve), colour in zip(own.items(), ("C3", "C0", "C2"), strict=True):
            _draw(axes, curve, colour, title)
        _label(axes, f"{subject.title}: {subject.dataset}, {subject.written(subject.unseen)}")
    return report.save_figure(item, figure), report.table(item, rows)


def poster(report: Report) -> tuple[Drawing, pd.DataFrame]:
    """The whole control curve at five levels of either task, in and beyond 0..1, beside the poster's."""
    curves, rows = {}, []
    for subject in SUBJECTS:
        curves[subject] = {
            level: curve_of(report, POSTER, subject, subject.tuned, level, subject.grid)
            for level in subject.levels
        }
        fixed = {
            level: report.cell(POSTER, Setting(subject.main(level), (), subject.on(level)))
            for level in subject.fixed
        }
        report.judge(subject.claim("the optimum moves with the level"), _moves(curves[subject]))
        report.judge(subject.claim("near a network of the level"), _near(curves[subject], fixed))
        rows += [_optimum(report, subject, level, curve) for level, curve in curves[subject].items()]
    frame = pd.DataFrame(rows).set_index(["set", "level"])
    report.save_table(POSTER, frame)
    return report.save_figure(POSTER, _poster_figure(report, curves)), frame


def curve_of(
    report: Report, item: str, subject: Subject, network: str, level: int, grid: Sequence[float]
) -> Curve:
    """Measured again in a notebook at a few controls only; printed where the poster has it."""
    written, cells = subject.written(level), {}
    for alpha in grid:
        setting = Setting(network, (alpha,), subject.on(level))
        cell = report.cell(item, setting, ("CFSNet", f"{written}; alpha_in={alpha}"), live=alpha in AGAIN)
        cells[alpha] = cell
    return Curve(cells)


def _above(ours: Curve, other: Curve) -> Callable[[Scale], Verdict]:
    """Whether the best of one curve is above the best of another."""

    def test(scale: Scale) -> Verdict:
        a, b = ours.best(scale), other.best(scale)
        if not (a and b):
            return None
        gain = _gain(a[1], b[1])
        return surely_above(gain), f"by {with_interval(gain)} dB, at {a[0]:.1f} against {b[0]:.1f}"

    return test


def _gain(ours: Scores, other: Scores) -> Scores:
    return {name: ours[name] - other[name] for name in ours}


def _one_peak(curve: Curve) -> Callable[[Scale], Verdict]:
    """Up to one control inside 0..1 and down from there, and certainly above both ends."""

    def test(scale: Scale) -> Verdict:
        values = curve.values(scale)
        if values is None:
            return None
        steps = np.sign(np.diff(list(values.values())))
        peak, top = curve.best(scale)
        single = bool((np.diff(steps) <= 0).all())
        over = [_gain(top, curve.cells[end].at(scale)) for end in (0.0, 1.0)]
        text = f"{values[peak]:.2f} dB at {peak:.1f}, above 0 and 1 by {', '.join(map(with_interval, over))}"
        return single and all(map(surely_above, over)), text if single else f"several peaks; {text}"

    return test


def _flatter(denoising: Curve, deblocking: Curve) -> Callable[[Scale], Verdict]:
    def test(scale: Scale) -> Verdict:
        both = [curve.per_image(scale) for curve in (deblocking, denoising)]
        if any(values is None for values in both):
            return None
        ends = [interval_of(_swing, values) for values in both]
        shown = (
            f"{_swing(values):.2f} [{low:.2f}, {high:.2f}]"
            for values, (low, high) in zip(both, ends, strict=True)
        )
        return ends[0][1] < ends[1][0], f"{' against '.join(shown)} dB"

    return test


def _swing(values: np.ndarray) -> float:
    """Of the mean over images, (controls, images)."""
    means = values.mean(1)
    return float(means.max() - means.min())


def _moves(curves: dict[int, Curve]) -> Callable[[Scale], Verdict]:
    def test(scale: Scale) -> Verdict:
        best = [curve.best(scale) for curve in curves.values()]
        if None in best:
            return None
        alphas = [alpha for alpha, _ in best]
        text = ", ".join(f"{level}: {alpha:.1f}" for level, alpha in zip(curves, alphas, strict=True))
        return bool((np.diff(alphas) > 0).all()), text

    return test


def _near(curves: dict[int, Curve], fixed: dict[int, Cell]) -> Callable[[Scale], Verdict]:
    def test(scale: Scale) -> Verdict:
        pairs = [(curves[level].best(scale), cell.at(scale)) for level, cell in fixed.items()]
        if not all(best and own for best, own in pairs):
            return None
        far = [{name: own[name] - best[1][name] for name in own} for best, own in pairs]
        listed = ", ".join(f"{level}: {with_interval(f)}" for level, f in zip(fixed, far, strict=True))
        return all(mean(f) <= NEAR for f in far), f"short by {listed} dB"

    return test


def _optimum(report: Report, subject: Subject, level: int, curve: Curve) -> dict[str, str]:
    written = subject.written(level)
    printed = report.printed_value(POSTER, subject.dataset, "CFSNet", written, "best_alpha_in")
    row = {"set": subject.dataset, "level": written, "printed": "" if printed is None else f"{printed:.1f}"}
    for scale, title in (("paper", "paper scale"), ("compact", "compact")):
        best = curve.best(scale)
        row[title] = f"{best[0]:.1f} ({mean(best[1]):.2f} dB)" if best else "not measured"
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
        axes.plot(curve.printed.keys(), curve.printed.values(), ".", color=colour)


def _label(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("alpha_in")
    axes.set_ylabel("PSNR (dB)")
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=7)
