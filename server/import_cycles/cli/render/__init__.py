"""Reports and graphs as text, for users and for programs; no file here reads or writes."""
