"""Gold: the KPIs of a month; one file per table, pure functions frame → frame."""
