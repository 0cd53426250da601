"""Figure 5: super-resolution x4 from the least error to the most natural look, control by control.

The paper has PIRM and its perception index: half of it is NIQE, the other half Ma's score, which takes an
optional package. Where that was not measured, NIQE stands for the whole. RMSE and NIQE as in the challenge.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.evaluation.measure import UNITS, Metric, Setting
from lib.papers.cells import Cell
from lib.papers.cfsnet.curves import AGAIN, COLUMNS
from lib.papers.cfsnet.subjects import NETWORKS, PLANE, SETS, SHOWN, enlarging, look
from lib.papers.measuring import SLOW
from lib.papers.pictures import sentence
from lib.papers.report import Report
from lib.papers.scores import Scores, mean
from lib.papers.shown import Parts, together
from lib.recipes import Scale
from lib.recipes.cfsnet import FACTOR

BICUBIC = "bicubic"
COLOURS = dict(zip(NETWORKS, ("C0", "C1"), strict=True))
METRICS: dict[Metric, str] = {"mse": "RMSE", "niqe": "NIQE", "ma": "Ma", "lpips": "LPIPS", "dists": "DISTS"}

Cells = dict[Metric, Cell]


@dataclass(frozen=True)
class Trade:
    """One network on one set, control by control."""

    cells: dict[float, Cells]

    def means(self, scale: Scale) -> tuple[str, np.ndarray, np.ndarray] | None:
        """Return by what the look is judged, and RMSE and look by control; None where not measured."""
        error, niqe, ma = (self._by(metric, scale) for metric in ("mse", "niqe", "ma"))
        if error is None or niqe is None:
            return None
        name, judged = look(niqe, ma)
        return name, np.sqrt(error), judged

    def _by(self, metric: Metric, scale: Scale) -> np.ndarray | None:
        """The mean over images at every control."""
        found = [cells[metric].at(scale) for cells in self.cells.values()]
        return np.array([mean(scores) for scores in found]) if all(found) else None


Trades = dict[tuple[str, str], Trade]  # by set and network


def fig5(report: Report) -> Parts:
    """The plane of error and look for CFSNet, and for every weight moved between two networks."""
    trades = {
        (dataset, title): Trade({alpha: _cells(report, dataset, network, alpha) for alpha in SHOWN})
        for dataset in SETS
        for title, network in NETWORKS.items()
    }
    bicubic = {dataset: _bicubic(report, dataset) for dataset in SETS}
    frame = _table(trades, bicubic)
    report.save_table(PLANE, frame)
    return together(report.save_figure(PLANE, _figure(trades, bicubic)), frame)


def _cells(report: Report, dataset: str, network: str, alpha: float) -> Cells:
    """By every metric; by DISTS, which takes seconds an image, at some of the controls."""
    setting = Setting(network, (alpha,), enlarging(dataset))
    metrics = [metric for metric in METRICS if metric not in SLOW or alpha in AGAIN]
    return report.cells(PLANE, setting, metrics, live=alpha in AGAIN)


def _bicubic(report: Report, dataset: str) -> Cells:
    setting = Setting(f"bicubic x{FACTOR}", (), enlarging(dataset))
    return report.cells(PLANE, setting, tuple(METRICS))


def _table(trades: Trades, bicubic: dict[str, Cells]) -> pd.DataFrame:
    rows = []
    for dataset, title in _there(trades, bicubic).items():
        lines = {(BICUBIC, ""): bicubic[dataset]}
        for network in NETWORKS:
            own = trades[dataset, network].cells
            lines |= {(network, f"{alpha:.1f}"): cells for alpha, cells in own.items()}
        for (network, alpha), cells in lines.items():
            shown = {
                f"{METRICS[metric]}, {column.replace('_', ' ')}": _shown(metric, cell, column)
                for metric, cell in cells.items()
                if metric != "ma" or cell.compact or cell.paper or cell.this_run
                for column in (*COLUMNS, "this_run")
            }
            rows.append({"set": title, "network": network, "control": alpha, **shown})
    frame = pd.DataFrame(rows).set_index(["set", "network", "control"]).fillna("")
    return frame.loc[:, (frame != "").any()]


def _there(trades: Trades, bicubic: dict[str, Cells]) -> dict[str, str]:
    """The sets on which anything is known, with their titles."""
    cells = [(dataset, own["mse"]) for dataset, own in bicubic.items()]
    cells += [(dataset, own["mse"]) for (dataset, _), trade in trades.items() for own in trade.cells.values()]
    known = {dataset for dataset, cell in cells if cell.compact or cell.paper or cell.this_run}
    return {dataset: title for dataset, title in SETS.items() if dataset in known}


def _shown(metric: Metric, cell: Cell, column: str) -> str:
    scores = getattr(cell, column)
    if not scores:
        return ""
    star = " *" if cell.stand_in and column == "this_run" else ""
    return f"{_value(metric, scores):.{3 if UNITS[metric] == 'distance' else 2}f}{star}"


def _value(metric: Metric, scores: Scores) -> float:
    return mean(scores) ** (0.5 if metric == "mse" else 1)


def _figure(trades: Trades, bicubic: dict[str, Cells]) -> Figure:
    there = _there(trades, bicubic)
    if not there:
        return sentence("Neither measured nor trained.")
    figure = Figure(figsize=(3.5 * len(there), 3.8), layout="constrained")
    panels = figure.subplots(1, len(there), squeeze=False)[0]
    for axes, (dataset, title) in zip(panels, there.items(), strict=True):
        looks = [_draw(axes, trades[dataset, network], network) for network in NETWORKS]
        point = Trade({0.0: bicubic[dataset]})
        if means := point.means("compact"):
            name, rmse, judged = means
            axes.plot(rmse, judged, "kx", label=BICUBIC)
            looks.append({name})
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("RMSE (grey levels of Y)")
        axes.set_ylabel(" and ".join(sorted(set.union(*looks))))
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=7)
    return figure


def _draw(axes: Axes, trade: Trade, network: str) -> set[str]:
    """A line for every scale, the ends of the control written beside it; by what the look is judged."""
    shown = set()
    for scale, style in COLUMNS.items():
        means = trade.means(scale)
        if means is None:
            continue
        name, rmse, judged = means
        axes.plot(rmse, judged, style, marker=".", color=COLOURS[network], label=f"{network}, {scale}")
        for i in (0, -1):
            axes.annotate(f"{list(trade.cells)[i]:g}", (rmse[i], judged[i]), fontsize=7)
        shown.add(name)
    return shown
