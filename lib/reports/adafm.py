"""AdaFM (He, Dong, Qiao, CVPR 2019): a function per table and figure, denoising part.

Every function takes the Report of the notebook, measures or reads what it needs, judges the claims
that stand on it, and returns what is to be shown.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional as F

from lib import public
from lib.claims import ADAFM as CLAIMS
from lib.claims import LIVE
from lib.degradations import to_8bit
from lib.measure import Protocol, Setting, fit_curve
from lib.metrics import psnr
from lib.models.adafm import AdaFM, RestorationNet
from lib.recipes import Scale
from lib.recipes.common import Denoise
from lib.reports.common import EMBEDDED, Cell, Drawing, Report, mean, with_interval
from lib.reports.pictures import Panel, busiest_crop, strip
from lib.tasks import KnobCurve
from lib.widgets import Slider
from lib.widgets import slider as slider_of

DATASET = "cbsd68"
KERNELS = (1, 3, 5, 7)
ENDS = (25, 35, 50, 75)
CURVE_LEVELS = (15, 25, 35, 45, 50, 60, 75)
WIDE = "adafm-denoise-s15-s75-k1"
ADABN = "adafm-denoise-bn-s15"
CONDITIONAL = "adafm-denoise-cin-s15-s75"
ARCNN_15, ARCNN_50 = "adafm-arcnn-s15", "adafm-arcnn-s15-ft-s50"
ARCNN_CONTROL = "adafm-arcnn-s50-scratch"
EXAMPLE = {DATASET: 2, EMBEDDED: 2}  # the picture of a set that figures show
STRIP = (0.0, 0.25, 0.5, 0.75, 1.0)  # coefficients of figure 2's strip
STEPS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)  # coefficients of figure 6


def basic(sigma: int) -> str:
    return f"adafm-denoise-basic-s{sigma}"


def on(sigma: float) -> Protocol:
    return Protocol(DATASET, Denoise(sigma))


def table1(report: Report) -> pd.DataFrame:
    """The basic model against DnCNN at sigma 15 (quoted, as in the paper)."""
    item = "adafm-table1"
    rival = Cell(printed=report.printed_value(item, DATASET, "DnCNN", "sigma15"))
    ours = report.cell(item, Setting(basic(15), (), on(15)), ("basic model", "sigma15"))

    def at_least_dncnn(scale: Scale):
        scores = ours.at(scale)
        if scale != "paper" or not scores:
            return None
        return mean(scores) >= rival.printed, f"{with_interval(scores)} dB against {rival.printed:.2f} dB"

    report.judge(CLAIMS["known networks"], at_least_dncnn)
    return report.table(item, [("sigma 15", "DnCNN (quoted)", rival), ("sigma 15", "basic model", ours)])


def table2(report: Report) -> pd.DataFrame:
    """Filter size: sigma 15 -> 75 with 1x1 to 7x7 filters, and the network trained on sigma 75."""
    item, level = "adafm-table2", "sigma15->sigma75"
    cells = {
        k: report.cell(
            item,
            Setting(f"adafm-denoise-s15-s75-k{k}", (1.0,), on(75)),
            (f"AdaFM-Net {k}x{k}", level),
        )
        for k in KERNELS
    }
    baseline = report.cell(item, Setting(basic(75), (), on(75)), ("baseline", level))

    def never_falls(scale: Scale):
        steps = [(cells[b] - cells[a]).at(scale) for a, b in pairwise(KERNELS)]
        if not all(steps):
            return None
        gains = ", ".join(with_interval(s) for s in steps)
        return all(mean(s) >= 0 for s in steps), f"1x1 to 3x3, to 5x5, to 7x7: {gains} dB"

    def gain(larger: int, smaller: int, limit: float):
        def test(scale: Scale):
            scores = (cells[larger] - cells[smaller]).at(scale)
            return (mean(scores) <= limit, f"{with_interval(scores)} dB") if scores else None

        return test

    report.judge(CLAIMS["larger filters do not hurt"], never_falls)
    report.judge(CLAIMS["filter size hardly matters"], gain(7, 1, 0.1))
    report.judge(CLAIMS["5x5 is enough"], gain(7, 5, 0.03))
    rows = [("sigma 15->75", f"{k}x{k}", cell) for k, cell in cells.items()]
    return report.table(item, [*rows, ("sigma 15->75", "trained on 75", baseline)])


def table3(report: Report) -> pd.DataFrame:
    """AdaBN and conditional IN against AdaFM-Net, at the start and at the end level."""
    item = "adafm-table3"
    levels = {15: "sigma15 (start)", 75: "sigma75 (end)"}
    networks = {
        "AdaBN": (ADABN, ADABN),
        "Conditional IN": (CONDITIONAL, CONDITIONAL),
        "AdaFM-Net": (WIDE, WIDE),
    }
    cells = {
        (method, sigma): report.cell(item, Setting(names[i], (float(i),), on(sigma)), (method, levels[sigma]))
        for method, names in networks.items()
        for i, sigma in enumerate((15, 75))
    }

    def short(method: str, scale: Scale) -> list[dict[str, float] | None]:
        return [(cells["AdaFM-Net", s] - cells[method, s]).at(scale) for s in (15, 75)]

    def wins(scale: Scale):
        gaps = short("AdaBN", scale) + short("Conditional IN", scale)
        if not all(gaps):
            return None
        names = ("AdaBN start", "end", "conditional IN start", "end")
        text = ", ".join(f"{n} {with_interval(g)}" for n, g in zip(names, gaps, strict=True))
        return all(mean(g) > 0 for g in gaps), f"ahead of {text} dB"

    def collapses(scale: Scale):
        gaps = short("AdaBN", scale)
        if not all(gaps):
            return None
        start, end = gaps
        return (
            abs(mean(start)) <= 0.6 and mean(end) > 1.5,
            f"short by {with_interval(start)} dB at the start, {with_interval(end)} dB at the end",
        )

    def falls_short(scale: Scale):
        gaps = short("Conditional IN", scale)
        if not all(gaps):
            return None
        return all(mean(g) >= 0.5 for g in gaps), " and ".join(f"{with_interval(g)} dB" for g in gaps)

    report.judge(CLAIMS["AdaFM beats its rivals"], wins)
    report.judge(CLAIMS["AdaBN collapses"], collapses)
    report.judge(CLAIMS["conditional IN falls short"], falls_short)
    return report.table(item, [(levels[s], method, cell) for (method, s), cell in cells.items()])


def table5(report: Report) -> pd.DataFrame:
    """Range and direction: how far the adapted network is from one trained on the end level."""
    item = "adafm-table5"
    rows, distances = [], {}
    for start, end in [(15, end) for end in ENDS] + [(75, 15)]:
        printed = f"sigma{start}->sigma{end}"
        baseline = report.cell(item, Setting(basic(end), (), on(end)), ("baseline", printed))
        name = f"adafm-denoise-s{start}-s{end}-k1"
        adapted = report.cell(item, Setting(name, (1.0,), on(end)), ("AdaFM-Net", printed))
        distances[start, end] = baseline - adapted
        label = f"sigma {start}->{end}"
        rows += [
            (label, "trained on it", baseline),
            (label, "AdaFM-Net", adapted),
            (label, "distance", distances[start, end]),
        ]

    def easy(scale: Scale):
        scores = [distances[15, end].at(scale) for end in ENDS]
        return scores if all(scores) else None

    def grows(scale: Scale):
        scores = easy(scale)
        if not scores:
            return None
        text = ", ".join(with_interval(s) for s in scores)
        return all(mean(b) > mean(a) for a, b in pairwise(scores)), f"to 25, 35, 50, 75: {text} dB"

    def close(scale: Scale):
        scores = easy(scale)
        if not scores:
            return None
        return all(mean(s) <= 0.2 for s in scores), f"largest {max(mean(s) for s in scores):.2f} dB"

    def worse(scale: Scale):
        there, back = distances[15, 75].at(scale), distances[75, 15].at(scale)
        if not (there and back):
            return None
        text = (
            f"{with_interval(back)} against {with_interval(there)} dB: {mean(back) / mean(there):.1f} times"
        )
        return mean(back) >= 3 * mean(there), text

    report.judge(CLAIMS["distance grows with range"], grows)
    report.judge(CLAIMS["easy to hard is close"], close)
    report.judge(CLAIMS["hard to easy is worse"], worse)
    return report.table(item, rows)


def fig2(report: Report) -> Drawing:
    """The tool bar: one picture with noise of sigma 45, restored at five coefficients."""
    item = "adafm-fig2"
    cells = [report.cell(item, Setting(WIDE, (coef,), on(45))) for coef in STRIP]

    def interior(scale: Scale):
        scores = [cell.at(scale) for cell in cells]
        if not all(scores):
            return None
        values = [mean(s) for s in scores]
        peak = int(np.argmax(values))
        text = ", ".join(f"{coef:g}: {v:.2f}" for coef, v in zip(STRIP, values, strict=True))
        inside = 0 < peak < len(values) - 1
        return inside and min(values[peak] - values[0], values[peak] - values[-1]) > 0.3, f"{text} dB"

    report.judge(CLAIMS["an interior coefficient is best"], interior)
    clean, noisy = _example(report, 45)
    panels = [_restored(report, f"coef {coef:g}", WIDE, coef, noisy, clean) for coef in STRIP]
    return report.save_figure(
        item,
        strip(
            _panel("noisy, sigma 45", noisy, clean),
            [[Panel(clean, "original"), *panels]],
            busiest_crop(clean, 96),
            f"One network from sigma 15 to 75, turned on a picture with sigma 45 ({report.scale} scale)",
        ),
    )


def fig6(report: Report) -> Drawing:
    """Above: the two rivals at both levels. Below: AdaFM-Net on sigma 45 at six coefficients."""
    item = "adafm-fig6"
    rivals = []
    for sigma, coef in ((15, 0.0), (75, 1.0)):
        clean, noisy = _example(report, sigma)
        for label, name in (("AdaBN", ADABN), ("cond. IN", CONDITIONAL), ("AdaFM", WIDE)):
            rivals.append(_restored(report, f"{label}, sigma {sigma}", name, coef, noisy, clean))
    clean, noisy = _example(report, 45)
    panels = [_restored(report, f"coef {c:g}", WIDE, c, noisy, clean) for c in STEPS]
    changes = [float((b.picture - a.picture).abs().mean()) * 255 for a, b in pairwise(panels)]

    def smooth(scale: Scale) -> tuple[bool, str] | None:
        if scale != report.scale or report.network(WIDE) is None:
            return None
        text = ", ".join(f"{c:.2f}" for c in changes)
        return max(changes) <= 2 * np.mean(
            changes
        ), f"change per step of 0.2: {text} grey levels (one picture)"

    report.judge(CLAIMS["the effect is smooth"], smooth)
    return report.save_figure(
        item,
        strip(
            _panel("noisy, sigma 45", noisy, clean),
            [rivals, panels],
            busiest_crop(clean, 96),
            f"Rivals at both ends (above); AdaFM-Net between its levels (below) ({report.scale} scale)",
        ),
    )


def fig3(report: Report) -> tuple[Drawing, pd.DataFrame]:
    """Observation 1: ARCNN filters before and after fine-tuning, the filters g between them, and how
    much of the fine-tuned network g recovers."""
    item = "adafm-fig3"
    names = {g: f"adafm-arcnn-g{g}" for g in (1, 3, 5)}
    tuned = report.cell(item, Setting(ARCNN_50, (), on(50)))
    untouched = report.cell(item, Setting(ARCNN_15, (), on(50)))
    fits = {g: report.cell(item, Setting(name, (1.0,), on(50))) for g, name in names.items()}
    arcnn = [report.network(name) for name in (ARCNN_15, ARCNN_50, ARCNN_CONTROL)]
    first = [net.sites()[0].conv.weight for net in arcnn if net]
    close, control = (cosine_distance(first[0], f) for f in first[1:]) if all(arcnn) else (None, None)

    def alike(scale: Scale):
        if scale != report.scale or close is None:
            return None
        return (
            close < 0.3 and close < control / 2,
            f"{close:.3f} fine-tuned, {control:.3f} independent",
        )

    def bridges(scale: Scale):
        errors = [(tuned - fits[g]).at(scale) for g in names]
        gap = (tuned - untouched).at(scale)
        if not (all(errors) and gap):
            return None
        falls = all(mean(b) <= mean(a) for a, b in pairwise(errors))
        text = ", ".join(with_interval(e) for e in errors)
        return falls and mean(errors[0]) < 0.2 * mean(
            gap
        ), f"error 1x1, 3x3, 5x5: {text} dB; without g {mean(gap):.2f} dB"

    report.judge(CLAIMS["filters stay alike"], alike)
    report.judge(CLAIMS["a filter g bridges levels"], bridges)
    rows = [("sigma 50", "ARCNN trained on 15", untouched)]
    rows += [("sigma 50", f"with g of {g}x{g}", cell) for g, cell in fits.items()]
    frame = report.table(item, [*rows, ("sigma 50", "fine-tuned on 50", tuned)])
    fitted = report.network(names[5])
    if close is None or fitted is None:
        blank = Figure(figsize=(7, 0.6))
        blank.text(0.02, 0.5, f"The ARCNN networks are not trained at {report.scale} scale.", va="center")
        return report.save_figure(item, blank), frame
    figure = _filters(first[0], first[1], fitted.sites()[0].module, close, control)
    return report.save_figure(item, figure), frame


def cosine_distance(a: Tensor, b: Tensor) -> float:
    """Mean over filters of 1 - cos between corresponding filters; a, b (filters, C, k, k)."""
    return float((1 - F.cosine_similarity(a.flatten(1), b.flatten(1))).mean())


def knob_curve(report: Report) -> tuple[Drawing, pd.DataFrame]:
    """The best coefficient for every noise level, its cubic, and how far a dedicated network is:
    the denoising twin of figure 7, which the paper keeps in its supplement."""
    item = "adafm-fig7-denoise"
    cells, knobs, distances = {}, {}, {}
    for sigma in CURVE_LEVELS:
        cells[sigma], knobs[sigma] = report.best(item, Setting(WIDE, (), on(sigma)))
        if sigma in (15, *ENDS):
            distances[sigma] = report.cell(item, Setting(basic(sigma), (), on(sigma))) - cells[sigma]

    def best_at(scale: str) -> np.ndarray | None:
        found = [knobs[s].get(scale) for s in CURVE_LEVELS]
        return None if None in found else np.array(found)

    def one_curve(scale: Scale):
        best = best_at(scale)
        if best is None:
            return None
        middle = [k for s, k in zip(CURVE_LEVELS, best, strict=True) if 25 <= s <= 60]
        residual = np.abs(fit_curve(np.array(CURVE_LEVELS), best, 3)(np.array(CURVE_LEVELS)) - best).max()
        holds = bool((np.diff(best) > 0).all() and min(middle) > 0 and max(middle) < 1 and residual <= 0.05)
        text = ", ".join(f"{s}: {k:.2f}" for s, k in zip(CURVE_LEVELS, best, strict=True))
        return holds, f"{text}; cubic within {residual:.3f}"

    def near(scale: Scale):
        scores = {s: d.at(scale) for s, d in distances.items()}
        if not all(scores.values()):
            return None
        text = ", ".join(f"{s}: {mean(d):.2f}" for s, d in scores.items())
        return all(mean(d) <= 0.2 for d in scores.values()), f"{text} dB"

    report.judge(CLAIMS["one curve gives the knob"], one_curve)
    report.judge(CLAIMS["no level is far"], near)
    rows = [(f"sigma {s}", "AdaFM-Net, best coef", c) for s, c in cells.items()]
    rows += [(f"sigma {s}", "distance", d) for s, d in distances.items()]
    frame = report.table(item, rows)
    if report.record and best_at("this_run") is not None:
        powers = fit_curve(np.array(CURVE_LEVELS), best_at("this_run"), 3).coef
        curve = KnobCurve("coef", "sigma", tuple(powers), CURVE_LEVELS[0], CURVE_LEVELS[-1])
        public.write_curve("adafm-denoise", report.scale, curve)
    curves = {scale: best_at(scale) for scale in ("paper", "compact", "this_run")}
    return report.save_figure(item, _curve_figure(report, curves, distances)), frame


def parameters(report: Report) -> pd.DataFrame:
    """Weights that AdaFM layers add to the basic model of the paper, counted on the modules."""
    total = _weights(RestorationNet())
    rows = []
    for k in KERNELS:
        net = RestorationNet(site=lambda channels, k=k: AdaFM(channels, k))
        added = _weights(net) - total
        rows.append(
            {
                "filter": f"{k}x{k}",
                "added weights": added,
                "share in %": round(100 * added / total, 2),
            }
        )
    layers = sum(isinstance(m, AdaFM) for m in net.modules())
    shares = [row["share in %"] for row in rows[:3]]
    report.judge(
        CLAIMS["few parameters"],
        lambda scale: (
            (max(shares) < 4 and layers * 64 == 2048, f"{shares} %, {layers * 64} filters")
            if scale == "paper"
            else None
        ),
    )
    frame = pd.DataFrame(rows).set_index("filter")
    report.save_table("adafm-text-params", frame)
    return frame


def slider(report: Report) -> Slider:
    """The knob of AdaFM-Net on a sample picture or an upload."""
    return slider_of(public.load("adafm-denoise", report.scale, report.checkpoints), device=report.device)


def record(report: Report, items: Sequence[str] = ()) -> None:
    """Measure these items, or every one that has rows, on whole sets; `report` collects them."""
    for name in items or MEASURED:
        ITEMS[name](report)


def _weights(net: torch.nn.Module) -> int:
    return sum(p.numel() for p in net.parameters() if p.dim() > 1)


def _example(report: Report, sigma: float) -> tuple[Tensor, Tensor]:
    """A picture (1, C, H, W) of the set at hand, clean and noisy."""
    dataset = report.at_hand(on(sigma))
    picture = EXAMPLE[dataset]
    _, clean, noisy = list(Protocol(dataset, Denoise(sigma)).inputs(picture + 1))[picture]
    return clean, noisy


def _restored(report: Report, title: str, network: str, coef: float, noisy: Tensor, clean: Tensor) -> Panel:
    net = report.network(network)
    if net is None:
        return Panel(torch.ones_like(clean), title, "not trained")
    with torch.inference_mode():
        return _panel(title, to_8bit(net.fold(torch.tensor([coef])).eval()(noisy)), clean)


def _panel(title: str, picture: Tensor, clean: Tensor) -> Panel:
    return Panel(picture, title, f"{float(psnr(picture, clean)):.2f} dB")


def _filters(start: Tensor, tuned: Tensor, g: AdaFM, close: float, control: float) -> Figure:
    """The eight strongest first-layer filters in both networks, and the 5x5 g fitted behind each."""
    strongest = start.flatten(1).norm(dim=1).topk(8).indices
    delta = torch.zeros_like(g.filter.weight)
    delta[:, :, delta.shape[2] // 2, delta.shape[3] // 2] = 1
    rows = {
        "f, sigma 15": start.mean(1)[strongest],
        "f, fine-tuned on 50": tuned.mean(1)[strongest],
        "g, 5x5": (g.filter.weight + delta)[strongest, 0],
    }
    figure = Figure(figsize=(9, 3.9), layout="constrained")
    axes = figure.subplots(len(rows), 8)
    for line, (label, filters) in zip(axes, rows.items(), strict=True):
        limit = float(filters.abs().max())
        for axis, weights in zip(line, filters, strict=True):
            shown = axis.imshow(weights, cmap="RdBu_r", vmin=-limit, vmax=limit)
            axis.set_xticks([])
            axis.set_yticks([])
        line[0].set_ylabel(label, fontsize=9)
        figure.colorbar(shown, ax=list(line), fraction=0.02, pad=0.01)
    figure.suptitle(
        f"First-layer filters (mean over RGB): cosine distance {close:.3f} after fine-tuning, "
        f"{control:.3f} between independent networks",
        fontsize=10,
    )
    return figure


def _curve_figure(report: Report, curves: dict[str, np.ndarray | None], distances: dict[int, Cell]) -> Figure:
    """Above: best coefficient against sigma with its cubic. Below: distance to dedicated networks."""
    figure = Figure(figsize=(6.4, 6), layout="constrained")
    top, bottom = figure.subplots(2, height_ratios=[3, 2], sharex=True)
    levels, fine = np.array(CURVE_LEVELS), np.linspace(CURVE_LEVELS[0], CURVE_LEVELS[-1], 200)
    styles = {
        "paper": ("paper scale", "C0", "o"),
        "compact": ("compact", "C1", "s"),
        "this_run": ("this run", "C2", "x"),
    }
    offsets = dict(zip(styles, (-1.2, 0, 1.2), strict=True))
    for scale, best in curves.items():
        label, colour, marker = styles[scale]
        if best is not None:
            top.plot(levels, best, marker, color=colour, label=f"{label}: best coef")
            top.plot(
                fine,
                fit_curve(levels, best, 3)(fine),
                "-",
                color=colour,
                lw=1,
                label=f"{label}: cubic fit",
            )
        scores = {s: getattr(d, scale) for s, d in distances.items()}
        if all(scores.values()):
            at = np.array(list(scores)) + offsets[scale]
            bottom.bar(at, [mean(d) for d in scores.values()], 1.2, color=colour, label=label)
    bottom.axhline(0.2, color="0.4", lw=1, ls="--", label="0.2 dB, the paper's bound")
    top.set_ylabel("best coefficient")
    bottom.set_ylabel("distance to a dedicated\nnetwork (dB)")
    bottom.set_xlabel("noise level sigma (8-bit grey levels)")
    top.legend(fontsize=8)
    bottom.legend(fontsize=8)
    top.set_title(f"{WIDE}: knob against noise level", fontsize=10)
    return figure


ITEMS = {
    "adafm-table1": table1,
    "adafm-table2": table2,
    "adafm-table3": table3,
    "adafm-table5": table5,
    "adafm-fig2": fig2,
    "adafm-fig3": fig3,
    "adafm-fig6": fig6,
    "adafm-fig7-denoise": knob_curve,
    "adafm-text-params": parameters,
}
MEASURED = tuple(name for name in ITEMS if name not in LIVE)
