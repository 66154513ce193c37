"""Exports: each month's gold and insights as files that any program opens, with a manifest of hashes."""
