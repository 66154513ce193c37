"""httpx2 as all of us use it: import it from here, so that nothing of a request or an answer reaches a log."""

from __future__ import annotations

import logging

import httpx2

__all__ = ["httpx2"]

# At DEBUG httpcore2 logs every header of the server, which may echo ours; at INFO httpx2 logs each address.
for _name in ("httpcore2", "httpx2"):
    logging.getLogger(_name).setLevel(logging.WARNING)
