"""Sections 4.6 and 5.2 of VDIR: how large the network is, and what larger ones gain on it."""

import pandas as pd

from lib.papers.judging import Gap, Quote
from lib.papers.report import Report
from lib.papers.vdir.real import counted
from lib.recipes import find
from lib.recipes.vdir import REAL

SIZE, LARGER, TABLE = "vdir-text-4.6", "vdir-text-5.2", "vdir-table3"
DND, RIVALS = "DND (online)", ("MIRNet", "MPRNet")


def size(report: Report) -> pd.DataFrame:
    """Parameters of encoder and restorer: as printed, at the paper's size, and at that of this notebook."""
    setting = "restorer and encoder, N=5, D=5"
    own = {scale: counted(find(REAL, scale).build())["parameters"] for scale in ("paper", report.scale)}
    row = {"printed, millions": str(Quote(SIZE, "", "VDIR", setting, "parameters"))}
    row |= {"the paper's size": f"{own['paper']:,}", report.scale: f"{own[report.scale]:,}"}
    frame = pd.DataFrame(row, index=pd.Index(["encoder and restorer"], name="parameters"))
    report.save_table(SIZE, frame)
    return frame


def larger(report: Report) -> pd.DataFrame:
    """What two larger networks gain on VDIR, which nobody measures here: by the text and by table 3."""
    ours = Quote(TABLE, DND, "VDIR", "blind")
    rows = {
        rival: {
            "parameters, millions": str(Quote(TABLE, DND, rival, "blind", "parameters")),
            "above VDIR by the text, dB": str(Quote(LARGER, "", f"{rival} vs VDIR", "DND", "psnr_gain")),
            "by table 3, dB": str(Gap(Quote(TABLE, DND, rival, "blind"), ours)),
        }
        for rival in RIVALS
    }
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("network")
    report.save_table(LARGER, frame)
    return frame
