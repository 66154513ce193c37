"""Alerts: what people must hear of, as conditions that hold now, and how each is worded."""

from datapilot_domain.alerts.catalogue import ALERTS, AlertKind
from datapilot_domain.alerts.condition import SEVERITIES, Condition, Severity, fingerprint_of

__all__ = ["ALERTS", "SEVERITIES", "AlertKind", "Condition", "Severity", "fingerprint_of"]
