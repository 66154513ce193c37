"""Sensors: what makes the pipeline move with nobody touching anything."""
