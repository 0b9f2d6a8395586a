"""What CPython would do: an abstract machine that runs module summaries."""
