"""The steps between a source and the shards, one rule each: keep, drop with a reason, or change.

A rule is a frozen dataclass whose fields are its settings, as a recipe names them. It knows
documents and `Drops`, and nothing of files or processes.
"""
