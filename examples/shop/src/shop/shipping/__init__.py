"""Getting things to people."""
