"""Reports and graphs as text, for people and for programs; no file here reads or writes."""
