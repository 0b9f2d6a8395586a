"""Which file an import statement means."""
