-- The commands exist from the start; what they do is loaded when they are first used.

if vim.g.loaded_import_cycles then
  return
end
vim.g.loaded_import_cycles = true

vim.api.nvim_create_user_command('ImportCycles', function(call)
  require('import_cycles').list({ hops = call.bang })
end, { bang = true, desc = 'Every import cycle of the project in the quickfix list' })

vim.api.nvim_create_user_command('ImportCyclesGraph', function(call)
  local file = call.args ~= '' and call.args or nil
  require('import_cycles').graph(file, { overwrite = call.bang })
end, {
  bang = true,
  nargs = '?',
  complete = 'file',
  desc = 'Write the import graph of the project to a .dot, .mmd or .json file',
})
