"""The import graph: edges, components, shortest cycles."""
