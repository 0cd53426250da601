"""docs/results: pages of what is on record."""

import re

import pytest

from lib.papers.papers import COMPARISON, PAPERS
from lib.upkeep.results import PAGES, page_of, rows_sha


@pytest.mark.parametrize("paper", [*PAPERS, COMPARISON], ids=lambda paper: paper.key)
def test_a_page_is_of_todays_rows_and_its_figures_are_there(paper):
    text = page_of(paper).read_text(encoding="utf-8")
    said = re.search(r"<!-- rows (\w+) -->", text)[1]
    assert said == rows_sha(paper), "rows have changed: python -m lib results"
    figures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", text)
    assert figures and all((PAGES / figure).exists() for figure in figures)


def test_all_pages_are_small():
    assert sum(path.stat().st_size for path in PAGES.rglob("*") if path.is_file()) < 8 * 2**20
