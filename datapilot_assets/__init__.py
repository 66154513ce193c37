"""The pipeline, in the order data flows."""
