-- Checks an installation in a real Neovim (0.7 or newer) on a small project with cycles:
--   nvim --headless -c 'luafile editors/neovim/smoke.lua'
-- It uses the configuration that Neovim was started with, prints `ok STEP` for each thing
-- that works, and ends with status 1 at the first that does not.

local function finish(status)
  vim.cmd(status == 0 and 'qall!' or 'cquit ' .. status)
end

local function check(step, passed, seen)
  if passed then
    io.stdout:write('ok ' .. step .. '\n')
  else
    io.stdout:write('not ok ' .. step .. ': ' .. (type(seen) == 'string' and seen or vim.inspect(seen)) .. '\n')
    io.stdout:write('messages: ' .. vim.fn.execute('messages') .. '\n')
    finish(1)
    error(step)
  end
end

-- Waits for `question()` to become true; shows what `look()` gives when it does not.
local function await(step, question, look)
  local answered = vim.wait(20000, question, 20)
  check(step, answered, not answered and look and look() or 'nothing came')
end

local project = vim.fn.tempname()
local function write(name, ...)
  local path = project .. '/' .. name
  vim.fn.mkdir(vim.fn.fnamemodify(path, ':h'), 'p')
  vim.fn.writefile({ ... }, path)
  return path
end

write('pyproject.toml', '[project]', 'name = "smoke"')
write('app/__init__.py')
local path_a = write('app/a.py', 'import app.b', '', 'LIMIT = 10')
-- What is not ASCII comes before the import: columns are counted differently by each client.
local path_b = write('app/b.py', 'MOOD = "😀é"; import app.a', '', 'SIZE = 20')
write('app/one.py', 'import app.two')
write('app/two.py', 'import app.three')
write('app/three.py', 'import app.one')

local function open(path)
  vim.cmd('edit ' .. vim.fn.fnameescape(path))
  return vim.api.nvim_get_current_buf()
end

local function clients()
  return vim.tbl_filter(function(client)
    return client.name == 'import_cycles'
  end, (vim.lsp.get_clients or vim.lsp.get_active_clients)())
end

local function diagnostics(buffer)
  return function()
    return vim.diagnostic.get(buffer)
  end
end

local function count_is(buffer, n)
  return function()
    return #vim.diagnostic.get(buffer) == n
  end
end

-- The text that is underlined: columns of diagnostics are bytes once Neovim has stored them.
local function underlined(buffer)
  local found = vim.diagnostic.get(buffer)[1]
  local line = vim.api.nvim_buf_get_lines(buffer, found.lnum, found.lnum + 1, false)[1]
  return line:sub(found.col + 1, found.end_col)
end

local a = open(path_a)
await('attaches', function()
  return #clients() == 1 and vim.lsp.buf_is_attached(a, clients()[1].id)
end, clients)

await('squiggle in the open file', count_is(a, 1), diagnostics(a))
local first = vim.diagnostic.get(a)[1]
check('squiggle is under the module name', underlined(a) == 'app.b', first)
check('message shows the path', first.message:find('app.a → app.b → app.a', 1, true), first)
check('code and source', first.code == 'cycle' and first.source == 'import-cycles', first)

