"""AdaFM (He, Dong, Qiao, CVPR 2019): a function per table and figure.

Every function takes the Report of the notebook, measures or reads what it needs, judges the claims
that stand on it, and returns what is to be shown.
"""

from lib.papers.adafm.batch_norm import batch_norm
from lib.papers.adafm.curves import fig5, fig7, fig7_denoise, fig7_sr
from lib.papers.adafm.drawing import fig4
from lib.papers.adafm.filters import fig3
from lib.papers.adafm.strips import fig1, fig2, fig6
from lib.papers.adafm.tables import table1, table2, table3, table4, table5
from lib.papers.adafm.text import noise, parameters, piecewise, position, scratch, width
from lib.papers.health import training_health
from lib.papers.report import Report
from lib.papers.shown import Drawing
from lib.recipes.adafm import DEJPEG, stage_name


def training(report: Report) -> Drawing:
    """Return how one training went, that of the 1x1 filters from quality 80 to 10."""
    return training_health(report, stage_name(DEJPEG, 80, 10, 1))


ITEMS = {
    "adafm-table1": table1,
    "adafm-table2": table2,
    "adafm-table3": table3,
    "adafm-table4": table4,
    "adafm-table5": table5,
    "adafm-fig1": fig1,
    "adafm-fig2": fig2,
    "adafm-fig3": fig3,
    "adafm-fig4": fig4,
    "adafm-fig5": fig5,
    "adafm-fig6": fig6,
    "adafm-fig7": fig7,
    "adafm-fig7-denoise": fig7_denoise,
    "adafm-fig7-sr": fig7_sr,
    "adafm-text-position": position,
    "adafm-text-scratch": scratch,
    "adafm-text-piecewise": piecewise,
    "adafm-text-batch-norm": batch_norm,
    "adafm-text-params": parameters,
    "adafm-extra-width": width,
    "adafm-extra-noise": noise,
    "adafm-training": training,
}
