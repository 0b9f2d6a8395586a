# Adds the server to those that kakoune-lsp (18 or newer) runs for Python.
# Source this file after `eval %sh{kak-lsp}` in the kakrc.

hook -group lsp-filetype-python global BufSetOption filetype=python %{
    set-option -add buffer lsp_servers %{
        [import-cycles]
        root_globs = ["pyproject.toml", "setup.cfg", "setup.py", ".git"]
        command = "import-cycles"
        args = ["server"]
    }
}

hook global WinSetOption filetype=python %{
    lsp-enable-window
}