local b = vim.fn.bufadd(path_b)
await('squiggle in the other file before it is opened', count_is(b, 1), diagnostics(b))
open(path_b)
await('squiggle in the other file', count_is(b, 1), diagnostics(b))
check('column behind characters that are not ASCII', underlined(b) == 'app.a', vim.diagnostic.get(b))
check('one server for both files', #clients() == 1, clients())

-- Hover, as the user asks for it: the text of the floating window.
local function floating_text()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= '' then
      local buffer = vim.api.nvim_win_get_buf(window)
      return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n')
    end
  end
  return ''
end
vim.api.nvim_win_set_cursor(0, { 1, vim.diagnostic.get(b)[1].col })
vim.lsp.buf.hover()
await('hover', function()
  return floating_text() ~= ''
end)
local hover = floating_text()
check('hover shows each hop', hover:find('app/a.py:1', 1, true) and hover:find('app/b.py:1', 1, true), hover)
vim.cmd('normal! j')

-- Nothing is saved: the text of the buffer counts.
vim.api.nvim_buf_set_lines(b, 0, 1, false, { 'MOOD = "😀é"' })
await('edit clears the edited file', count_is(b, 0), diagnostics(b))
await('edit clears the other file', count_is(a, 0), diagnostics(a))
vim.cmd('undo')
await('undo brings the edited file back', count_is(b, 1), diagnostics(b))
await('undo brings the other file back', count_is(a, 1), diagnostics(a))

-- The menu, as the user opens it, with somebody who chooses from it.
local function choose(part)
  local select, offered = vim.ui.select, {}
  vim.ui.select = function(items, options, on_choice)
    for position, item in ipairs(items) do
      local title = options.format_item(item)
      table.insert(offered, title)
      if title:find(part, 1, true) then
        return on_choice(item, position)
      end
    end
    on_choice(nil)
  end
  vim.lsp.buf.code_action()
  local came = vim.wait(20000, function()
    return #offered > 0
  end, 20)
  vim.ui.select = select
  return came, offered
end
vim.api.nvim_win_set_cursor(0, { 1, vim.diagnostic.get(b)[1].col })
check('quick fixes are offered', choose('Accept the cycle with a comment'))
await('quick fix changes the buffer', function()
  return vim.api.nvim_buf_get_lines(b, 0, 1, false)[1]:find('# import-cycles: ignore[cycle]', 1, true) ~= nil
end)
await('quick fix clears the edited file', count_is(b, 0), diagnostics(b))
await('quick fix clears the other file', count_is(a, 0), diagnostics(a))
vim.cmd('undo')
await('undo of the quick fix brings both back', function()
  return #vim.diagnostic.get(a) == 1 and #vim.diagnostic.get(b) == 1
end)

local function quickfix(command)
  vim.fn.setqflist({}, 'f')
  vim.cmd(command)
  await(command .. ' answers', function()
    return vim.fn.getqflist({ size = 0 }).size > 0
  end)
  return vim.fn.getqflist()
end
local function text_at(item)
  vim.fn.bufload(item.bufnr)
  local line = vim.api.nvim_buf_get_lines(item.bufnr, item.lnum - 1, item.lnum, false)[1]
  return line:sub(item.col)
end

local cycles = quickfix('ImportCycles')
local two = vim.tbl_filter(function(item)
  return item.text:find('app.b → app.a → app.b', 1, true) or item.text:find('app.a → app.b → app.a', 1, true)
end, cycles)
local three = vim.tbl_filter(function(item)
  return item.text:find('app.one → app.two → app.three → app.one', 1, true)
end, cycles)
check(':ImportCycles shows the path', #two >= 1 and #three == 1, cycles)
check(':ImportCycles leads to the import', text_at(three[1]) == 'app.two', three)
check(':ImportCycles opens the list', vim.bo.buftype == 'quickfix', vim.bo.buftype)
local hops = quickfix('ImportCycles!')
check(':ImportCycles! adds the hops', #hops > #cycles and hops[2].text:find('imports', 1, true), hops)
vim.cmd('cclose')

for _, try in ipairs({ { 'graph.dot', 'digraph' }, { 'graph.mmd', 'app' }, { 'graph.json', '{' } }) do
  local file = project .. '/' .. try[1]
  vim.cmd('ImportCyclesGraph ' .. vim.fn.fnameescape(file))
  await('graph in ' .. try[1], function()
    return vim.fn.filereadable(file) == 1
      and table.concat(vim.fn.readfile(file), '\n'):find(try[2], 1, true) ~= nil
  end)
end

local server = clients()[1]
if vim.fn.has('nvim-0.11') == 1 then
  server:stop()
else
  server.stop()
end
await('server stops', function()
  return #clients() == 0
end, clients)
vim.fn.delete(project, 'rf')
finish(0)
