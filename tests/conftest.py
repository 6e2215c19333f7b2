"""Switches runtime shape and type checks on for the whole package, before it is imported."""

from jaxtyping import install_import_hook

install_import_hook("erniem", "beartype.beartype")
