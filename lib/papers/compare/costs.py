"""What every network costs, from the times on record of a quiet machine."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

from lib.evaluation import costs
from lib.papers.report import Report
from lib.papers.shown import Parts, together

ITEM = "compare-cost"
COLOURS = {"adafm": "C2", "cfsnet": "C1", "vdir": "C3", "cugan": "C4", "qgcn": "C0"}  # as in other figures
MARKERS = {3: "o", 1: "s"}  # by channels
COPIES = 3  # of an image in 32 bits, that restoring it holds
COLUMNS = {
    "weights": "weights",
    "gflop": "GFLOP",
    "fp32_ms": "fp32, ms",
    "fp32_share": "fp32, of the machine's rate",
    "bf16_ms": "bf16, ms",
    "bf16_share": "bf16, of the machine's rate",
    "memory_mib": "memory, MiB",
    "psnr": "PSNR at sigma 30, dB",
}


def cost(report: Report) -> Parts:
    """Return time against operations, how time and memory grow with the image, and the numbers in a table; a
    sentence where nothing is on record."""
    rows = recorded(report)
    if rows.empty:
        return together(report.prose(ITEM, costs.ABSENT))
    parts = [report.save_figure(ITEM, _against_operations(costs.on_one_image(rows)))]
    if len(sizes := on_many_sizes(rows)):
        parts.append(report.save_figure(f"{ITEM}-sizes", _growth(sizes)))
    frame = table(costs.on_one_image(rows))
    report.save_table(ITEM, frame)
    return together(*parts, frame)


def recorded(report: Report) -> pd.DataFrame:
    """Return the costs that are stored beside the report's other rows; none where nothing is on record."""
    return costs.read(report.store.rows_path.with_name(costs.RECORD.name))


def on_many_sizes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of those networks that were timed on images of more than one size."""
    found = rows.groupby(["title", "scale"], dropna=False)["megapixels"].transform("nunique")
    return rows[found > 1]


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one line for every network and filter, numbers as text, a dash where there is none."""
    forms = dict.fromkeys(COLUMNS, "{:,.0f}") | dict.fromkeys(("fp32_share", "bf16_share"), "{:.0%}")
    forms["psnr"] = "{:.2f}"
    frame = pd.DataFrame({"network": rows["title"], "scale": rows["scale"].fillna("-")})
    for column, title in COLUMNS.items():
        spelt = rows[column].map(forms[column].format)
        frame[title] = spelt.where(rows[column].notna(), "-")
    return frame.set_index(["network", "scale"])


def slope(megapixels: pd.Series, values: pd.Series) -> float:
    """Return the slope of values over megapixels, by least squares."""
    return float(np.polyfit(megapixels, values, 1)[0])


def exponent(megapixels: pd.Series, values: pd.Series) -> float:
    """Return the slope of their logarithms: 1 where values grow as megapixels do, 0 where they do not."""
    return slope(np.log(megapixels), np.log(values))


def _against_operations(rows: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    axes = figure.subplots()
    for row in rows[rows["gflop"].notna()].itertuples():
        millions = row.weights / 1e6
        kind = f"{row.scale}, {'RGB' if row.channels == 3 else 'gray'}, {millions:.2f} M weights"
        at = row.gflop / row.megapixels, row.ms / row.megapixels
        style = {"color": _colour(row.title), "marker": MARKERS[row.channels], "alpha": 0.8}
        axes.scatter(*at, 30 + 120 * millions, label=f"{row.title}, {kind}", **style)
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(EngFormatter())
        axis.set_minor_formatter(NullFormatter())
    figure.legend(loc="outside right upper", fontsize=9)
    axes.set_xlabel("GFLOP per megapixel (area: weights)")
    axes.set_ylabel("ms per megapixel")
    axes.set_title(costs.machine(rows), fontsize=10)
    axes.grid(alpha=0.3)
    return figure


def _growth(rows: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    times, memory = figure.subplots(1, 2)
    for title, own in rows.groupby("title", sort=False):
        size, style = own["megapixels"], {"color": _colour(title), "marker": "."}
        second = f"{slope(size, own['ms'] / 1000):.2g} s"
        per = f"{second} a megapixel, exponent {exponent(size, own['ms']):.2f}"
        times.plot(size, own["ms"] / 1000, label=f"{title}: {per}", **style)
        label = f"{title}: {slope(size, own['memory_mib']):.0f} MiB a megapixel"
        memory.plot(size, own["memory_mib"], label=label, **style)
    size = np.unique(rows["megapixels"])
    copies = COPIES * 3 * 4 * size * 1e6 / 2**20
    memory.plot(size, copies, "--", color="0.6", label=f"{COPIES} copies of the image, RGB in 32 bits")
    times.set_yscale("log")
    times.set_ylim(top=100 * rows["ms"].max() / 1000)  # room for the legend
    _finish(times, "s")
    _finish(memory, "most memory of the process (MiB)")
    memory.set_ylim(bottom=0)
    figure.suptitle(costs.machine(rows), fontsize=10)
    return figure


def _finish(axes: Axes, unit: str) -> None:
    axes.set_xscale("log")
    axes.set_xlabel("megapixels")
    axes.set_ylabel(unit)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=9, loc="upper left")


def _colour(title: str) -> str:
    return COLOURS.get(title.partition("-")[0], "0.5")
