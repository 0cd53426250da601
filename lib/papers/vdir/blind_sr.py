"""Tables 4 and 5 of VDIR: super-resolution of pictures that were blurred no one says how."""

from collections.abc import Sequence

import pandas as pd

from lib.degradations.levels import Blurred
from lib.evaluation.measure import Metric, Setting
from lib.papers.common import Cell, Report
from lib.papers.gains import above_printed, all_above, at_paper
from lib.papers.vdir.claims import CLAIMS
from lib.papers.vdir.subjects import MEASURED_AGAIN, METRICS, TITLES, URBAN, at_rest, small
from lib.recipes.vdir import enlarging_name

Rows = list[tuple[str, str, Cell]]
Cells = dict[tuple[str, str, str, Metric], Cell]  # method, blur as the paper's table has it, set, metric
BY: tuple[Metric, ...] = ("psnr", "ssim")
SETS = ("set5", "bsds500-val", URBAN)
WHOLE = ("set5", "bsds500-val")  # sets of which no picture is missing here
ROUND, TURNED, FOUR = "x2 g_2.0 isotropic", "x2 g_ani anisotropic", "x4 g_2.0 isotropic"
BLURS = {ROUND: Blurred(2), TURNED: Blurred(2, along=4.0, across=1.0, angle=-0.5), FOUR: Blurred(4)}
IN_PLACE = "Bicubic, pixels in place"  # not printed
METHODS = ("Bicubic", IN_PLACE, "RCAN", "IKC", "MZSR", "DIP-FKP + USRNet", "VDIR")
RIVAL = "MZSR"


def table4(report: Report) -> pd.DataFrame:
    """Twice the sides, with an isotropic and an anisotropic blur."""
    item, blurs = "vdir-table4", (ROUND, TURNED)
    cells = _cells(report, item, blurs)
    report.judge(CLAIMS["better than learning at test time (x2)"], at_paper(all_above(_over(cells, blurs))))
    easier = [cells["VDIR", ROUND, d, "psnr"] - cells["VDIR", TURNED, d, "psnr"] for d in SETS]
    report.judge(CLAIMS["the round blur is easier"], all_above(easier))
    report.judge(CLAIMS["more than alignment (x2)"], all_above(_in_place(cells, blurs)))
    return report.table(item, _rows(cells))


def table5(report: Report) -> pd.DataFrame:
    """Four times the sides, with an isotropic blur."""
    item, blurs = "vdir-table5", (FOUR,)
    cells = _cells(report, item, blurs)
    report.judge(CLAIMS["better than learning at test time (x4)"], at_paper(all_above(_over(cells, blurs))))
    report.judge(CLAIMS["more than alignment (x4)"], all_above(_in_place(cells, blurs)))
    return report.table(item, _rows(cells))


def _cells(report: Report, item: str, blurs: Sequence[str]) -> Cells:
    found: Cells = {}
    for dataset in SETS:
        for blur in blurs:
            factor = BLURS[blur].factor
            networks = {
                "Bicubic": (f"bicubic x{factor}", ()),
                IN_PLACE: (f"bicubic x{factor} in place", ()),
                "VDIR": (enlarging_name(factor), at_rest(enlarging_name(factor))),
            }
            for method in METHODS:
                if method in networks:
                    setting = Setting(*networks[method], small(BLURS[blur], dataset))
                    live = dataset in MEASURED_AGAIN
                    own = report.cells(item, setting, BY, (method, blur), live=live)
                else:
                    own = {metric: _quoted(report, item, dataset, method, blur, metric) for metric in BY}
                found |= {(method, blur, dataset, metric): cell for metric, cell in own.items()}
    return found


def _quoted(report: Report, item: str, dataset: str, method: str, blur: str, metric: Metric) -> Cell:
    printed = report.printed_value(item, dataset, method, blur, metric)
    return Cell(printed, needs="quoted", unit="1" if metric == "ssim" else "dB")


def _over(cells: Cells, blurs: Sequence[str]) -> list[Cell]:
    """By how much VDIR is above what is printed for its rival, on whole sets."""
    return [
        above_printed(cells["VDIR", blur, dataset, "psnr"], cells[RIVAL, blur, dataset, "psnr"].printed)
        for dataset in WHOLE
        for blur in blurs
    ]


def _in_place(cells: Cells, blurs: Sequence[str]) -> list[Cell]:
    return [
        cells["VDIR", blur, dataset, "psnr"] - cells[IN_PLACE, blur, dataset, "psnr"]
        for dataset in SETS
        for blur in blurs
    ]


def _rows(cells: Cells) -> Rows:
    order = sorted(cells, key=lambda key: (SETS.index(key[2]), list(BLURS).index(key[1]), BY.index(key[3])))
    return [
        (f"{TITLES[dataset]} {blur} {METRICS[metric]}", method, cells[method, blur, dataset, metric])
        for method, blur, dataset, metric in order
    ]
