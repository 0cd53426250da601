"""All methods on the same images, which none of the papers did."""

from lib.papers.compare.answer import answer
from lib.papers.compare.costs import cost
from lib.papers.compare.levels import dejpeg, denoise
from lib.papers.compare.mechanics import smoothness
from lib.papers.compare.plane import plane
from lib.papers.compare.seeds import seeds
from lib.papers.compare.unaided import unaided

ITEMS = {
    "compare-answer": answer,
    "compare-denoise": denoise,
    "compare-dejpeg": dejpeg,
    "compare-seeds": seeds,
    "compare-plane": plane,
    "compare-unaided": unaided,
    "compare-smooth": smoothness,
    "compare-cost": cost,
}
LIVE = ("compare-answer", "compare-smooth", "compare-cost")
