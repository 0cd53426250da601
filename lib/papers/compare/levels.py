"""PSNR of every network at every level, at each position of its knob and at Auto: how good, how forgiving."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.evaluation.knob_curves import read_curve
from lib.evaluation.measure import Setting
from lib.papers.auto import keep_for_auto
from lib.papers.cells import Cell
from lib.papers.cfsnet.curves import AGAIN
from lib.papers.compare.subjects import JPEG, NOISE, Contest, Rival
from lib.papers.report import Report
from lib.papers.scores import mean, with_interval
from lib.papers.shown import Parts, together
from lib.papers.variants import AT_AUTO
from lib.training.networks import INPUT

ORDER = 3  # of Auto's curves


@dataclass(frozen=True)
class Grid:
    """Cells of every rival by level and position of its knob, those of the degraded images, and of every
    rival at Auto where it has a curve."""

    contest: Contest
    cells: dict[tuple[str, float, float | None], Cell]
    inputs: dict[float, Cell]
    at_auto: dict[tuple[str, float], Cell] = field(default_factory=dict)

    def best(self, rival: Rival, level: float, scale: str) -> tuple[float | None, Cell] | None:
        """Return the position with the highest mean PSNR, of a network that is told the true one, and its
        cell; None where one is not measured."""
        found = {p: self.cells[rival.title, level, p] for p in rival.own(level)}
        if not all(cell.at(scale) for cell in found.values()):
            return None
        return max(found.items(), key=lambda pair: mean(pair[1].at(scale)))


def denoise(report: Report) -> Parts:
    """Return every network at its best on colour noise from sigma 5 to 75, and what a wrong knob costs."""
    return _shown(report, NOISE)


def dejpeg(report: Report) -> Parts:
    """Return every network at its best on JPEG quality 5 to 90, and what a wrong knob costs."""
    return _shown(report, JPEG)


def _shown(report: Report, contest: Contest) -> Parts:
    grid = measured(report, contest)
    if report.record:
        report.keep()
        grid = measured(report, contest)  # from the rows that are stored now
        for rival in contest.rivals:
            if rival.curve:
                _keep(report, grid, rival)
    grid = with_auto(report, grid)
    at_best = report.save_figure(contest.item, _level_figure(report, grid))
    wrong = report.save_figure(f"{contest.item}-wrong", _wrong_figure(report, grid))
    return together(at_best, wrong, _table(report, grid))


def measured(report: Report, contest: Contest, *, live: bool = True) -> Grid:
    """Return the cells of a contest, none yet at Auto.

    live: False where a notebook has measured the contest's live levels again already, at few positions.
    """
    cells = {
        (rival.title, level, position): report.cell(
            contest.item,
            contest.setting(rival, level, position),
            live=live and level in contest.live and position in (None, level, *AGAIN),
        )
        for rival in contest.rivals
        for level in contest.levels
        for position in rival.positions
    }
    inputs = {
        s: report.cell(contest.item, Setting(INPUT, (), contest.on(s)), live=live) for s in contest.levels
    }
    return Grid(contest, cells, inputs)


def with_auto(report: Report, grid: Grid, *, live: bool = True) -> Grid:
    """Return the same with the cells at Auto."""
    at_auto = {
        (rival.title, level): report.cell(
            grid.contest.item,
            Setting(f"{rival.network}{AT_AUTO}", (), grid.contest.on(level)),
            live=live and level in grid.contest.live,
        )
        for rival in grid.contest.rivals
        if rival.auto and (rival.knob == "told" or read_curve(rival.network, report.scale))
        for level in grid.contest.levels
    }
    return replace(grid, at_auto=at_auto)


def summit(grid: Grid, rival: Rival, level: float, scale: str) -> float | None:
    """Return the best position of a knob between those that were tried, at the top of the parabola through
    three; None where the best of them ends the reach, or where one is not measured."""
    best = grid.best(rival, level, scale)
    if best is None or best[0] in (rival.positions[0], rival.positions[-1]):
        return None
    at = rival.positions.index(best[0])
    three = rival.positions[at - 1 : at + 2]
    values = [mean(grid.cells[rival.title, level, position].at(scale)) for position in three]
    curvature, slope, _ = np.polyfit(three, values, 2)
    return -slope / (2 * curvature)


def _keep(report: Report, grid: Grid, rival: Rival) -> None:
    """Of the levels whose best position is inside the reach."""
    found = {level: summit(grid, rival, level, report.scale) for level in grid.contest.levels}
    inside = {level: knob for level, knob in found.items() if knob is not None}
    if len(inside) > ORDER:
        keep_for_auto(report, rival.network, grid.contest.measure, list(inside), list(inside.values()), ORDER)


def losses(grid: Grid, rival: Rival, scale: str) -> np.ndarray | None:
    """Return dB lost at the level of the row with the knob that is best at the level of the column; None of a
    network that has none, or where one is not measured."""
    best = {level: grid.best(rival, level, scale) for level in grid.contest.levels}
    if rival.positions == (None,) or None in best.values():
        return None

    def at(level: float, position: float) -> float:
        return mean(grid.cells[rival.title, level, position].at(scale))

    positions = [position for position, _ in best.values()]
    return np.array(
        [[at(level, own) - at(level, other) for other in positions]
         for level, own in zip(best, positions, strict=True)]
    )  # fmt: skip


def _level_figure(report: Report, grid: Grid) -> Figure:
    """Gains over the degraded image: absolute values would hide them."""
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    gains, knobs = figure.subplots(1, 2)
    for rival in grid.contest.rivals:
        points = {level: grid.best(rival, level, report.scale) for level in grid.contest.levels}
        there = {s: point for s, point in points.items() if point and grid.inputs[s].at(report.scale)}
        over = [mean((cell - grid.inputs[level]).at(report.scale)) for level, (_, cell) in there.items()]
        style = {"color": rival.colour, "marker": ".", "ls": "-" if rival.knob == "turned" else "--"}
        if there:
            gains.plot(list(there), over, label=f"{rival.title} ({rival.knob})", **style)
        if there and rival.knob == "turned":
            knobs.plot(list(there), [position for position, _ in there.values()], **style)
        auto = {s: _over_input(grid, rival, s, report.scale) for s in grid.contest.levels}
        known = {s: gain for s, gain in auto.items() if gain is not None}
        if known:
            label = f"{rival.title} at Auto"
            gains.plot(list(known), list(known.values()), color=rival.colour, ls=":", marker="x", label=label)
    gains.set_ylabel("PSNR above the degraded image (dB)")
    knobs.set_ylabel("best position of the knob")
    for axes in (gains, knobs):
        axes.set_xlabel(grid.contest.axis)
        axes.grid(alpha=0.3)
        for level in grid.contest.trained:
            axes.axvline(level, color="0.9", zorder=0)
    if gains.get_legend_handles_labels()[0]:
        gains.legend(fontsize=8)
    else:
        missing(report, gains)
    dataset = grid.contest.on(grid.contest.levels[0]).dataset
    title = f"{dataset}, our networks at {report.scale} scale; grey lines: levels of training"
    figure.suptitle(title, fontsize=10)
    return figure


def _over_input(grid: Grid, rival: Rival, level: float, scale: str) -> float | None:
    """Return what a network gains at Auto."""
    cell = grid.at_auto.get((rival.title, level))
    scores = (cell - grid.inputs[level]).at(scale) if cell else None
    return mean(scores) if scores else None


def missing(report: Report, axes: Axes) -> None:
    """Says in empty axes why they are."""
    text = f"not measured at {report.scale} scale"
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes, color="0.4")


def _wrong_figure(report: Report, grid: Grid) -> Figure:
    found = {rival.title: losses(grid, rival, report.scale) for rival in grid.contest.rivals}
    known = {title: values for title, values in found.items() if values is not None}
    if not known:
        figure = Figure(figsize=(7, 0.6))
        figure.text(0.02, 0.5, f"No network with a knob is measured at {report.scale} scale.", va="center")
        return figure
    figure = Figure(figsize=(4.6 * len(known), 4.4), layout="constrained")
    grids = figure.subplots(1, len(known), squeeze=False)[0]
    for axes, (title, values) in zip(grids, known.items(), strict=True):
        _draw_losses(axes, grid.contest, title, values)
    figure.suptitle("dB lost with the knob set for another level", fontsize=11)
    return figure


def _draw_losses(axes: Axes, contest: Contest, title: str, values: np.ndarray) -> None:
    axes.imshow(values, cmap="magma_r", vmin=0, vmax=6)
    for (row, column), value in np.ndenumerate(values):
        colour = "white" if value > 3 else "black"
        axes.text(column, row, f"{value:.1f}", ha="center", va="center", color=colour, fontsize=7)
    ticks = range(len(contest.levels))
    axes.set_xticks(ticks, [f"{level:g}" for level in contest.levels], fontsize=8)
    axes.set_yticks(ticks, [f"{level:g}" for level in contest.levels], fontsize=8)
    axes.set_xlabel("level that the knob is set for")
    axes.set_ylabel("level of the image")
    axes.set_title(title, fontsize=10)


def _table(report: Report, grid: Grid) -> pd.DataFrame:
    """Return mean PSNR with its interval over images, at the best position of each knob."""
    rows = []
    for level in grid.contest.levels:
        inputs = grid.inputs[level].at(report.scale)
        row = {"level": f"{level:g}", "degraded": with_interval(inputs) if inputs else "-"}
        for rival in grid.contest.rivals:
            found = grid.best(rival, level, report.scale)
            row[rival.title] = (
                "-"
                if found is None
                else with_interval(found[1].at(report.scale))
                + (f" at {found[0]:g}" if rival.knob == "turned" else "")
            )
            if (rival.title, level) in grid.at_auto:
                scores = grid.at_auto[rival.title, level].at(report.scale)
                row[f"{rival.title} at Auto"] = with_interval(scores) if scores else "-"
        rows.append(row)
    frame = pd.DataFrame(rows).set_index("level")
    report.save_table(grid.contest.item, frame)
    return frame
