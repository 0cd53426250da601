"""Tables 1 and 2 of CUGAN: one network for all degradations against one for each."""

from dataclasses import replace

import pandas as pd

from lib.degradations.levels import BlurNoise
from lib.evaluation.measure import Metric, Setting
from lib.models.cugan import SIGMA
from lib.papers.common import Cell, Report, Verdict
from lib.papers.cugan.claims import CLAIMS
from lib.papers.cugan.judging import Test, above, ends, within, within_share
from lib.papers.cugan.subjects import (
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
from lib.recipes import Scale
from lib.recipes.cugan import CUNET, RIVAL
from lib.training.networks import INPUT

Rows = list[tuple[str, str, Cell]]
PRINTED_BLUR = 0.15  # [P] what table 1 tells of r = 1, where the rule gives 0.25
AGREES = 0.015  # dB, of numbers printed with two digits
MOST = 0.22  # [P] dB
ALMOST_ALL = 7  # [P] of eight settings
FAR: dict[Metric, str] = {"lpips_paper": "lpips_distance", "dists": "dists_distance"}  # as they are printed


def table1(report: Report) -> pd.DataFrame:
    """LPIPS as the paper has it and as it is meant, and DISTS; beside them NIQE, PSNR and the distance in the
    ranker's maps."""
    item = "cugan-table1"
    rows: Rows = []
    measured = {}
    for level in GAN_LEVELS:
        measured[level] = _measured(report, item, level)
        for metric, title in METRICS.items():
            line = f"{LIVE1} {level.name} {title}"
            rows += [(line, method, cells[metric]) for method, cells in measured[level].items()]
            far = measured[level]["CUGAN"][metric] - measured[level]["UGAN"][metric]
            if metric in FAR:
                method = "distance CUGAN-UGAN"
                far = replace(far, printed=report.printed_value(item, LIVE1, method, level.name, FAR[metric]))
            rows.append((line, "CUGAN less UGAN", far))
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
    return {
        method: report.cells(item, setting, tuple(METRICS), (method, level.name))
        for method, setting in settings.items()
    }


def _largest_share(report: Report) -> float:
    """By what share LPIPS of CUGAN is printed above that of UGAN, at most."""

    def printed(method: str, level: BlurNoise) -> float:
        return report.printed_value("cugan-table1", LIVE1, method, level.name, "lpips_paper")

    return max(printed("CUGAN", level) / printed("UGAN", level) - 1 for level in GAN_LEVELS)


def table2(report: Report) -> pd.DataFrame:
    """CUnet against a Unet for each degradation, and against CResMD."""
    item = "cugan-table2"
    rows: Rows = []
    far, ahead, works = {}, [], []
    for level in MSE_LEVELS:
        line, protocol, written = f"cbsd68 {level.name}", on_cbsd68(level), level.name
        distance = report.printed_value(item, "cbsd68", "distance Unet-CUnet", written, "psnr_distance")
        own = report.cell(item, Setting(unet(level), (), protocol), ("Unet", written))
        rival = report.cell(item, Setting(RIVAL, told(level), protocol), ("CResMD", written))
        degraded = report.cell(item, Setting(INPUT, (), protocol))
        printed = report.printed_value(item, "cbsd68", "CUnet", written)
        right = abs(own.printed - printed - distance) <= AGREES
        ours = report.cell(item, Setting(CUNET, told(level), protocol), ("CUnet", written if right else ""))
        far[level] = replace(own - ours, printed=distance)
        ahead.append(ours - rival)
        works.append(rival - degraded)
        rows += [
            (line, "degraded", degraded),
            (line, "Unet", own),
            (line, "CUnet", replace(ours, printed=printed)),
        ]
        if not right:
            meant = replace(ours, printed=own.printed - distance)
            rows.append((line, "CUnet, as Unet less the distance", meant))
        rows += [(line, "Unet less CUnet", far[level]), (line, "CResMD", rival)]
    cheaper = [far[blur] - far[replace(blur, sigma=50)] for blur in ONE if blur.blur]
    report.judge(
        CLAIMS["one CUnet is close to networks of one degradation"], within(list(far.values()), MOST)
    )
    report.judge(CLAIMS["two strong degradations cost less than blur alone"], above(cheaper))
    report.judge(CLAIMS["better than CResMD"], _against_one_that_works(works, ahead))
    return report.table(item, rows)


def _against_one_that_works(works: list[Cell], ahead: list[Cell]) -> Test:
    """Whether CUnet is ahead, where its rival itself improves on every degraded picture that it is given."""

    def test(scale: Scale) -> Verdict:
        gains = [cell.at(scale) for cell in works]
        if not all(gains):
            return None
        if not all(ends(gain)[0] > 0 for gain in gains):
            return None, "CResMD, as trained here, does not restore every degradation"
        return above(ahead, ALMOST_ALL)(scale)

    return test
