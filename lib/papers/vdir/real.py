"""Tables 2, 3, 8 and 10 of VDIR: the noise of cameras.

The truth of SIDD's test part and of DND is with their servers: what the paper prints of them stands alone.
Measured is SIDD's validation part, where it is at hand; photographs of other sets with a reference, which are
neither; and CBSD68 with synthetic camera noise, the only one that our networks see in training.
"""

import pandas as pd

from lib.evaluation.measure import Metric, Protocol, Setting
from lib.models.vdir import VDIR
from lib.papers.cells import Absence, Cell
from lib.papers.report import Report
from lib.papers.scores import mean
from lib.papers.tables import Axis, Line, Row, Shape, Table
from lib.papers.vdir.subjects import (
    AUTHORS,
    BASELINE,
    ENSEMBLE,
    METRICS,
    SERVERS,
    SIDD,
    SYNTHETIC,
    TITLES,
    blind,
    camera,
    photographed,
)
from lib.recipes import find
from lib.recipes.vdir import REAL, REAL_NAIVE
from lib.training.networks import INPUT, VDIR_REAL, has_published

Cells = dict[Metric, Cell]
BY: tuple[Metric, ...] = ("psnr", "ssim")
METRICS_ACROSS = Shape((Axis.DATASET, Axis.METHOD), (Axis.METRIC,))
SETS_DOWN = Shape((Axis.DATASET, Axis.METHOD), ())
PHOTOGRAPHS = ("cc15", "polyu")
STAND_IN = "CBSD68, synthetic camera noise"
ALONE = "VDIR, the restorer alone"
TOLD = (5.0, 10.0, 15.0, 20.0)  # sigmas of which FFDNet is told the one that is best for a set


def table2(report: Report) -> Table:
    """Return SIDD's test part as printed; with and without the mean over eight orientations and beside other
    networks, its validation part and other photographs; synthetic camera noise."""
    item = "vdir-table2"
    report.keep_facts(item, counted(find(REAL, report.scale).build()))
    ours = report.cells(item, blind(REAL, camera()), BY)
    ensemble = report.cells(item, blind(ENSEMBLE, camera()), BY, live=False)
    sidd = _methods(report, item, photographed(SIDD))
    sidd["VDIR+"] = report.cells(item, blind(ENSEMBLE, photographed(SIDD)), BY, live=False)
    rows = _printed(report, item)
    rows += _lines(TITLES[SIDD], sidd)
    rows += _others(report, item)
    rows += _lines(STAND_IN, {"VDIR": ours, "VDIR+": ensemble})
    return report.table(item, rows, METRICS_ACROSS)


def table3(report: Report) -> Table:
    """Return DND as printed, and other photographs."""
    item = "vdir-table3"
    return report.table(item, [*_printed(report, item), *_others(report, item)], METRICS_ACROSS)


def table8(report: Report) -> Table:
    """Return the restorer alone, trained on synthetic noise: SIDD's validation part, and other photographs.
    As printed also trained on SIDD, which no network here is, and on DND."""
    item = "vdir-table8"
    setting = blind(REAL_NAIVE, photographed(SIDD))
    ours = report.cell(item, setting, (BASELINE, SYNTHETIC), live=False)
    needs = {"SIDD": "needs a network trained on SIDD", "DND": SERVERS["DND"]}
    rows: list[Row] = []
    for _, row in report.printed[report.printed["item"] == item].iterrows():
        server = Cell(float(row["value"]), needs=needs[row["dataset"]], absent=Absence(needs[row["dataset"]]))
        here = (row["dataset"], row["setting"]) == ("SIDD", SYNTHETIC)
        rows.append((Line(row["dataset"]), row["setting"], ours if here else server))
    for dataset in PHOTOGRAPHS:
        for title, network in (("noisy", INPUT), ("trained on BSDS500 with synthetic noise", REAL_NAIVE)):
            cell = report.cell(item, Setting(network, (), photographed(dataset)), live=False)
            rows.append((Line(TITLES[dataset]), title, cell))
    return report.table(item, rows, SETS_DOWN)


