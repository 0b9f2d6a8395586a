-- The front door: setup() starts the server on any Neovim from 0.7 on; list() and graph()
-- are what the commands :ImportCycles and :ImportCyclesGraph do (see plugin/).
-- Nothing here shows diagnostics: signs, underlines and virtual text stay with
-- vim.diagnostic.config(), as the user has it.

local client = require('import_cycles.client')
local quickfix = require('import_cycles.quickfix')

local M = {}

local function say(level, message)
  vim.notify('import-cycles: ' .. message, level)
end

-- Starts the server for Python files, those already open included. `opts` is laid over
-- lsp/import_cycles.lua: `cmd`, `root_markers`, `settings`, `on_attach`, …
function M.setup(opts)
  vim.cmd('runtime plugin/import_cycles.lua')
  if vim.fn.has('nvim-0.11') == 1 then
    vim.lsp.config('import_cycles', opts or {})
    vim.lsp.enable('import_cycles')
  else
    require('import_cycles.legacy').enable(opts or {})
  end
end

-- Puts every cycle of the project of the current buffer into the quickfix list, one entry a
-- cycle; with `opts.hops` one entry more for each further import of the cycle. The server
-- answers later: `opts.done`, if given, is called with the number of cycles.
function M.list(opts)
  opts = opts or {}
  local server = client.current()
  if not server then
    say(vim.log.levels.WARN, 'no server for this buffer; open a Python file of the project')
    return
  end
  client.execute(server, 'import-cycles.list', function(err, result)
    if err then
      say(vim.log.levels.ERROR, err.message or vim.inspect(err))
      return
    end
    local list = quickfix.from_result(result, server.offset_encoding, opts)
    vim.fn.setqflist({}, ' ', { title = list.title, items = list.items })
    if list.n_cycles == 0 then
      say(vim.log.levels.INFO, 'no import cycles')
    else
      vim.cmd('botright copen')
    end
    if opts.done then
      opts.done(list.n_cycles)
    end
  end)
end

-- Writes the import graph of the project to `file`; the extension says the format.
-- An existing file is replaced only with `opts.overwrite`; `opts.done` gets true or false.
function M.graph(file, opts)
  require('import_cycles.graph').write(file or 'import-cycles.dot', opts or {}, say)
end

return M
