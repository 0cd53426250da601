"""All methods on the same pictures, which none of the papers did."""

from lib.reports.compare.levels import dejpeg, denoise
from lib.reports.compare.mechanics import cost, smoothness
from lib.reports.compare.plane import plane
from lib.reports.compare.seeds import seeds

ITEMS = {
    "compare-denoise": denoise,
    "compare-dejpeg": dejpeg,
    "compare-seeds": seeds,
    "compare-plane": plane,
    "compare-smooth": smoothness,
    "compare-cost": cost,
}
LIVE = ("compare-smooth", "compare-cost")
