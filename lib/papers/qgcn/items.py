"""QGCN (Wang, Fu, Sun, Zha, IJCAI 2020): a function per table and figure, as in `lib.papers.adafm`."""

from lib.papers.health import training_health
from lib.papers.qgcn.curves import unseen
from lib.papers.qgcn.drawing import fig1, fig2
from lib.papers.qgcn.ranker import fig4, rank
from lib.papers.qgcn.readings import reading
from lib.papers.qgcn.strips import fig3, fig5, fig6
from lib.papers.qgcn.tables import per_quality, table1, table2, text, windows
from lib.papers.report import Report
from lib.papers.shown import Drawing
from lib.recipes.qgcn import FULL


def training(report: Report) -> Drawing:
    """Return how one training went, that of the network with ranker."""
    return training_health(report, FULL)


ITEMS = {
    "qgcn-table1": table1,
    "qgcn-table2": table2,
    "qgcn-text-4.3": text,
    "qgcn-windows": windows,
    "qgcn-fig1": fig1,
    "qgcn-fig2": fig2,
    "qgcn-fig3": fig3,
    "qgcn-fig4": fig4,
    "qgcn-fig5": fig5,
    "qgcn-fig6": fig6,
    "qgcn-cqr-rank": rank,
    "qgcn-reading": reading,
    "qgcn-unseen": unseen,
    "qgcn-perq": per_quality,
    "qgcn-training": training,
}
