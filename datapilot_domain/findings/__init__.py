"""What landing finds, as a name and values, and what its commands are for; worded in the reader's language."""

from __future__ import annotations

from datapilot_domain.findings.catalogue import FINDINGS
from datapilot_domain.findings.finding import Finding
from datapilot_domain.findings.found import Command, Field, Found, Money, Number, One, Value, Words, found

__all__ = ["FINDINGS", "Command", "Field", "Finding", "Found", "Money", "Number", "One", "Value", "Words", "found"]
