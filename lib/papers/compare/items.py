"""All methods on the same pictures, which none of the papers did."""

from lib.papers.compare.levels import dejpeg, denoise
from lib.papers.compare.mechanics import cost, smoothness
from lib.papers.compare.plane import plane
from lib.papers.compare.seeds import seeds

ITEMS = {
    "compare-denoise": denoise,
    "compare-dejpeg": dejpeg,
    "compare-seeds": seeds,
    "compare-plane": plane,
    "compare-smooth": smoothness,
    "compare-cost": cost,
}
LIVE = ("compare-smooth", "compare-cost")
