"""One quick fix per file; the registry lists them."""
