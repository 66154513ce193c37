"""Serving: gold and insights of each organization in Postgres, for Power BI and any SQL tool."""
