"""One quick fix per file; the registry finds them by walking this package."""
