"""What a notebook shows for an item: a figure, or several parts as one."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

import pandas as pd

from lib.papers.tables import Table


@dataclass(frozen=True)
class Drawing:
    """A finished figure; a notebook shows it."""

    png: bytes = field(repr=False)

    def _repr_png_(self) -> bytes:
        return self.png


@dataclass(frozen=True)
class Prose:
    """Sentences, each a paragraph of its own."""

    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return "\n\n".join(self.sentences)

    def _repr_html_(self) -> str:
        return "".join(f"<p>{escape(sentence)}</p>" for sentence in self.sentences)


Part = Drawing | Prose | Table | pd.DataFrame


@dataclass(frozen=True)
class Parts:
    """A figure and its tables, one below the other; shown as one."""

    parts: tuple[Part, ...]

    def __iter__(self) -> Iterator[Part]:
        return iter(self.parts)

    def _repr_html_(self) -> str:
        return "".join(map(_html, self.parts))

    def __repr__(self) -> str:
        return "\n\n".join(repr(part) for part in self.parts)


def together(*parts: Part) -> Parts:
    """Return parts of an item to be shown as one."""
    return Parts(parts)


def _html(part: Part) -> str:
    if isinstance(part, Drawing):
        data = base64.b64encode(part.png).decode()
        return f'<img alt="" style="max-width: 100%" src="data:image/png;base64,{data}">'
    return part._repr_html_()
