"""Reason codes: what is wrong, in the reader's language, and what the sender can do about it."""

from __future__ import annotations

from collections.abc import Sequence

from datapilot_domain.findings import Command, One, Value, found
from datapilot_domain.reasons.ads import ADS
from datapilot_domain.reasons.extractions import EXTRACTIONS
from datapilot_domain.reasons.files import FILES
from datapilot_domain.reasons.months import MONTHS
from datapilot_domain.reasons.notices import NOTICES
from datapilot_domain.reasons.reason import Reason
from datapilot_domain.reasons.records import RECORDS

REASONS: dict[str, Reason] = {
    reason.code: reason for reason in (*FILES, *RECORDS, *MONTHS, *NOTICES, *EXTRACTIONS, *ADS)
}


class Refusal(Exception):
    """A file cannot be taken. `found` names what was found and where, `commands` are those that answer it; the
    remedy comes with the code.

    Raises KeyError for a code or finding that is not known, ValueError unless the finding's slots are filled.
    """

    def __init__(
        self, code: str, finding: str, /, *, commands: Sequence[Command] = (), **values: Value | Sequence[One]
    ) -> None:
        self.reason = REASONS[code]
        self.found = found(finding, **values)
        self.commands = tuple(commands)
        super().__init__(f"{code}: {self.found.words('en')}")

    @property
    def code(self) -> str:
        return self.reason.code


__all__ = ["REASONS", "Reason", "Refusal"]
