"""Markdown that says what it is given and nothing else: text of strangers stays text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# A table splits its cells before it reads backslashes, and `<` may open HTML: these are written as entities.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "\\": "&#92;", "`": "&#96;"}
_SPECIAL = re.compile(
    r"[&<>|\\`]"
    r"|[*~\[\]#]"
    # A run of underscores inside a word emphasises nothing, and file names are full of them.
    r"|(?<![^\W_])(?<!_)_+|_+(?!_)(?![^\W_])"
    # What many readers take for a link: http://, www., an e-mail address.
    r"|(?<=[a-zA-Z]):(?=//)|@|(?<=\bwww)\.",
    re.IGNORECASE,
)
_STARTS_A_BLOCK = re.compile(r"^(\d*)([-+=.)])")
# Line ends of every alphabet, other control characters, and marks that turn the direction of writing.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def one_line(text: str) -> str:
    """The text without line ends and control characters."""
    return _UNPRINTABLE.sub(" ", text).strip()


def escape(text: object) -> str:
    """Text for any place inside a line, also a table cell: no markup, no HTML, no link, no line end of it works."""
    return _SPECIAL.sub(lambda found: "".join(_ENTITIES.get(c, f"\\{c}") for c in found[0]), one_line(str(text)))


def paragraph(text: object) -> str:
    """Text that begins a line or a list item: not another list, heading or rule either."""
    return _STARTS_A_BLOCK.sub(r"\1\\\2", escape(text))


def code(text: object) -> str:
    """Text of ours as code inside a line; a fence longer than any run of backticks in it."""
    text = one_line(str(text))
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def code_block(lines: Iterable[str]) -> list[str]:
    """Lines to copy as they are, whatever they hold."""
    kept = [one_line(line) for line in lines]
    fence = "`" * max(3, 1 + max((len(run) for line in kept for run in re.findall("`+", line)), default=0))
    return [fence, *kept, fence]


def table(header: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> list[str]:
    """Lines of a table. Cells are markdown already; `numbers`: positions of columns that stand on the right."""
    rule = ["---:" if position in numbers else "---" for position in range(len(header))]
    # What is still a bar stands in code, where only a backslash keeps it from ending the cell.
    cells = ([cell.replace("|", "\\|") for cell in row] for row in (header, rule, *rows))
    return [f"| {' | '.join(row)} |" for row in cells]
