"""Tables 1 and 2 of CUGAN: one network for all degradations against one for each."""

from dataclasses import replace

from lib.degradations.levels import BlurNoise
from lib.evaluation.measure import Metric
from lib.models.cugan import SIGMA
from lib.papers.cells import Cell
from lib.papers.cugan.subjects import (
    CONTROLLED,
    GAN_LEVELS,
    LIVE1,
    METRICS,
    MSE_LEVELS,
    cugan,
    first_stage,
    of_table1,
    of_table2,
)
from lib.papers.report import Report
from lib.papers.tables import METHODS_DOWN, Axis, Line, Row, Shape, Table

BY_METRIC = Shape((Axis.METRIC, Axis.METHOD), (Axis.SETTING,))
PRINTED_BLUR = 0.15  # [P] what table 1 tells of r = 1, where the rule gives 0.25
AGREES = 0.015  # dB, of numbers printed with two digits
FAR: dict[Metric, str] = {"lpips_paper": "lpips_distance", "dists": "dists_distance"}  # as they are printed


def table1(report: Report) -> Table:
    """LPIPS as the paper has it and as it is meant, and DISTS; beside them NIQE, PSNR and the distance in the
    ranker's maps. Of the Unet that a UGAN is trained on from, what tells whether that made it better."""
    item = "cugan-table1"
    rows: list[Row] = []
    for level in GAN_LEVELS:
        measured = _measured(report, item, level)
        for metric, title in METRICS.items():
            line = Line(LIVE1, level.name, title)
            rows += [(line, method, cells[metric]) for method, cells in measured.items() if metric in cells]
            far = measured["CUGAN"][metric] - measured["UGAN"][metric]
            if metric in FAR:
                method = "distance CUGAN-UGAN"
                far = replace(far, printed=report.printed_value(item, LIVE1, method, level.name, FAR[metric]))
            rows.append((line, "CUGAN less UGAN", far))
    return report.table(item, rows, BY_METRIC)


def _measured(report: Report, item: str, level: BlurNoise) -> dict[str, dict[Metric, Cell]]:
    """By method and metric."""
    settings = of_table1(level)
    before = first_stage(settings["UGAN"])
    if level.blur == 1:
        printed = replace(cugan(level), knobs=(PRINTED_BLUR, level.sigma / SIGMA))
        settings[f"CUGAN told {PRINTED_BLUR:g} of blur"] = printed
    return {"Unet": report.cells(item, before, CONTROLLED)} | {
        method: report.cells(item, setting, tuple(METRICS), (method, level.name))
        for method, setting in settings.items()
    }


def table2(report: Report) -> Table:
    """CUnet against a Unet for each degradation, and against CResMD."""
    item = "cugan-table2"
    rows: list[Row] = []
    for level in MSE_LEVELS:
        written, settings = level.name, of_table2(level)
        line = Line("cbsd68", written)
        distance = report.printed_value(item, "cbsd68", "distance Unet-CUnet", written, "psnr_distance")
        degraded = report.cell(item, settings["degraded"])
        own, rival = (report.cell(item, settings[name], (name, written)) for name in ("Unet", "CResMD"))
        printed = report.printed_value(item, "cbsd68", "CUnet", written)
        right = abs(own.printed - printed - distance) <= AGREES
        ours = report.cell(item, settings["CUnet"], ("CUnet", written if right else ""))
        rows += [
            (line, "degraded", degraded),
            (line, "Unet", own),
            (line, "CUnet", replace(ours, printed=printed)),
        ]
        if not right:
            meant = replace(ours, printed=own.printed - distance)
            rows.append((line, "CUnet, as Unet less the distance", meant))
        far = replace(own - ours, printed=distance)
        rows += [(line, "Unet less CUnet", far), (line, "CResMD", rival)]
    return report.table(item, rows, METHODS_DOWN)
