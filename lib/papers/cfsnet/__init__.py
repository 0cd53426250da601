"""CFSNet (Wang, Guo, Tian, Yang, ICCV 2019)."""
