"""What can come between us and Power BI. No message holds a value, a token, or a text of the service."""

from __future__ import annotations


class PowerBiUnavailable(RuntimeError):
    """The service was not reached, or nobody knows what became of a request. A later run goes on."""


class PowerBiRefused(RuntimeError):
    """The service takes this table, or us, not at all: trying again changes nothing. The message says the remedy."""


class PowerBiCreationRefused(PowerBiRefused):
    """The workspace gets no new push semantic model: retired, not licensed, or not allowed."""


class PowerBiLater(RuntimeError):
    """The limits, or the time of this run, let nothing more through: the next run goes on."""
