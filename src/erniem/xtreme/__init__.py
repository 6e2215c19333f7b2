"""Encoders measured: a task in every language, and XTREME's nine in one run."""
