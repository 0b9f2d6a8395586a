"""What reads and runs the case files under `tests/cases`; docs/cases.md describes the format."""
