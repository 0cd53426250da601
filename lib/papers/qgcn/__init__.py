"""QGCN (Wang, Fu, Sun, Zha, IJCAI 2020)."""
