"""Direct tests of what the disk and the editor are turned into."""
