"""Image sets that stand in for others, and those for which nothing does."""

# the photographs that scikit-image installs; they stand in for absent sets
EMBEDDED, EMBEDDED_GRAY = "skimage", "skimage-gray"
SMALL, SMALL_GRAY = "skimage-small", "skimage-gray-small"  # their middles, at smoke scale
DIV2K, PIRM = "div2k-valid", "pirm-test"
ALONE = {  # sets for which nothing stands in
    DIV2K: "DIV2K",
    PIRM: "PIRM",
    "cc15": "cc15",
    "polyu": "PolyU",
    "sidd-valid": "SIDD",
}
