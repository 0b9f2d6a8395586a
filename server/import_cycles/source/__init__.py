"""One file's text as a rewrite needs it: who uses a name, and edits that leave the rest alone."""
