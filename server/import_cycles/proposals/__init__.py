"""What a quick fix is, and what it has to know of the code before it proposes an edit."""
