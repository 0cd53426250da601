"""Error against naturalness as each knob turns: the trade-off that a knob offers, on one plane."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.evaluation.measure import Setting
from lib.papers.cells import Cell
from lib.papers.compare.levels import missing
from lib.papers.compare.subjects import JPEG, NOISE, TEXTURED, Contest, Rival
from lib.papers.report import Report
from lib.papers.scores import mean
from lib.papers.shown import Drawing
from lib.training.networks import INPUT

ITEM = "compare-plane"
LEVELS = {NOISE.item: 50, JPEG.item: 10}
METRICS = ("psnr", "niqe")


def plane(report: Report) -> Drawing:
    """Return PSNR and NIQE of every network at every position of its knob, also of those whose knob is
    texture."""
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    for axes, contest in zip(figure.subplots(1, len(LEVELS)), (NOISE, JPEG), strict=True):
        _draw(report, axes, contest, LEVELS[contest.item])
    return report.save_figure(ITEM, figure)


def _draw(report: Report, axes: Axes, contest: Contest, level: float) -> None:
    for rival in (*contest.rivals, TEXTURED[contest.item]):
        points = [_point(report, contest, rival, level, position) for position in rival.own(level)]
        there = [point for point in points if point]
        if there:
            axes.plot(*zip(*there, strict=True), color=rival.colour, marker=".", label=rival.title)
    protocol = contest.on(level)
    degraded = _means(report, report.cells(ITEM, Setting(INPUT, (), protocol), METRICS, live=False))
    if degraded:
        text = f"degraded: {degraded[0]:.1f} dB, NIQE {degraded[1]:.1f}"
        axes.annotate(text, (0.02, 0.02), xycoords="axes fraction", fontsize=8)
    axes.set_xlabel("PSNR (dB)")
    axes.set_ylabel("NIQE (lower looks more natural)")
    axes.set_title(f"{protocol.dataset}, {protocol.level.name}", fontsize=10)
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8)
    else:
        missing(report, axes)


def _point(
    report: Report, contest: Contest, rival: Rival, level: float, position: float | None
) -> tuple[float, float] | None:
    setting = contest.setting(rival, level, position)
    return _means(report, report.cells(ITEM, setting, METRICS, live=False))


def _means(report: Report, cells: dict[str, Cell]) -> tuple[float, ...] | None:
    scores = [cells[metric].at(report.scale) for metric in METRICS]
    return tuple(map(mean, scores)) if all(scores) else None
