"""Forest plots: every comparison that decided a claim, with its interval, against its bound."""

import io
import textwrap

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lib.base.rows import Rows
from lib.papers.verdict_table import TITLES, by_claim

LOOKS = {"holds": ("#1b7837", "o"), "undecided": ("#a66a00", "D"), "differs": ("#8b0000", "s")}
NAMES = {"1": "no unit"}
LINEAR = {"dB": 0.1}  # how far from 0 the axis is linear before it is logarithmic; otherwise a tenth of that
WIDTH, FRAME, INCHES = 4.2, 0.6, 0.34  # of the plot, of what surrounds a panel, of 1 in its height
HEIGHT = 0.45  # of a line
CAPTION = (
    "A dot: by how much a mean clears its bound (below 0: misses it). Its line: what decides, the 95 % "
    "interval and, where there is one training, what another may change. Of several comparisons the one "
    "nearest to failing, or furthest beyond."
)
LETTERS = 54  # of a name in one line
TEXT = {"svg.fonttype": "none", "svg.hashsalt": "lib", "font.size": 8}


def svg(rows: Rows, made_from: str = "") -> str:
    """Return the plot as SVG, saying of which rows it is; nothing where nothing was compared."""
    compared = [row for row in rows if row["value"]]
    if not compared:
        return ""
    file = io.StringIO()
    with mpl.rc_context(TEXT):
        about = {"Date": None, "Creator": None, "Description": f"rows {made_from}"}
        _drawn(compared).savefig(file, format="svg", metadata=about)
    text = file.getvalue()
    return text[text.index("<svg") :]


def figure(source: str) -> str:
    """Return the plot, from the address of its SVG, with its caption, as HTML."""
    size = "max-width: 100%; max-height: none; background: white"
    image = f'<img src="{source}" alt="forest plot" style="{size}">'
    style = "margin: 1rem 0; max-width: 40rem; font: 14px system-ui, sans-serif"
    return f'<figure style="{style}">{image}<figcaption>{CAPTION}</figcaption></figure>'


def _drawn(rows: Rows) -> Figure:
    """A panel for every unit, decibels first; in it claims from top to bottom, headline claims first."""
    claims: dict[str, dict[str, Rows]] = {}
    in_order = [row for at in by_claim(rows) for row in at.values()]
    for row in sorted(in_order, key=lambda row: row["unit"] != "dB"):
        claims.setdefault(row["unit"], {}).setdefault(row["claim"], []).append(row)
    heights = [INCHES * _lines(of) for of in claims.values()]
    figure = Figure(figsize=(WIDTH, sum(heights) + FRAME * len(heights) + 0.4), layout="constrained")
    panels = figure.subplots(len(claims), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, (unit, of) in zip(panels, claims.items(), strict=True):
        _panel(axes, unit, of)
    figure.legend(handles=_legend(), loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return figure


def _panel(axes: Axes, unit: str, claims: dict[str, Rows]) -> None:
    line = 0.0
    for name, rows in claims.items():
        parts = _name(name)
        weight = "bold" if rows[0]["headline"] else "normal"
        said = {"weight": weight, "va": "top", "linespacing": 1.1, "transform": axes.get_yaxis_transform()}
        axes.text(0.01, line, "\n".join(parts), **said, bbox={"color": "white", "pad": 0.5})
        line += HEIGHT * len(parts) + 0.15
        for row in rows:
            value, low, high = (float(row[key]) for key in ("value", "low", "high"))
            colour, marker = LOOKS[row["verdict"]]
            face = "white" if row["scale"] == "compact" else colour
            axes.plot([low, high], [line, line], color=colour, linewidth=1.5)
            axes.plot(value, line, marker=marker, color=colour, markerfacecolor=face, markersize=5)
            line += HEIGHT
    near = LINEAR.get(unit, LINEAR["dB"] / 10)
    reach = max(abs(float(row[key])) for rows in claims.values() for row in rows for key in ("low", "high"))
    tens = [near * 10**n for n in range(9) if near * 10**n <= max(reach, near)]
    axes.axvline(0, color="black", linewidth=0.8, zorder=0)
    axes.set_ylim(line, -0.1)
    axes.set_xscale("symlog", linthresh=near)
    axes.set_xlim(-1.3 * reach, 1.3 * reach)
    axes.set_xticks([*(-ten for ten in tens), 0, *tens], minor=False)
    axes.set_yticks([])
    axes.minorticks_off()
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_title("differs \u2190 bound \u2192 holds", fontsize=8)
    axes.set_xlabel(f"clears its bound by, {NAMES.get(unit, unit)} (logarithmic beyond {near:g})")


def _lines(claims: dict[str, Rows]) -> float:
    return sum(HEIGHT * (len(_name(name)) + len(rows)) + 0.15 for name, rows in claims.items())


def _name(claim: str) -> list[str]:
    return textwrap.wrap(claim, LETTERS)


def _legend() -> list[Line2D]:
    dot = {"linestyle": "", "markersize": 5}
    verdicts = [Line2D([], [], color=c, marker=m, label=verdict, **dot) for verdict, (c, m) in LOOKS.items()]
    sizes = zip(TITLES.values(), ("black", "white"), strict=True)
    return verdicts + [Line2D([], [], color="k", marker="o", mfc=fc, label=of, **dot) for of, fc in sizes]
