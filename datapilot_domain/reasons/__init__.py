"""Reason codes: what is wrong, in the reader's language, and what the sender can do about it."""

from __future__ import annotations

from datapilot_domain.reasons.files import FILES
from datapilot_domain.reasons.months import MONTHS
from datapilot_domain.reasons.notices import NOTICES
from datapilot_domain.reasons.reason import Reason
from datapilot_domain.reasons.records import RECORDS

REASONS: dict[str, Reason] = {reason.code: reason for reason in (*FILES, *RECORDS, *MONTHS, *NOTICES)}


class Refusal(Exception):
    """A file cannot be taken. `detail` names what was found and where; the remedy comes with the code."""

    def __init__(self, code: str, detail: str) -> None:
        self.reason = REASONS[code]
        self.detail = detail
        super().__init__(f"{code}: {detail}")

    @property
    def code(self) -> str:
        return self.reason.code


__all__ = ["REASONS", "Reason", "Refusal"]
