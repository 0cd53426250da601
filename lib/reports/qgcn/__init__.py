"""QGCN (Wang, Fu, Sun, Zha, IJCAI 2020): a function per table and figure, as in `lib.reports.adafm`."""

from lib.reports.qgcn.curves import unseen
from lib.reports.qgcn.drawing import fig1, fig2
from lib.reports.qgcn.ranker import fig4, rank
from lib.reports.qgcn.readings import reading
from lib.reports.qgcn.strips import fig3, fig5, fig6
from lib.reports.qgcn.tables import per_quality, table1, table2

ITEMS = {
    "qgcn-table1": table1,
    "qgcn-table2": table2,
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
}
