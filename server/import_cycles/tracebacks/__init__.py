"""Pasted tracebacks: reads them, finds their modules in the project, explains them in plain sentences."""
