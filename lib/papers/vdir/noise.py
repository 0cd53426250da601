"""Tables 1, 9 and 11 of VDIR: Gaussian noise, the losses one by one, FFDNet as the restorer."""

from dataclasses import replace

from lib.evaluation.measure import Setting
from lib.papers.cells import Cell, averaged, quoted
from lib.papers.report import Report
from lib.papers.tables import BY_LEVEL, METHODS_DOWN, Line, Row, Table
from lib.papers.vdir.subjects import (
    ABLATION,
    AUTHORS,
    FFDNET_SIGMAS,
    MEASURED_AGAIN,
    NOISY_SETS,
    PUBLISHED,
    SIGMAS,
    TITLES,
    URBAN,
    blind,
    denoised,
    noisy,
    on_ffdnet,
    sampled,
)
from lib.recipes.common import SEEDS, seeded_name
from lib.recipes.vdir import AWGN, COMPACT, long_name
from lib.training.networks import VDIR_AWGN, has_published

METHODS = ("CBM3D", "CDnCNN", "FFDNet", "UNLNet", "VDN", "VDIR")  # in the order of the paper
AGAIN = 30  # level that a notebook measures again
SAMPLED_ON = "cbsd68"
LONGER = f"{COMPACT.long_steps:,} steps"


def table1(report: Report) -> Table:
    """Return blind denoising beside CDnCNN (blind) and FFDNet (told) with their authors' weights; others
    quoted."""
    item = "vdir-table1"
    rows: list[Row] = []
    for dataset in NOISY_SETS:
        for sigma in SIGMAS:
            cells = {method: _cell(report, item, method, dataset, sigma) for method in METHODS}
            line = Line(TITLES[dataset], f"sigma{sigma}")
            rows += [(line, method, cell) for method, cell in cells.items() if cell.printed is not None]
            if has_published(VDIR_AWGN):
                setting, written = Setting(VDIR_AWGN, (), noisy(sigma, dataset)), ("VDIR", f"sigma{sigma}")
                rows.append((line, AUTHORS, report.cell(item, setting, written, live=False)))
            if dataset == SAMPLED_ON:
                samples = [report.cell(item, setting, live=False) for setting in sampled(sigma)]
                rows.append((line, "VDIR, one sample", averaged(samples)))
                _of_further_seeds(report, item, sigma)
    return report.table(item, rows, BY_LEVEL)


def _of_further_seeds(report: Report, item: str, sigma: int) -> None:
    """Ask for what no table shows: by how much a sample is worse with the other trainings."""
    for seed in SEEDS[1:]:
        own = replace(denoised("VDIR", sigma), network=seeded_name(AWGN, seed))
        for setting in (own, *sampled(sigma, seed)):
            report.cell(item, setting, live=False)


def _cell(report: Report, item: str, method: str, dataset: str, sigma: int) -> Cell:
    written = (method, f"sigma{sigma}")
    if method != "VDIR" and method not in PUBLISHED:
        return quoted(report.printed_value(item, dataset, *written))
    live = method == "VDIR" and dataset in MEASURED_AGAIN and sigma == AGAIN
    return report.cell(item, denoised(method, sigma, dataset), written, live=live)


def table9(report: Report) -> Table:
    """Return what each loss contributes, CBSD68 at sigma 30: from three seeds, and trained longer beside."""
    item, line = "vdir-table9", Line("CBSD68", "sigma30")
    rows: list[Row] = []
    for run, (title, written) in ABLATION.items():
        first = blind(run, noisy(30))
        rows.append((line, title, report.cell(item, first, (written, "sigma30"))))
        if report.scale != "smoke":  # where there are no such runs
            longer = replace(first, network=long_name(run))
            rows.append((Line("CBSD68", f"sigma30, {LONGER}"), title, report.cell(item, longer, live=False)))
    return report.table(item, rows, METHODS_DOWN)


def table11(report: Report) -> Table:
    """Return FFDNet with the latent for its noise level, against FFDNet that is told the level: published,
    and the same network trained here."""
    item = "vdir-table11"
    rows: list[Row] = []
    for sigma in FFDNET_SIGMAS:
        settings = (denoised("FFDNet", sigma, URBAN), *reversed(on_ffdnet(sigma)))
        published, told, ours = (
            report.cell(item, setting, (written, f"sigma{sigma}"), live=False)
            for setting, written in zip(settings, ("FFDNet", "", "VDIR (FFDNet)"), strict=True)
        )
        cells = {
            "FFDNet, told, published": published,
            "FFDNet, told, trained here": told,
            "VDIR (FFDNet), blind": ours,
            "above the published": ours - published,
            "above the one trained here": ours - told,
        }
        rows += [(Line(TITLES[URBAN], f"sigma{sigma}"), title, cell) for title, cell in cells.items()]
    return report.table(item, rows, METHODS_DOWN)
