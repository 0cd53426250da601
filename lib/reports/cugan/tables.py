"""Tables 1 and 2 of CUGAN: one network for all degradations against one for each."""

from dataclasses import replace

import pandas as pd

from lib.claims.cugan import CLAIMS
from lib.measure import Metric, Setting
from lib.models.cugan import SIGMA
from lib.recipes.common import BlurNoise
from lib.recipes.cugan import CUNET, RIVAL
from lib.reports.common import Cell, Report
from lib.reports.cugan.judging import above, within, within_share
from lib.reports.cugan.subjects import (
    GAN_LEVELS,
    LIVE1,
    METRICS,
    MSE_LEVELS,
    ONE,
    STRONG,
    cugan,
    on_cbsd68,
    on_live1,
    told,
    ugan,
    unet,
)

Rows = list[tuple[str, str, Cell]]
QUOTED = {"lpips": "LPIPS", "dists": "DISTS"}
PRINTED_BLUR = 0.15  # [P] what table 1 tells of r = 1, where the rule gives 0.25
AGREES = 0.015  # dB, of numbers printed with two digits
MOST = 0.22  # [P] dB
ALMOST_ALL = 7  # [P] of eight settings


def table1(report: Report) -> pd.DataFrame:
    """LPIPS and DISTS as printed; beside them NIQE, PSNR and the distance in the ranker's maps, measured."""
    item = "cugan-table1"
    rows: Rows = []
    measured = {}
    for level in GAN_LEVELS:
        rows += _quoted(report, item, level)
        measured[level] = _measured(report, item, level)
        for metric, title in METRICS.items():
            line = f"{LIVE1} {level.name} {title}"
            rows += [(line, method, cells[metric]) for method, cells in measured[level].items()]
            far = measured[level]["CUGAN"][metric] - measured[level]["UGAN"][metric]
            rows.append((line, "distance", far))
    pairs = [
        (measured[level]["CUGAN"]["features"], measured[level]["UGAN"]["features"]) for level in GAN_LEVELS
    ]
    gains = [measured[level]["UGAN"]["features"] - measured[level]["CUGAN"]["features"] for level in STRONG]
    report.judge(
        CLAIMS["one CUGAN is close to networks of one degradation"],
        within_share(pairs, _largest_share(report)),
    )
    report.judge(CLAIMS["one CUGAN is better under two strong degradations"], above(gains))
    return report.table(item, rows)


def _measured(report: Report, item: str, level: BlurNoise) -> dict[str, dict[Metric, Cell]]:
    """By method and metric."""
    settings = {"UGAN": Setting(ugan(level), (), on_live1(level)), "CUGAN": cugan(level)}
    if level.blur == 1:
        printed = replace(cugan(level), knobs=(PRINTED_BLUR, level.sigma / SIGMA))
        settings[f"CUGAN told {PRINTED_BLUR:g} of blur"] = printed
    return {method: report.cells(item, setting, tuple(METRICS)) for method, setting in settings.items()}


def _quoted(report: Report, item: str, level: BlurNoise) -> Rows:
    """What needs weights that are not at hand."""
    rows = []
    for metric, title in QUOTED.items():
        methods = {"UGAN": metric, "CUGAN": metric, "distance CUGAN-UGAN": f"{metric}_distance"}
        for method, written in methods.items():
            printed = report.printed_value(item, LIVE1, method, level.name, written)
            cell = Cell(printed, needs=f"needs {title} weights", unit="distance")
            rows.append((f"{LIVE1} {level.name} {title}", method.removesuffix(" CUGAN-UGAN"), cell))
    return rows


def _largest_share(report: Report) -> float:
    """By what share LPIPS of CUGAN is printed above that of UGAN, at most."""

    def printed(method: str, level: BlurNoise) -> float:
        return report.printed_value("cugan-table1", LIVE1, method, level.name, "lpips")

    return max(printed("CUGAN", level) / printed("UGAN", level) - 1 for level in GAN_LEVELS)


def table2(report: Report) -> pd.DataFrame:
    """CUnet against a Unet for each degradation, and against CResMD."""
    item = "cugan-table2"
    rows: Rows = []
    far, ahead = {}, []
    for level in MSE_LEVELS:
        line, protocol, written = f"cbsd68 {level.name}", on_cbsd68(level), level.name
        own = report.cell(item, Setting(unet(level), (), protocol), ("Unet", written))
        ours = report.cell(item, Setting(CUNET, told(level), protocol), ("CUnet", written))
        rival = report.cell(item, Setting(RIVAL, told(level), protocol), ("CResMD", written))
        printed = report.printed_value(
            item, "cbsd68", "distance Unet-CUnet", written, f"{protocol.metric}_distance"
        )
        far[level] = replace(own - ours, printed=printed)
        ahead.append(ours - rival)
        rows += [(line, "Unet", own), (line, "CUnet", ours)]
        if abs((own - ours).printed - printed) > AGREES:
            meant = Cell(own.printed - printed, needs="misprinted above")
            rows.append((line, "CUnet, as Unet less the distance", meant))
        rows += [(line, "distance", far[level]), (line, "CResMD", rival)]
    cheaper = [far[blur] - far[replace(blur, sigma=50)] for blur in ONE if blur.blur]
    report.judge(
        CLAIMS["one CUnet is close to networks of one degradation"], within(list(far.values()), MOST)
    )
    report.judge(CLAIMS["two strong degradations cost less than blur alone"], above(cheaper))
    report.judge(CLAIMS["better than CResMD"], above(ahead, ALMOST_ALL))
    return report.table(item, rows)
