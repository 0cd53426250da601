"""The pages of results are those of the rows on record, whole, and small enough to be read in a browser."""

import re

import pytest

from lib.papers.papers import COMPARISON, PAPERS
from lib.upkeep.results import PAGES, page_of, rows_sha

MOST = 8 * 2**20  # bytes of all pages and figures


@pytest.mark.parametrize("paper", [*PAPERS, COMPARISON], ids=lambda paper: paper.key)
def test_a_page_is_of_the_rows_that_are_here(paper):
    text = page_of(paper).read_text(encoding="utf-8")
    assert re.search(r"<!-- rows (\w+) -->", text)[1] == rows_sha(paper), "`python -m lib results`"
    figures = re.findall(r"!\[[^\]]*\]\(([^)#]+)\)", text)
    assert figures and all((PAGES / figure).is_file() for figure in figures)


def test_pages_are_small():
    assert sum(path.stat().st_size for path in PAGES.rglob("*") if path.is_file()) < MOST
