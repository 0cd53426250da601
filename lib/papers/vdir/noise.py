"""Tables 1, 9 and 11 of VDIR: Gaussian noise, the losses one by one, FFDNet as the restorer."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lib.evaluation.measure import Setting, interval
from lib.papers.common import Cell, Report, Verdict, averaged
from lib.papers.gains import Test, all_above, at_paper, listed, surely_above
from lib.papers.scores import mean
from lib.papers.variants import SAMPLES
from lib.papers.vdir.claims import CLAIMS
from lib.papers.vdir.subjects import AUTHORS, MEASURED_AGAIN, NO_ESTIMATOR, TITLES, URBAN, at_rest, noisy
from lib.recipes import Scale
from lib.recipes.vdir import AWGN, FFDNET, FFDNET_TOLD, NAIVE, NO_PRIOR
from lib.training.networks import VDIR_AWGN, has_published

Rows = list[tuple[str, str, Cell]]
SIGMAS = (10, 30, 50, 70)
SETS = ("cbsd68", "kodak24", URBAN)
METHODS = ("CBM3D", "CDnCNN", "FFDNet", "UNLNet", "VDN", "VDIR")  # in the order of the paper
PUBLISHED = {"CDnCNN": "CDnCNN-B", "FFDNet": "FFDNet colour"}
AGAIN = 30  # level that a notebook measures again
SAMPLED_ON = "cbsd68"
CLOSE = 0.05  # dB
ABLATION = {
    NAIVE: ("the restorer alone", "L_res only"),
    NO_PRIOR: (
        "without adversarial and estimation loss",
        "L_res + beta KL + L_rec without adversarial loss",
    ),
    NO_ESTIMATOR: ("without estimation loss", ""),
    AWGN: ("the whole loss", "full loss (with adversarial loss)"),
}


def table1(report: Report) -> pd.DataFrame:
    """Blind denoising beside CDnCNN (blind) and FFDNet (told) with their authors' weights; others quoted."""
    item = "vdir-table1"
    rows: Rows = []
    gains: dict[tuple[str, str, int], Cell] = {}
    moves = []
    for dataset in SETS:
        for sigma in SIGMAS:
            cells = {method: _cell(report, item, method, dataset, sigma) for method in METHODS}
            line = f"{TITLES[dataset]} sigma{sigma}"
            rows += [(line, method, cell) for method, cell in cells.items() if cell.printed is not None]
            gains |= {(rival, dataset, sigma): cells["VDIR"] - cells[rival] for rival in PUBLISHED}
            if has_published(VDIR_AWGN):
                setting, written = Setting(VDIR_AWGN, (), noisy(sigma, dataset)), ("VDIR", f"sigma{sigma}")
                rows.append((line, AUTHORS, report.cell(item, setting, written, live=False)))
            if dataset == SAMPLED_ON:
                sampled = _sampled(report, item, sigma)
                rows.append((line, "VDIR, one sample", sampled))
                moves.append(sampled - cells["VDIR"])
    for claim, rival in (("blind is above told", "FFDNet"), ("blind is above blind", "CDnCNN")):
        over = [gains[rival, dataset, sigma] for dataset in SETS for sigma in SIGMAS]
        report.judge(CLAIMS[claim], at_paper(all_above(over)))
    report.judge(CLAIMS["most where structures repeat"], at_paper(_most_on_urban(gains)))
    report.judge(CLAIMS["one sample is enough"], _within(moves, CLOSE))
    return report.table(item, rows)


def _cell(report: Report, item: str, method: str, dataset: str, sigma: int) -> Cell:
    written = (method, f"sigma{sigma}")
    if method == "VDIR":
        live = dataset in MEASURED_AGAIN and sigma == AGAIN
        return report.cell(item, Setting(AWGN, at_rest(AWGN), noisy(sigma, dataset)), written, live=live)
    if method in PUBLISHED:
        knobs = (float(sigma),) if method == "FFDNet" else ()
        setting = Setting(PUBLISHED[method], knobs, noisy(sigma, dataset))
        return report.cell(item, setting, written, live=False)
    return Cell(report.printed_value(item, dataset, *written), needs="quoted")


