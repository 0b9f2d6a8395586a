-- In a folder with the projects `one`, `two` (each with a pyproject.toml) and `bare` (a package and
-- no marker): each file gets the server of its own project, and :ImportCycles speaks of the
-- project of the current buffer. Run by test_neovim.py, in the folder above the projects.

local function wait(question, what)
  if not vim.wait(20000, question, 20) then
    io.stdout:write('not ok ' .. what .. '\n')
    vim.cmd('cquit 1')
  end
end

local function paths_after(file)
  vim.cmd('edit ' .. file)
  local buffer = vim.api.nvim_get_current_buf()
  wait(function()
    return #vim.diagnostic.get(buffer) == 1
  end, 'squiggle in ' .. file)
  local answered = false
  require('import_cycles').list({
    done = function()
      answered = true
    end,
  })
  wait(function()
    return answered
  end, 'list for ' .. file)
  vim.cmd('cclose')
  local files = {}
  for _, item in ipairs(vim.fn.getqflist()) do
    table.insert(files, vim.fn.fnamemodify(vim.api.nvim_buf_get_name(item.bufnr), ':.'))
  end
  return table.concat(files, ' ')
end

for _, file in ipairs({ 'one/app/a.py', 'two/app/a.py', 'bare/app/a.py', 'one/app/b.py' }) do
  io.stdout:write(file .. ': ' .. paths_after(file) .. '\n')
end
local clients = (vim.lsp.get_clients or vim.lsp.get_active_clients)()
io.stdout:write('servers: ' .. #clients .. '\n')

-- With the imports typed away there is nothing to list, and nothing of before stays in the list.
vim.api.nvim_buf_set_lines(0, 0, -1, false, {})
require('import_cycles').list({
  done = function(n_cycles)
    io.stdout:write('cycles left: ' .. n_cycles .. ' ' .. #vim.fn.getqflist() .. '\n')
    vim.cmd('qall!')
  end,
})
wait(function()
  return false
end, 'end')
