"""Alerts: what people must hear of, as conditions that hold now, and how each is worded."""

from datapilot_domain.alerts.alert import Alert, Notice, NoticeKind, State
from datapilot_domain.alerts.catalogue import ALERTS, AlertKind
from datapilot_domain.alerts.condition import SEVERITIES, Condition, Severity, fingerprint_of
from datapilot_domain.alerts.message import Message, form_message, test_message

__all__ = [
    "ALERTS",
    "SEVERITIES",
    "Alert",
    "AlertKind",
    "Condition",
    "Message",
    "Notice",
    "NoticeKind",
    "Severity",
    "State",
    "fingerprint_of",
    "form_message",
    "test_message",
]
