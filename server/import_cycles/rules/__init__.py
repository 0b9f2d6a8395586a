"""One diagnostic kind per file; import_cycles.analysis.registry lists them."""
