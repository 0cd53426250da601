"""What stands below a table: whose networks, how long and on what they were trained, how they are scored."""

from collections.abc import Sequence
from html import escape

from lib.evaluation.measure import Setting
from lib.papers.cells import QUOTED, Cell
from lib.papers.shares import SETS, shares, told, trained_here
from lib.papers.workbench import Workbench
from lib.recipes import Recipe, Scale, find

METRICS = {
    "psnr": "PSNR (dB)",
    "ssim": "SSIM",
    "ssim_u8": "SSIM (8x8 window)",
    "psnr_b": "PSNR-B (dB)",
    "mse": "squared error",
    "niqe": "NIQE",
    "ma": "Ma",
    "lpips": "LPIPS",
    "lpips_paper": "LPIPS as the paper has it",
    "dists": "DISTS",
    "features": "distance in the ranker's maps",
    "score": "score",
}


def caption(bench: Workbench, cells: Sequence[Cell]) -> str:
    """Return as HTML what all numbers of a table have in common, and what colours and marks mean."""
    settings = [cell.setting for cell in cells if cell.setting]
    ours = list(dict.fromkeys(run for s in settings for run in trained_here(s.network)))
    sentences = [_metrics(settings)]
    if any(cell.compact for cell in cells):
        budget = _budget(bench, ours, "compact")
        sentences.append(f'<span class="compact">Blue: compact size, {budget}</span>.')
    if any(cell.paper and cell.setting and trained_here(cell.setting.network) for cell in cells):
        sentences.append(f"<b>Black (bold): the paper's own size, {_budget(bench, ours, 'paper')}</b>.")
    if any(cell.paper and cell.setting and not trained_here(cell.setting.network) for cell in cells):
        sentences.append("<b>So is what nobody trained here: authors' weights, or none</b>.")
    if any(cell.printed is not None for cell in cells):
        sentences.append("<sub>Grey, small: printed</sub>.")
    if any(cell.needs == QUOTED for cell in cells):
        sentences.append("On grey: quoted, nothing measured.")
    if any(cell.contrast and cell.printed is not None for cell in cells):
        sentences.append(
            '<span class="same">Tinted blue</span>: a difference of the printed sign; '
            '<span class="opposite">orange</span>: of the other one.'
        )
    return " ".join([*sentences, "Intervals (95 %, over images) and further seeds: on hover."])


def _metrics(settings: Sequence[Setting]) -> str:
    """Which metric, of what, how far from the border, on what rounding."""
    protocols = [s.protocol for s in settings]
    if not protocols:
        return ""
    names = " | ".join(dict.fromkeys(METRICS[p.metric] for p in protocols))
    colours = " or ".join(dict.fromkeys(p.colour for p in protocols))
    borders = sorted({p.border for p in protocols})
    edge = "whole images" if borders == [0] else f"less a border of {' or '.join(map(str, borders))} pixels"
    rounding = "8-bit output" if all(p.eight_bit for p in protocols) else "output clamped, not rounded"
    return escape(f"{names} of {colours}, {edge}, {rounding}.")


def _budget(bench: Workbench, runs: Sequence[str], scale: Scale) -> str:
    """How many steps, which share of the full schedule, on which images."""
    parts, steps, sets = [], [], set()
    for run in runs:
        known = _recipe(run, scale)
        done = bench.steps(run, scale)
        if known is None or not done:
            continue
        steps.append(done)
        sets.add(SETS.get(known.training_set, known.training_set))
        printed = _recipe(run, "paper")
        if printed is not None and printed.steps:
            parts.append(100 * done / printed.steps)
    if not steps:
        return "trained elsewhere"
    if scale == "paper":
        return f"{_from_to(steps, ',.0f')} steps, {told(shares(runs, bench.checkpoints))}"
    share = f" ({_from_to(parts, '.2g')} % of the paper's schedule)" if parts else ""
    return f"{_from_to(steps, ',.0f')} steps{share}, trained on {', '.join(sorted(sets))}"


def _from_to(values: Sequence[float], digits: str) -> str:
    low, high = (format(end, digits) for end in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def _recipe(run: str, scale: Scale) -> Recipe | None:
    """The recipe of a run; None where there is no such run at this scale."""
    try:
        return find(run, scale)
    except KeyError:
        return None
