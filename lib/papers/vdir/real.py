"""Tables 2, 3, 8 and 10 of VDIR: the noise of cameras.

SIDD and DND are not at hand, and the truth of SIDD's test part and of DND is with their servers: what the
paper prints stands alone. Beside it CBSD68 with synthetic camera noise, the only one that our networks see.
"""

import pandas as pd

from lib.evaluation.measure import Metric, Setting
from lib.models.vdir import VDIR
from lib.papers.common import Cell, Report, Verdict
from lib.papers.gains import Test, all_above, at_paper
from lib.papers.vdir.claims import CLAIMS
from lib.papers.vdir.subjects import METRICS, camera
from lib.recipes import Scale, find
from lib.recipes.vdir import REAL, REAL_NAIVE

Rows = list[tuple[str, str, Cell]]
BY: tuple[Metric, ...] = ("psnr", "ssim")
STAND_IN = "CBSD68, synthetic camera noise"
SIDD, DND = "needs SIDD", "needs DND"
RIVALS = ("VDN", "MPRNet", "MIRNet")


def table2(report: Report) -> pd.DataFrame:
    """SIDD as printed; synthetic camera noise with and without the mean over eight orientations."""
    item = "vdir-table2"
    ours = _stand_in(report, item, REAL)
    ensemble = _stand_in(report, item, f"{REAL} +", live=False)
    report.judge(CLAIMS["smaller than its rivals"], at_paper(_smaller(report, item)))
    report.judge(CLAIMS["as good as a larger network on SIDD"], _absent, SIDD)
    report.judge(CLAIMS["all orientations help"], all_above([ensemble["psnr"] - ours["psnr"]]))
    rows = _printed(report, item, SIDD)
    for metric in BY:
        line = f"{STAND_IN} {METRICS[metric]}"
        rows += [(line, "VDIR", ours[metric]), (line, "VDIR+", ensemble[metric])]
    return report.table(item, rows)


def table3(report: Report) -> pd.DataFrame:
    """DND as printed."""
    item = "vdir-table3"
    report.judge(CLAIMS["better than VDN on DND"], _absent, DND)
    return report.table(item, _printed(report, item, DND))


def table8(report: Report) -> pd.DataFrame:
    """The restorer alone, trained on synthetic noise or on SIDD, as printed: a network trained on SIDD needs
    SIDD too."""
    item = "vdir-table8"
    report.judge(CLAIMS["synthetic noise is not that of phones"], _absent, SIDD)
    printed = report.printed[report.printed["item"] == item]
    rows = [
        (f"{row['dataset']} PSNR", row["setting"], Cell(float(row["value"]), needs=f"needs {row['dataset']}"))
        for _, row in printed.iterrows()
    ]
    return report.table(item, rows)


def table10(report: Report) -> pd.DataFrame:
    """With and without the latent: as printed, and on synthetic camera noise."""
    item = "vdir-table10"
    cells = {
        "L_res only": _stand_in(report, item, REAL_NAIVE)["psnr"],
        "full loss": _stand_in(report, item, REAL)["psnr"],
    }
    report.judge(
        CLAIMS["the latent helps on real noise"], all_above([cells["full loss"] - cells["L_res only"]])
    )
    printed = report.printed[report.printed["item"] == item]
    rows: Rows = []
    for _, row in printed.iterrows():
        needs = SIDD if row["dataset"].startswith("SIDD") else DND
        rows.append((f"{row['dataset']} PSNR", row["method"], Cell(float(row["value"]), needs=needs)))
    rows += [(f"{STAND_IN} PSNR", method, cell) for method, cell in cells.items()]
    return report.table(item, rows)


def _stand_in(report: Report, item: str, network: str, *, live: bool = True) -> dict[Metric, Cell]:
    return report.cells(item, Setting(network, (), camera()), BY, live=live)


def _printed(report: Report, item: str, needs: str) -> Rows:
    """PSNR and SSIM of every method that the paper lists, by metric."""
    rows: Rows = []
    for metric in BY:
        own = report.printed[(report.printed["item"] == item) & (report.printed["metric"] == metric)]
        unit = "dB" if metric == "psnr" else "1"
        rows += [
            (
                f"{row['dataset']} {METRICS[metric]}",
                row["method"],
                Cell(float(row["value"]), needs=needs, unit=unit),
            )
            for _, row in own.iterrows()
        ]
    return rows


def _absent(scale: Scale) -> Verdict:
    """Of a claim on pictures that are not at hand."""
    return None


def _smaller(report: Report, item: str) -> Test:
    """Counted on the modules that restore."""
    printed = report.printed[(report.printed["item"] == item) & (report.printed["metric"] == "parameters")]
    millions = {row["method"]: float(row["value"]) for _, row in printed.iterrows() if row["unit"] == "M"}

    def test(scale: Scale) -> Verdict:
        ours = restoring(find(REAL, scale).build()) / 1e6
        others = ", ".join(f"{name} {millions[name]:g}" for name in RIVALS)
        holds = abs(ours - millions["VDIR"]) < 0.05 and all(ours < millions[name] for name in RIVALS)
        return holds, f"{ours:.3f} million; printed: {others}"

    return test


def restoring(net: VDIR) -> int:
    """Parameters of what restores: encoder and restorer."""
    return sum(p.numel() for part in (net.encoder, net.restorer) for p in part.parameters())
