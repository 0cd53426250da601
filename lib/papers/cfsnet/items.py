"""CFSNet (Wang, Guo, Tian, Yang, ICCV 2019): a function per table and figure, as in `lib.papers.adafm`."""

from lib.papers.cfsnet.curves import fig4, poster
from lib.papers.cfsnet.drawing import coefficients, fig2
from lib.papers.cfsnet.manifold import fig3
from lib.papers.cfsnet.plane import fig5
from lib.papers.cfsnet.strips import fig1, fig6, fig7, fig8
from lib.papers.cfsnet.tables import table1, table2
from lib.papers.cfsnet.text import gan_health, params, settings
from lib.papers.health import training_health
from lib.papers.report import Report
from lib.papers.shown import Drawing
from lib.recipes.cfsnet import DEBLOCK, tuned_name


def training(report: Report) -> Drawing:
    """Return how one training went, that of the tuning branch for quality 40."""
    return training_health(report, tuned_name(DEBLOCK, 40))


ITEMS = {
    "cfsnet-table1": table1,
    "cfsnet-table2": table2,
    "cfsnet-fig1": fig1,
    "cfsnet-fig2": fig2,
    "cfsnet-fig3": fig3,
    "cfsnet-fig4": fig4,
    "cfsnet-fig5": fig5,
    "cfsnet-fig6": fig6,
    "cfsnet-fig7": fig7,
    "cfsnet-fig8": fig8,
    "cfsnet-poster-curves": poster,
    "cfsnet-text-coefficients": coefficients,
    "cfsnet-text-settings": settings,
    "cfsnet-text-params": params,
    "cfsnet-gan-health": gan_health,
    "cfsnet-training": training,
}
