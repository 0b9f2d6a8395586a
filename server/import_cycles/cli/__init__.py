"""The command line, one file per subcommand; `main` chooses among them, `render` draws."""
