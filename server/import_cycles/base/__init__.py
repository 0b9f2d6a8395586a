"""Words that every layer uses: module names, positions in text, text edits."""
