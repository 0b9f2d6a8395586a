"""The one writer of project state, and the frozen snapshots that readers get."""
