"""Figure 5: super-resolution x4 from the least error to the most natural look, control by control.

The paper has PIRM and its perception index: half of it is NIQE, the other half Ma's score, which takes an
optional package. Where that was not measured, NIQE stands for the whole. RMSE and NIQE as in the challenge.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.data import sets
from lib.evaluation.measure import UNITS, Metric, Setting, interval, interval_of
from lib.metrics import pirm
from lib.papers.at_hand import ALONE, PIRM
from lib.papers.cfsnet.claims import CLAIMS
from lib.papers.cfsnet.curves import AGAIN, COLUMNS, SHOWN
from lib.papers.cfsnet.subjects import enlarging
from lib.papers.common import SLOW, Cell, Drawing, Report, Verdict
from lib.papers.scores import Scores, mean
from lib.recipes import Scale
from lib.recipes.cfsnet import FACTOR, SR_TUNED

ITEM = "cfsnet-fig5"
SETS = {PIRM: "PIRM test", "bsds500-val": "BSDS500 val (100)", "set14": "Set14", "set5": "Set5"}
OURS, RIVAL, BICUBIC = "CFSNet", "weights (DNI)", "bicubic"
NETWORKS = {OURS: SR_TUNED, RIVAL: "dni-sr"}
COLOURS = {OURS: "C0", RIVAL: "C1"}
METRICS: dict[Metric, str] = {"mse": "RMSE", "niqe": "NIQE", "ma": "Ma", "lpips": "LPIPS", "dists": "DISTS"}

Cells = dict[Metric, Cell]


@dataclass(frozen=True)
class Trade:
    """One network on one set, control by control."""

    cells: dict[float, Cells]

    def look(self, scale: Scale) -> str:
        """By what the look is judged: the perception index, or NIQE alone."""
        return "PI" if self._by("ma", scale) is not None else "NIQE"

    def values(self, scale: Scale) -> np.ndarray | None:
        """Squared error and look, (2, controls, images)."""
        error, look, ma = (self._by(metric, scale) for metric in ("mse", "niqe", "ma"))
        if error is None or look is None:
            return None
        return np.stack([error, look if ma is None else pirm.index(look, ma)])

    def _by(self, metric: Metric, scale: Scale) -> np.ndarray | None:
        """(controls, images)."""
        found = [cells[metric].at(scale) for cells in self.cells.values()]
        return np.array([[s[name] for name in sorted(s)] for s in found]) if all(found) else None


Trades = dict[tuple[str, str], Trade]  # by set and network


def fig5(report: Report) -> tuple[Drawing, pd.DataFrame]:
    """The plane of error and look for CFSNet, and for every weight moved between two networks."""
    trades = {
        (dataset, title): Trade({alpha: _cells(report, dataset, network, alpha) for alpha in SHOWN})
        for dataset in SETS
        for title, network in NETWORKS.items()
    }
    bicubic = {dataset: _bicubic(report, dataset) for dataset in SETS}
    report.judge(CLAIMS["error is traded for look, step by step"], _monotone(trades))
    report.judge(CLAIMS["below interpolated weights on the plane"], _below(trades))
    frame = _table(trades, bicubic)
    report.save_table(ITEM, frame)
    return report.save_figure(ITEM, _figure(trades, bicubic)), frame


def _cells(report: Report, dataset: str, network: str, alpha: float) -> Cells:
    """By every metric; by DISTS, which takes seconds a picture, at some of the controls."""
    setting = Setting(network, (alpha,), enlarging(dataset))
    metrics = [metric for metric in METRICS if metric not in SLOW or alpha in AGAIN]
    return report.cells(ITEM, setting, metrics, live=alpha in AGAIN)


def _bicubic(report: Report, dataset: str) -> Cells:
    setting = Setting(f"bicubic x{FACTOR}", (), enlarging(dataset))
    return report.cells(ITEM, setting, tuple(METRICS))


def _monotone(trades: Trades) -> Callable[[Scale], Verdict]:
    """On the first set that is measured: whether every step of the control costs error and gains look."""

    def test(scale: Scale) -> Verdict:
        for dataset, title in SETS.items():
            trade = trades[dataset, OURS]
            values = trade.values(scale)
            if values is not None:
                return _steps(title, trade.look(scale), *values)
        return None

    return test


def _steps(title: str, name: str, error: np.ndarray, look: np.ndarray) -> tuple[bool, str]:
    """error, look: (controls, images). name: of what judges the look."""
    rmse, judged = np.sqrt(error.mean(1)), look.mean(1)
    right = (np.diff(rmse) > 0) & (np.diff(judged) < 0)
    change = look[-1] - look[0]
    certain = interval(error[-1] - error[0])[0] > 0 > interval(change)[1]
    text = (
        f"{title}: RMSE {rmse[0]:.2f} to {rmse[-1]:.2f}, {name} {judged[0]:.2f} to {judged[-1]:.2f}, "
        f"by {_with_interval(change.mean(), interval(change))}; "
        f"{right.sum()} of {len(right)} steps go the right way"
    )
    return bool(right.all() and certain), text


def _below(trades: Trades) -> Callable[[Scale], Verdict]:
    """On the first set that is measured: the mean distance of the two curves at equal error."""

    def test(scale: Scale) -> Verdict:
        for dataset, title in SETS.items():
            compared = [trades[dataset, network] for network in NETWORKS]
            both = [trade.values(scale) for trade in compared]
            names = {trade.look(scale) for trade in compared}
            if all(values is not None for values in both) and len(names) == 1:
                values = np.stack(both)
                ends = interval_of(advantage, values)
                low, high = shared(values)
                lower = f"{names.pop()} lower by {_with_interval(advantage(values), ends)}"
                return ends[0] > 0, f"{title}: {lower}, mean over RMSE {low:.2f} to {high:.2f}"
        return None

    return test


def advantage(values: np.ndarray) -> float:
    """By how much the second curve lies above the first, mean over the RMSE of both.

    values: (2 networks, squared error and look, controls, images).
    """
    at = np.linspace(*shared(values), 50)
    ours, other = (_read_off(at, np.sqrt(error.mean(1)), look.mean(1)) for error, look in values)
    return float((other - ours).mean())


def shared(values: np.ndarray) -> tuple[float, float]:
    """The range of RMSE that both curves reach."""
    rmse = [np.sqrt(error.mean(1)) for error, _ in values]
    return max(own.min() for own in rmse), min(own.max() for own in rmse)


def _read_off(at: np.ndarray, rmse: np.ndarray, look: np.ndarray) -> np.ndarray:
    order = rmse.argsort()
    return np.interp(at, rmse[order], look[order])


def _with_interval(value: float, ends: tuple[float, float]) -> str:
    return f"{value:.2f} [{ends[0]:.2f}, {ends[1]:.2f}]"


def _table(trades: Trades, bicubic: dict[str, Cells]) -> pd.DataFrame:
    rows = []
    for dataset, title in SETS.items():
        if dataset in ALONE and not sets.locate(dataset):
            rows.append({"set": title, "network": f"needs {ALONE[dataset]}", "control": ""})
            continue
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
    return pd.DataFrame(rows).set_index(["set", "network", "control"]).fillna("")


def _shown(metric: Metric, cell: Cell, column: str) -> str:
    scores = getattr(cell, column)
    if not scores:
        return cell.needs or "-"
    star = " *" if cell.stand_in and column == "this_run" else ""
    return f"{_value(metric, scores):.{3 if UNITS[metric] == 'distance' else 2}f}{star}"


def _value(metric: Metric, scores: Scores) -> float:
    return mean(scores) ** (0.5 if metric == "mse" else 1)


def _figure(trades: Trades, bicubic: dict[str, Cells]) -> Figure:
    figure = Figure(figsize=(14, 3.8), layout="constrained")
    for axes, (dataset, title) in zip(figure.subplots(1, len(SETS)), SETS.items(), strict=True):
        looks = [_draw(axes, trades[dataset, network], network) for network in NETWORKS]
        point = Trade({0.0: bicubic[dataset]})
        if (values := point.values("compact")) is not None:
            axes.plot(np.sqrt(values[0].mean()), values[1].mean(), "kx", label=BICUBIC)
            looks.append({point.look("compact")})
        needs = bicubic[dataset]["niqe"].needs
        axes.set_title(f"{title}: {needs}" if needs else title, fontsize=10)
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
        values = trade.values(scale)
        if values is None:
            continue
        rmse, look = np.sqrt(values[0].mean(1)), values[1].mean(1)
        axes.plot(rmse, look, style, marker=".", color=COLOURS[network], label=f"{network}, {scale}")
        for i in (0, -1):
            axes.annotate(f"{list(trade.cells)[i]:g}", (rmse[i], look[i]), fontsize=7)
        shown.add(trade.look(scale))
    return shown
