"""Recipes: read from YAML, and those that come with us, which are the files beside this one."""

from erniem.recipes.given import described, find
from erniem.recipes.reading import parser_of, plain, read, write

__all__ = ["described", "find", "parser_of", "plain", "read", "write"]
