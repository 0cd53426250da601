"""CFSNet (Wang, Guo, Tian, Yang, ICCV 2019): a function per table and figure, as in `lib.reports.adafm`."""

from lib.reports.cfsnet.curves import fig4, poster
from lib.reports.cfsnet.drawing import fig2
from lib.reports.cfsnet.strips import fig7, fig8
from lib.reports.cfsnet.tables import table1, table2

ITEMS = {
    "cfsnet-table1": table1,
    "cfsnet-table2": table2,
    "cfsnet-fig2": fig2,
    "cfsnet-fig4": fig4,
    "cfsnet-fig7": fig7,
    "cfsnet-fig8": fig8,
    "cfsnet-poster-curves": poster,
}
