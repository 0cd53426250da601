"""AdaFM (He, Dong, Qiao, CVPR 2019)."""
