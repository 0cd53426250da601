"""CUGAN (Cai, He, Qiao, Dong, CVPR workshops 2021)."""
