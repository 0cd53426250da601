"""VDIR (Soh, Cho, TIP 2022)."""
