"""What rules tell: their subjects, verdicts, crash lines, the way of a cycle, messages."""
