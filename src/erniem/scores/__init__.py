"""Predictions and references in, XTREME's table out; knows no model."""
