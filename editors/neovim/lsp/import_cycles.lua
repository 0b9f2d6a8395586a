-- What Neovim 0.11+ has to know to start the server: `vim.lsp.enable('import_cycles')`
-- finds this file on the runtimepath. `lua/import_cycles/legacy.lua` reads it too, so that
-- older Neovims start the same server for the same files.
--
-- The markers are tried in this order: the nearest pyproject.toml wins over a nearer
-- setup.py, and a repository without any of the three is one project.
return {
  cmd = { 'import-cycles', 'server' },
  filetypes = { 'python' },
  root_markers = { 'pyproject.toml', 'setup.cfg', 'setup.py', '.git' },
}
