"""ERNIE-M: aligned multilingual encoders, from raw text to use."""

__version__ = "0.1.0.dev0"
