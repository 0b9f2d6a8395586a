"""The pytest plugin: modules that are tested to be importable first, by real interpreters."""
