"""Verifies proposals by trial on a project, and applies them: one fix, verify, the next."""
