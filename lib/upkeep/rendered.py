"""Parts of Markdown files that code writes, between <!-- NAME --> and <!-- /NAME -->, and their tables."""

import re
from collections.abc import Mapping, Sequence


def filled(text: str, parts: Mapping[str, str]) -> str:
    """The text with every part in its place; raises ValueError where a pair of marks is not there once."""
    for name, part in parts.items():
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        pattern = re.compile(f"{start}.*?{end}", re.DOTALL)
        if len(pattern.findall(text)) != 1:
            raise ValueError(f"The text needs {start} and {end} once.")
        text = pattern.sub(lambda _, block=f"{start}\n{part}\n{end}": block, text)
    return text


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
