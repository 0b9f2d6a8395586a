"""Proves what fixes propose, on a project as a trial, and applies it: one fix, verify, the next."""
