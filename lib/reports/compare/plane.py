"""Error against naturalness as each knob turns: the trade-off that a knob offers, on one plane."""

from matplotlib.figure import Figure

from lib.measure import Setting
from lib.networks import INPUT
from lib.reports.common import Cell, Drawing, Report, mean
from lib.reports.compare.subjects import NOISE, Rival

ITEM = "compare-plane"
LEVELS = (25, 50)
METRICS = ("psnr", "niqe")


def plane(report: Report) -> Drawing:
    """PSNR and NIQE of the denoising networks at every position of their knobs."""
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    for axes, sigma in zip(figure.subplots(1, len(LEVELS)), LEVELS, strict=True):
        for rival in NOISE.rivals:
            points = [_point(report, rival, sigma, position) for position in rival.positions]
            there = [point for point in points if point]
            if there:
                axes.plot(*zip(*there, strict=True), color=rival.colour, marker=".", label=rival.title)
        untouched = Setting(INPUT, (), NOISE.on(sigma))
        degraded = _means(report, report.cells(ITEM, untouched, METRICS, live=False))
        if degraded:
            text = f"degraded: {degraded[0]:.1f} dB, NIQE {degraded[1]:.1f}"
            axes.annotate(text, (0.02, 0.02), xycoords="axes fraction", fontsize=8)
        axes.set_xlabel("PSNR (dB)")
        axes.set_ylabel("NIQE (lower looks more natural)")
        axes.set_title(f"sigma {sigma}", fontsize=10)
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8)
    return report.save_figure(ITEM, figure)


def _point(report: Report, rival: Rival, sigma: float, position: float | None) -> tuple[float, float] | None:
    cells = report.cells(ITEM, NOISE.setting(rival, sigma, position), METRICS, live=False)
    return _means(report, cells)


def _means(report: Report, cells: dict[str, Cell]) -> tuple[float, ...] | None:
    scores = [cells[metric].at(report.scale) for metric in METRICS]
    return tuple(map(mean, scores)) if all(scores) else None
