-- Finds our server among the running ones and talks to it, the same way on every Neovim:
-- 0.11 turned the functions of a client into methods, 0.10 renamed get_active_clients().

local M = {}

local function running()
  local all = (vim.lsp.get_clients or vim.lsp.get_active_clients)()
  return vim.tbl_filter(function(candidate)
    return candidate.name == 'import_cycles'
  end, all)
end

-- The server of the current buffer; in a buffer that has none (the quickfix window, say),
-- the server if only one runs. Nil when there is none or it cannot be told.
function M.current()
  local servers = running()
  local buffer = vim.api.nvim_get_current_buf()
  for _, server in ipairs(servers) do
    if vim.lsp.buf_is_attached(buffer, server.id) then
      return server
    end
  end
  return #servers == 1 and servers[1] or nil
end

-- The words before `server` in a command: `import-cycles`, or `python -m import_cycles`.
local function before_server(command)
  local words = {}
  for _, word in ipairs(command) do
    if word == 'server' then
      break
    end
    table.insert(words, word)
  end
  return words
end

-- The program as the user configured it, without arguments, as a new list. `server` may be nil.
function M.program(server)
  local config = server and server.config
  if not config and vim.fn.has('nvim-0.11') == 1 then
    config = vim.lsp.config.import_cycles
  end
  local command = config and config.cmd
  return before_server(type(command) == 'table' and command or { 'import-cycles', 'server' })
end

-- Sends workspace/executeCommand; `handler(err, result)` is called later.
function M.execute(server, command, handler)
  local params = { command = command, arguments = {} }
  local buffer = vim.api.nvim_get_current_buf()
  if vim.fn.has('nvim-0.11') == 1 then
    server:request('workspace/executeCommand', params, handler, buffer)
  else
    server.request('workspace/executeCommand', params, handler, buffer)
  end
end

return M
