-- :checkhealth import_cycles — is the program there, and does it serve a buffer?

local M = {}

-- 0.10 dropped the report_ prefix that 0.7 needs.
local function reporter(name)
  return vim.health and (vim.health[name] or vim.health['report_' .. name])
    or require('health')['report_' .. name]
end

function M.check()
  reporter('start')('import-cycles')
  local path = vim.fn.exepath('import-cycles')
  if path == '' then
    reporter('error')('import-cycles is not on the PATH', { 'pip install import-cycles' })
  else
    reporter('ok')(path .. ': ' .. vim.trim(vim.fn.system({ path, '--version' })))
  end
  local server = require('import_cycles.client').current()
  if server then
    reporter('ok')('serving ' .. (server.config.root_dir or 'single files'))
  else
    reporter('info')('no server is running: open a Python file')
  end
end

return M
