"""Table 3 of CUGAN, "gray CBSD68": gray and colour kept apart.

Denoisers of one channel are printed there beside a network of three: of a gray picture it sees three
noisy observations where the others see one, or its colour results are judged in gray. Both are measured
here, beside a fair comparison, colour with colour, and one that gives both the same observation: gray with
one noise in all three channels, which CUnet never saw in training.
"""

from dataclasses import dataclass

import pandas as pd

from lib.degradations.levels import BlurNoise, Denoise
from lib.evaluation.measure import Colour, Protocol, Setting
from lib.papers.common import Cell, Report, Verdict
from lib.papers.cugan.claims import CLAIMS
from lib.papers.cugan.judging import Test, above
from lib.papers.cugan.subjects import told
from lib.papers.gains import at_paper
from lib.papers.scores import listed, mean
from lib.recipes import Scale
from lib.recipes.cugan import CUNET

ITEM, AS_PRINTED = "cugan-table3", "cbsd68 (called gray)"
FFDNET = "FFDNet colour"
SIGMAS = (15, 25, 30, 50)
QUOTED = ("BM3D", "TNRD", "DnCNN-B", "IRCNN", "FFDNet", "CUnet")
IN_TABLE_2 = (30, 50)
CLOSE = 0.1  # dB


@dataclass(frozen=True)
class Reading:
    """One way to denoise the pictures and to judge the result."""

    title: str
    network: str
    dataset: str
    colour: Colour = "all channels"

    def setting(self, sigma: int) -> Setting:
        """Published networks have their noise as it was for them, neither clipped nor rounded; ours as a
        file holds it."""
        if self.network == CUNET:
            level, knobs = BlurNoise(0, sigma), told(BlurNoise(0, sigma))
        else:
            level, knobs = Denoise(sigma, quantise=False), (float(sigma),)
        return Setting(self.network, knobs, Protocol(self.dataset, level, colour=self.colour, multiple=8))


IN_COLOUR = Reading("CUnet: colour, judged in colour", CUNET, "cbsd68")
FFDNET_IN_COLOUR = Reading("FFDNet colour (published): judged in colour", FFDNET, "cbsd68")
FFDNET_IN_GRAY = Reading("FFDNet colour (published): judged in gray", FFDNET, "cbsd68", "gray of RGB")
IN_GRAY = Reading("CUnet: colour, judged in gray", CUNET, "cbsd68", "gray of RGB")
ONE_NOISE = Reading("CUnet: gray, one noise in all channels", CUNET, "bsd68", "gray copied")
GRAY = Reading("FFDNet gray (published)", "FFDNet gray", "bsd68")
READINGS = (
    IN_COLOUR,
    FFDNET_IN_COLOUR,
    IN_GRAY,
    FFDNET_IN_GRAY,
    Reading("CUnet: gray, a noise for each channel", CUNET, "bsd68", "gray as RGB"),
    ONE_NOISE,
    GRAY,
)


def table3(report: Report) -> pd.DataFrame:
    """The printed rows, then colour against colour, the two mixed readings, and gray against gray.

    What judging in gray gives is read off the published network: it has its authors' full training.
    """
    rows, cells = [], {}
    for sigma in SIGMAS:
        written = f"sigma{sigma}"
        for method in QUOTED:
            printed = report.printed_value(ITEM, AS_PRINTED, method, written)
            rows.append((written, f"{method}, as printed", Cell(printed, needs="quoted")))
        for reading in READINGS:
            cell = report.cell(ITEM, reading.setting(sigma), live=reading.network == CUNET)
            cells[reading, sigma] = cell
            rows.append((written, reading.title, cell))
    ahead = [cells[ONE_NOISE, sigma] - cells[GRAY, sigma] for sigma in SIGMAS]
    gains = {sigma: cells[FFDNET_IN_GRAY, sigma] - cells[FFDNET_IN_COLOUR, sigma] for sigma in IN_TABLE_2}
    report.judge(CLAIMS["better than denoisers of gray pictures"], at_paper(above(ahead)))
    report.judge(CLAIMS["table 3 compares gray with colour"], at_paper(_as_printed(report, gains)))
    return report.table(ITEM, rows)


def _as_printed(report: Report, gains: dict[int, Cell]) -> Test:
    """Whether judging in gray gives what table 3 has more than table 2."""

    def more(sigma: int) -> float:
        gray = report.printed_value(ITEM, AS_PRINTED, "CUnet", f"sigma{sigma}")
        return gray - report.printed_value("cugan-table2", "cbsd68", "CUnet", f"r0 sigma{sigma}")

    def test(scale: Scale) -> Verdict:
        scores = {sigma: gain.at(scale) for sigma, gain in gains.items()}
        if not all(scores.values()):
            return None
        off = [abs(mean(s) - more(sigma)) for sigma, s in scores.items()]
        printed = ", ".join(f"{more(sigma):.2f}" for sigma in gains)
        return max(off) <= CLOSE, f"{listed(list(scores.values()))} where {printed} dB are printed"

    return test
