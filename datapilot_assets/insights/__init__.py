"""Insights: what a month says, by robust statistics and exact decompositions; pure functions of numbers."""
