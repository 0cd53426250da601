"""What the papers claim, as data, and what a measurement says of it."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["holds", "differs", "not tested"]


@dataclass(frozen=True)
class Claim:
    """One testable sentence of a paper; `item` is the table or figure it stands on."""

    name: str
    item: str
    paper: str


@dataclass(frozen=True)
class Judged:
    """A claim, what was measured (with intervals), at which scale, and the verdict."""

    claim: Claim
    scale: str
    measured: str
    verdict: Verdict


def judge(claim: Claim, scale: str, holds: bool | None, measured: str) -> Judged:
    """`holds` None says that what the claim needs has not been measured; smoke numbers never count."""
    if holds is None or scale == "smoke":
        return Judged(claim, scale, measured, "not tested")
    return Judged(claim, scale, measured, "holds" if holds else "differs")


LIVE = ("adafm-fig6", "adafm-text-params")  # items made when they are shown; no rows are kept

ADAFM = {
    claim.name: claim
    for claim in (
        Claim(
            "known networks",
            "adafm-table1",
            "The basic model is at least as good as DnCNN at sigma 15 on CBSD68 (34.10 against 33.89 dB).",
        ),
        Claim(
            "larger filters do not hurt",
            "adafm-table2",
            "PSNR at sigma 75 does not fall as the filter grows from 1x1 to 7x7.",
        ),
        Claim(
            "filter size hardly matters",
            "adafm-table2",
            "For denoising, 7x7 gains less than 0.1 dB over 1x1.",
        ),
        Claim("5x5 is enough", "adafm-table2", "7x7 gains at most 0.03 dB over 5x5."),
        Claim(
            "AdaFM beats its rivals",
            "adafm-table3",
            "AdaFM-Net is above AdaBN and conditional IN at the start and at the end level.",
        ),
        Claim(
            "AdaBN collapses",
            "adafm-table3",
            "AdaBN is within 0.6 dB at the start level and more than 1.5 dB short at the end level.",
        ),
        Claim(
            "conditional IN falls short",
            "adafm-table3",
            "Conditional IN is at least 0.5 dB short at both levels.",
        ),
        Claim(
            "distance grows with range",
            "adafm-table5",
            "The distance to a dedicated network grows from sigma 15->25 to 15->75.",
        ),
        Claim(
            "easy to hard is close",
            "adafm-table5",
            "Every easy-to-hard distance is at most 0.20 dB.",
        ),
        Claim(
            "hard to easy is worse",
            "adafm-table5",
            "sigma 75->15 is at least three times as far as 15->75 (0.68 against 0.14 dB).",
        ),
        Claim(
            "an interior coefficient is best",
            "adafm-fig2",
            "Between the levels PSNR rises to an interior maximum and falls about 1 dB to either end.",
        ),
        Claim(
            "filters stay alike",
            "adafm-fig3",
            "First-layer filters keep their pattern when fine-tuned from sigma 15 to 50: mean cosine "
            "distance of the order of 0.1, far below that of independent networks.",
        ),
        Claim(
            "a filter g bridges levels",
            "adafm-fig3",
            "Depth-wise filters on the sigma 15 network nearly reach the fine-tuned one, already at "
            "1x1, and closer as they grow.",
        ),
        Claim(
            "the effect is smooth",
            "adafm-fig6",
            "The output changes smoothly with the coefficient: no step is more than twice the mean step.",
        ),
        Claim(
            "one curve gives the knob",
            "adafm-fig7-denoise",
            "The best coefficient grows with the level, inside (0, 1) for sigma 25 to 60, and a cubic "
            "follows it.",
        ),
        Claim(
            "no level is far",
            "adafm-fig7-denoise",
            "At its best coefficient AdaFM-Net stays within 0.2 dB of a dedicated network at every level.",
        ),
        Claim(
            "few parameters",
            "adafm-text-params",
            "AdaFM layers add less than 4 % of the weights (k up to 5); 2048 filters.",
        ),
    )
}
