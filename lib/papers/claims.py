"""What the papers claim, as data (one file per paper), and what a measurement says of it."""

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
