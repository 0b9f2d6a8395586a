"""What rules report: subjects, verdicts, crash lines, the way round a cycle, messages."""
