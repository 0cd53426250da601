"""What the text of section 4.2 says, against the paper's own tables; and parameters, counted."""

from dataclasses import dataclass

import pandas as pd

from lib.degradations.levels import BlurNoise
from lib.papers.cugan.subjects import LIVE1, MSE_LEVELS, ONE, STRONG, unet
from lib.papers.cugan.tables import AGREES
from lib.papers.report import Report
from lib.papers.shown import Parts, together
from lib.recipes import Scale, find
from lib.recipes.cugan import CUNET, RIVAL

ITEM = "cugan-text-4.2"
COUNTED = {"CUnet": CUNET, "Unet": unet(ONE[0]), "CResMD": RIVAL}


@dataclass(frozen=True)
class Statement:
    """A number of the text, what the tables give for it, and how far apart the two may be."""

    what: str
    text: float
    tables: float
    digits: int
    at_most: bool  # whether the text gives a bound

    @property
    def row(self) -> dict[str, str]:
        slack = AGREES if self.digits == 2 else 0.5 * 10**-self.digits
        agrees = self.tables <= self.text + slack if self.at_most else abs(self.tables - self.text) <= slack
        return {
            "statement": self.what,
            "text": f"{self.text:.{self.digits}f}",
            "tables": f"{self.tables:.{self.digits}f}",
            "agree": "yes" if agrees else "no",
        }


def sentences(report: Report) -> Parts:
    """Sentences against tables, where CUnet is read as Unet less the distance (two columns are misprinted);
    and the parameters of the networks as they are described."""
    said = pd.DataFrame([statement.row for statement in _statements(report)]).set_index("statement")
    report.save_table(ITEM, said)
    rows = [_counts(report, method, run) for method, run in COUNTED.items()]
    parameters = pd.DataFrame(rows).set_index("network")
    report.save_table(f"{ITEM}-parameters", parameters)
    counted = {f"million parameters of {name}": _millions(run, report.scale) for name, run in COUNTED.items()}
    report.keep_facts(ITEM, counted)
    return together(said, parameters)


def _statements(report: Report) -> list[Statement]:
    def psnr(method: str, level: BlurNoise) -> float:
        return report.printed_value("cugan-table2", "cbsd68", method, level.name)

    def far(level: BlurNoise) -> float:
        return report.printed_value(
            "cugan-table2", "cbsd68", "distance Unet-CUnet", level.name, "psnr_distance"
        )

    def worse(level: BlurNoise, metric: str) -> float:
        method = "distance CUGAN-UGAN"
        return report.printed_value("cugan-table1", LIVE1, method, level.name, f"{metric}_distance")

    def said(method: str, setting: str, metric: str) -> float:
        return report.printed_value(ITEM, "", method, setting, metric)

    statements = []
    for level in (BlurNoise(4, 0), BlurNoise(0, 50)):
        gain = said("CUnet vs CResMD", f"CBSD68 {level.name}", "psnr_gain")
        for ours, lost in (("CUnet", far(level)), ("Unet", 0.0)):
            value = psnr("Unet", level) - lost - psnr("CResMD", level)
            name = f"{ours} above CResMD at {level.name} (dB; said of CUnet)"
            statements.append(Statement(name, gain, value, 2, False))
    bound = said("CUnet vs Unet", "all Table 2 settings", "psnr_distance_bound")
    statements.append(Statement("CUnet below Unet (dB), at most", bound, max(map(far, MSE_LEVELS)), 2, True))
    for metric in ("lpips", "dists"):
        bound = said("CUGAN vs UGAN", "single degradations", f"{metric}_distance_bound")
        most = max(worse(level, metric) for level in ONE)
        name = f"{metric.upper()} of CUGAN above UGAN, one degradation, at most"
        statements.append(Statement(name, bound, most, 4, True))
        most = max(worse(level, metric) for level in STRONG)
        name = f"{metric.upper()} of CUGAN above UGAN, two strong degradations, below"
        statements.append(Statement(name, 0.0, most, 4, True))
    return statements


def _counts(report: Report, method: str, run: str) -> dict[str, str]:
    printed = report.printed_value("cugan-table2", "", method, "", "parameters")
    return {
        "network": method,
        "printed (million)": f"{printed:g}",
        "paper scale": f"{_millions(run, 'paper'):.3f}",
        "compact": f"{_millions(run, 'compact'):.3f}",
    }


def _millions(run: str, scale: Scale) -> float:
    return sum(p.numel() for p in find(run, scale).build().parameters()) / 1e6
