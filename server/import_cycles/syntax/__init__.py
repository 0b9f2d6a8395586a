"""From source text to a position-free summary of what a module does while it loads."""
