"""Find, explain and fix Python's circular imports.

The package is a stack of layers that import downwards only; docs/architecture.md is the map.
"""

__version__ = "0.1.0"
