"""Alerts: watches that find what people must hear of, each a function of the lake or of Dagster's event log."""
