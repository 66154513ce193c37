"""Work on one piece while the next one is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Piece = TypeVar("Piece")


def consume_behind(pieces: Iterable[Piece], consume: Callable[[Piece], None]) -> None:
    """Call `consume` with every piece, in order, on a second thread; at most one waits there.

    Raises what `consume` raises, at the latest with the last piece.
    """
    with ThreadPoolExecutor(1) as background:
        pending: Future[None] | None = None
        for piece in pieces:
            if pending:
                pending.result()
            pending = background.submit(consume, piece)
        if pending:
            pending.result()
