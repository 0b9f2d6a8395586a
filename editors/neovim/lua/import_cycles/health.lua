-- :checkhealth import_cycles — is the program there, and does it serve a buffer?

local client = require('import_cycles.client')

local M = {}

-- 0.10 dropped the report_ prefix that 0.7 needs.
local function reporter(name)
  return vim.health and (vim.health[name] or vim.health['report_' .. name])
    or require('health')['report_' .. name]
end

function M.check()
  reporter('start')('import-cycles')
  local server = client.current()
  local command = client.program(server)
  if vim.fn.executable(command[1]) == 0 then
    local remedies = { 'pipx install PATH_OF_THE_REPOSITORY', ':help import_cycles.setup()' }
    reporter('error')(command[1] .. ' is not on the PATH', remedies)
  else
    local path = vim.fn.exepath(command[1])
    local version = vim.fn.system(vim.list_extend(command, { '--version' }))
    reporter('ok')(path .. ': ' .. vim.trim(version))
  end
  if server then
    reporter('ok')('serving ' .. (server.config.root_dir or 'single files'))
  else
    reporter('info')('no server is running: open a Python file')
  end
end

return M
