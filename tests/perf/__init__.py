"""Benchmarks: this program and its peers on the same projects, in turn. See docs/performance.md."""
