"""A corner shop on the web."""

__version__ = "1.0"
