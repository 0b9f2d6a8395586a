"""Pasted tracebacks: read, understood with the project at hand, told in plain sentences."""
