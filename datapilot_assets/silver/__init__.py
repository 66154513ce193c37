"""Silver: typed, cleaned, merged; one file per table, pure functions frame → frame."""
