"""Tables 1 and 2 of QGCN, and what one network for several qualities costs."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from lib.evaluation.measure import UNITS, Metric, Setting
from lib.papers.cells import Cell, quoted
from lib.papers.judging import seeded
from lib.papers.qgcn.subjects import (
    ABLATION,
    CLASSIC5,
    DNCNN,
    GREY,
    LIVE1,
    METRICS,
    NO_RANKER,
    NO_SCORE,
    OURS,
    QUALITIES,
    READINGS,
    RNAN,
    SETS,
    restored,
)
from lib.papers.report import Report
from lib.papers.scores import Scores, mean
from lib.papers.shown import Parts, together
from lib.papers.tables import METHODS_DOWN, Line, Row, Table
from lib.recipes.common import SEEDS, seeded_name
from lib.recipes.qgcn import FULL, own_name
from lib.training.health import SHARE
from lib.training.networks import INPUT, PUBLISHED, arcnn

Cells = dict[tuple[str, int, Metric], Cell]  # method, quality, metric
TEXT = "qgcn-text-4.3"
SAID = {NO_RANKER: (10, 30), NO_SCORE: (10, 20, 30)}  # qualities of which the text speaks
WINDOWS: dict[Metric, str] = {"ssim": "Gaussian 11x11", "ssim_u8": "plain 8x8"}
QUOTED = ("LD", "TNRD", "LPIO")
TERMS = {"error": "L_MAE", "quality": "L_Q", "features": "L_F"}  # of the loss
ALONE = "trained on quality 10 alone"  # [O] not a row of the paper: what the one without dilation looks like


def table1(report: Report) -> Parts:
    """What each part contributes: the network without the ranker, dilation, or one of its losses, in both
    readings of the weights of these; and, row by row, of how many trainings the values are the mean, and how
    much of the gradient each loss has."""
    item = "qgcn-table1"
    networks = {  # without the ranker there is nothing to weigh
        reading.named(title): network
        for reading in READINGS
        for title, network in reading.networks.items()
        if reading is GREY or title != NO_RANKER
    }
    beside = {"JPEG": INPUT, ALONE: own_name(10)}
    table = report.table(item, _rows(SETS[ABLATION], _measured(report, item, networks | beside, ABLATION)))
    frame = pd.DataFrame(
        [_training(report, title, network) for title, network in (networks | {ALONE: own_name(10)}).items()]
    ).set_index("row")
    report.save_table(f"{item}-trainings", frame)
    return together(table, frame)


def table2(report: Report) -> Table:
    """Against others: ARCNN and DnCNN-3 with their authors' weights and RNAN trained here on the same
    images, three more as quoted in the paper."""
    item = "qgcn-table2"
    networks = {"JPEG": INPUT, "DnCNN": DNCNN, "RNAN": RNAN, "Ours": FULL}
    rows: list[Row] = []
    for dataset, title in SETS.items():
        cells = _quoted(report, item, dataset) | _measured(report, item, networks, dataset)
        for quality in QUALITIES:
            cells |= _measured(report, item, {"ARCNN": arcnn(quality)}, dataset, (quality,))
        rows += _rows(title, cells)
    return report.table(item, rows)


def text(report: Report) -> Table:
    """What PSNR-B loses by the text of section 4.3, without the ranker and without the quality loss."""
    rows: list[Row] = []
    for variant, qualities in SAID.items():
        for quality in qualities:
            both = (restored(GREY.networks[title], quality, ABLATION) for title in (OURS, variant))
            whole, without = (
                _over_trainings(report, "qgcn-table1", setting, ("psnr_b",))["psnr_b"] for setting in both
            )
            printed = report.printed_value(TEXT, ABLATION, variant, f"q{quality}", "psnr_b_drop")
            line = Line(SETS[ABLATION], f"q{quality}", METRICS["psnr_b"])
            rows.append((line, f"lost {variant}", replace(whole - without, printed=printed)))
    return report.table(TEXT, rows)


def windows(report: Report) -> Table:
    """Not in the paper: SSIM by the Gaussian window of 11x11, which the printed values of others fit, and by
    the plain one of 8x8."""
    item = "qgcn-windows"
    rows: list[Row] = []
    for method, network in {"JPEG": INPUT, "DnCNN": DNCNN, "RNAN": RNAN, "Ours": FULL}.items():
        for quality in QUALITIES:
            cells = report.cells(item, restored(network, quality, CLASSIC5), tuple(WINDOWS), live=False)
            printed = report.printed_value("qgcn-table2", CLASSIC5, method, f"q{quality}", "ssim")
            line = Line(SETS[CLASSIC5], f"q{quality}")
            rows += [
                (line, f"{method}, {WINDOWS[metric]}", replace(cell, printed=printed))
                for metric, cell in cells.items()
            ]
    return report.table(item, rows, METHODS_DOWN)


def per_quality(report: Report) -> Table:
    """Not in the paper: one network for three qualities beside one for each."""
    item = "qgcn-perq"
    rows: list[Row] = []
    for quality in QUALITIES:
        alone, shared = (
            _over_trainings(report, item, restored(net, quality, LIVE1), ("psnr",))["psnr"]
            for net in (own_name(quality), FULL)
        )
        line = Line(SETS[LIVE1], f"q{quality}")
        rows += [
            (line, "trained for it", alone),
            (line, "one for all", shared),
            (line, "what that costs", alone - shared),
        ]
    return report.table(item, rows)


def _quoted(report: Report, item: str, dataset: str) -> Cells:
    return {
        (method, quality, metric): quoted(
            report.printed_value(item, dataset, method, f"q{quality}", metric), UNITS[metric]
        )
        for method in QUOTED
        for quality in QUALITIES
        for metric in METRICS
    }


def _measured(
    report: Report,
    item: str,
    networks: dict[str, str],
    dataset: str,
    qualities: Sequence[int] = QUALITIES,
) -> Cells:
    found: Cells = {}
    for method, network in networks.items():
        for quality in qualities:
            setting = restored(network, quality, dataset)
            cells = _over_trainings(report, item, setting, tuple(METRICS), (method, f"q{quality}"))
            found |= {(method, quality, metric): cell for metric, cell in cells.items()}
    return found


def _over_trainings(
    report: Report,
    item: str,
    setting: Setting,
    metrics: Sequence[Metric],
    printed: tuple[str, str] = ("", ""),
) -> dict[Metric, Cell]:
    """The cells of a setting, what is stored being the mean over all trainings of its network; a notebook
    measures the first again."""
    cells = report.cells(item, setting, metrics, printed, live=setting.network not in PUBLISHED)
    further = [again for seed in SEEDS[1:] if (again := seeded(setting, seed)) not in (None, setting)]
    trainings = [cells, *(report.cells(item, again, metrics, live=False) for again in further)]
    return {
        metric: replace(
            cell,
            paper=_together([each[metric].paper for each in trainings]),
            compact=_together([each[metric].compact for each in trainings]),
        )
        for metric, cell in cells.items()
    }


def _together(trainings: Sequence[Scores | None]) -> Scores | None:
    """The mean image by image of all that are measured."""
    found = [scores for scores in trainings if scores]
    if not found:
        return None
    return {
        image: float(np.mean([scores[image] for scores in found]))
        for image in found[0]
        if all(image in scores for scores in found)
    }


def _training(report: Report, title: str, network: str) -> dict[str, str]:
    """How many trainings of a row of table 1 are measured, how far apart they are, and the mean share of each
    loss in the gradient at their ends."""
    settings = [restored(seeded_name(network, seed), QUALITIES[0], ABLATION) for seed in SEEDS]
    stored = [report.store.find("qgcn-table1", report.scale, setting) for setting in settings]
    values = [mean(found.scores) for found in stored if found]
    curves = [report.training_curve(setting.network, report.scale) for setting in settings]
    ends = [curve.iloc[-1] for curve in curves if curve is not None and len(curve)]
    row = {"row": title, "trainings": str(len(values))}
    row[f"apart at q{QUALITIES[0]}, dB"] = f"{np.ptp(values):.2f}" if len(values) > 1 else "-"
    for term, name in TERMS.items():
        shares = [end[f"{SHARE} {term}"] for end in ends if f"{SHARE} {term}" in end]
        row[f"{name} of the gradient"] = f"{np.mean(shares):.1%}" if shares else "-"
    return row


def _rows(title: str, cells: Cells) -> list[Row]:
    order = sorted(cells, key=lambda key: (QUALITIES.index(key[1]), list(METRICS).index(key[2])))
    return [(Line(title, f"q{q}", METRICS[m]), method, cells[method, q, m]) for method, q, m in order]