def table10(report: Report) -> Table:
    """Return what the latent adds: SIDD's validation part, DND as printed, and synthetic camera noise."""
    item = "vdir-table10"
    networks = {"L_res only": REAL_NAIVE, "full loss": REAL}
    cells = {name: report.cell(item, blind(run, camera())) for name, run in networks.items()}
    rows: list[Row] = []
    for _, row in report.printed[report.printed["item"] == item].iterrows():
        cell = Cell(float(row["value"]), needs=SERVERS["DND"], absent=Absence(SERVERS["DND"]))
        if row["dataset"] == TITLES[SIDD]:
            written = (row["method"], row["setting"])
            setting = blind(networks[row["method"]], photographed(SIDD))
            cell = report.cell(item, setting, written, live=False)
        rows.append((Line(row["dataset"]), row["method"], cell))
    rows += [(Line(STAND_IN), method, cell) for method, cell in cells.items()]
    return report.table(item, rows, SETS_DOWN)


def _others(report: Report, item: str) -> list[Row]:
    """Photographs that are neither of SIDD nor of DND."""
    return [
        row
        for dataset in PHOTOGRAPHS
        for row in _lines(TITLES[dataset], _methods(report, item, photographed(dataset)))
    ]


def _methods(report: Report, item: str, protocol: Protocol) -> dict[str, Cells]:
    """Every network here on real noise, by the name of its row."""
    networks = {
        "noisy": INPUT,
        "CDnCNN-B, blind": "CDnCNN-B",
        ALONE: REAL_NAIVE,
        "VDIR": REAL,
    }
    if has_published(VDIR_REAL):
        networks[AUTHORS] = VDIR_REAL
    found = {
        title: report.cells(item, Setting(network, (), protocol), BY, live=False)
        for title, network in networks.items()
    }
    level, told = _told(report, item, protocol)
    return {"noisy": found.pop("noisy"), f"FFDNet, told {level:g}, the best": told, **found}


def _told(report: Report, item: str, protocol: Protocol) -> tuple[float, Cells]:
    """FFDNet at the level with the highest PSNR on these photographs, the first where none is measured."""
    found = {
        level: report.cells(item, Setting("FFDNet colour", (level,), protocol), BY, live=False)
        for level in TOLD
    }
    scores = {level: cells["psnr"].paper or cells["psnr"].this_run for level, cells in found.items()}
    known = [level for level in TOLD if scores[level]]
    best = max(known, key=lambda level: mean(scores[level]), default=TOLD[0])
    return best, found[best]


def _lines(title: str, methods: dict[str, Cells]) -> list[Row]:
    return [(Line(title, metric=METRICS[m]), name, cells[m]) for m in BY for name, cells in methods.items()]


def _printed(report: Report, item: str) -> list[Row]:
    """PSNR and SSIM of every method that the paper lists, by metric: on what only a server can tell."""
    rows: list[Row] = []
    for metric in BY:
        own = report.printed[(report.printed["item"] == item) & (report.printed["metric"] == metric)]
        unit = "dB" if metric == "psnr" else "1"
        rows += [
            (
                Line(row["dataset"], metric=METRICS[metric]),
                row["method"],
                _with_server(row, unit),
            )
            for _, row in own.iterrows()
        ]
    return rows


def _with_server(row: pd.Series, unit: str) -> Cell:
    """A printed number whose truth only a server has."""
    needs = SERVERS[row["dataset"].split()[0]]
    return Cell(float(row["value"]), needs=needs, unit=unit, absent=Absence(needs))


def counted(net: VDIR) -> dict[str, float]:
    """Return the parameters of what restores, encoder and restorer, as a fact."""
    parts = (net.encoder, net.restorer)
    return {"parameters": sum(p.numel() for part in parts for p in part.parameters())}