def _sampled(report: Report, item: str, sigma: int) -> Cell:
    """The mean of a few draws, image by image."""
    networks = (f"{AWGN} sample {seed}" for seed in range(SAMPLES))
    protocol = noisy(sigma, SAMPLED_ON)
    return averaged(
        [report.cell(item, Setting(network, (0.0,), protocol), live=False) for network in networks]
    )


def _most_on_urban(gains: dict[tuple[str, str, int], Cell]) -> Test:
    def test(scale: Scale) -> Verdict:
        scores = {(d, s): gains["FFDNet", d, s].at(scale) for d in SETS for s in SIGMAS}
        if not all(scores.values()):
            return None
        others = [dataset for dataset in SETS if dataset != URBAN]
        holds = all(mean(scores[URBAN, s]) > mean(scores[d, s]) for d in others for s in SIGMAS)
        return holds, "; ".join(f"{TITLES[d]} {listed([scores[d, s] for s in SIGMAS])}" for d in SETS)

    return test


def _within(moves: Sequence[Cell], most: float) -> Test:
    """Whether every mean, its interval included, lies within `most` of zero."""

    def test(scale: Scale) -> Verdict:
        scores = [move.at(scale) for move in moves]
        if not all(scores):
            return None
        ends = [end for s in scores for end in interval(np.array(list(s.values())))]
        return max(map(abs, ends)) < most, f"moves by {listed(scores)}"

    return test


def table9(report: Report) -> pd.DataFrame:
    """What each loss contributes, CBSD68 at sigma 30."""
    item = "vdir-table9"
    cells = {
        run: report.cell(item, Setting(run, at_rest(run), noisy(30)), (written, "sigma30"))
        for run, (_, written) in ABLATION.items()
    }
    for claim, more, less in (
        ("the latent helps", AWGN, NAIVE),
        ("it helps without a discriminator", NO_PRIOR, NAIVE),
        ("the whole loss is best", AWGN, NO_PRIOR),
    ):
        report.judge(CLAIMS[claim], all_above([cells[more] - cells[less]]))
    return report.table(item, [("CBSD68 sigma30", ABLATION[run][0], cell) for run, cell in cells.items()])


def table11(report: Report) -> pd.DataFrame:
    """FFDNet with the latent for its noise level, against FFDNet that is told the level: published, and the
    same network trained here."""
    item, sigmas = "vdir-table11", (30, 50)
    rows: Rows = []
    gains = []
    for sigma in sigmas:
        networks = {
            "FFDNet, told, published": ("FFDNet colour", (float(sigma),), "FFDNet"),
            "FFDNet, told, trained here": (FFDNET_TOLD, (float(sigma),), ""),
            "VDIR (FFDNet), blind": (FFDNET, at_rest(FFDNET), "VDIR (FFDNet)"),
        }
        cells = {
            title: report.cell(
                item, Setting(run, knobs, noisy(sigma, URBAN)), (written, f"sigma{sigma}"), live=False
            )
            for title, (run, knobs, written) in networks.items()
        }
        published, told, ours = cells.values()
        gains.append(ours - told)
        cells["above the published"] = ours - published
        cells["above the one trained here"] = gains[-1]
        rows += [(f"{TITLES[URBAN]} sigma{sigma}", title, cell) for title, cell in cells.items()]
    report.judge(CLAIMS["it helps another restorer"], all_above(gains))
    report.judge(CLAIMS["it helps more at high noise"], _grows(*gains))
    return report.table(item, rows)


def _grows(first: Cell, second: Cell) -> Test:
    def test(scale: Scale) -> Verdict:
        scores = [cell.at(scale) for cell in (first, second, second - first)]
        if not all(scores):
            return None
        return surely_above(scores[2]), f"gains {listed(scores[:2])}"

    return test
