"""The definition of a quick fix, and the facts about code that a fix needs before it proposes edits."""
