"""The language server as editors meet it: a process of its own, over standard streams."""
