"""What is true without any engine: organizations, partitions, contracts, KPIs, the landing ledger and its reasons."""
