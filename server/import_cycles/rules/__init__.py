"""One diagnostic kind per file; the registry finds them by walking this package."""
