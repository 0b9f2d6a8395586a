"""Direct tests of how the disk and the editor become a project."""
