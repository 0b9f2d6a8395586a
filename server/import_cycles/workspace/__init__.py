"""The world outside: configuration, folders, files, interpreters."""
