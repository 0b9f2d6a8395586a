-- Writes the import graph to a file with `import-cycles graph`, started in the background
-- from the same program that runs the server. It reads the disk: unsaved text is not in it.

local client = require('import_cycles.client')

local M = {}

local FORMATS = { dot = 'dot', gv = 'dot', mmd = 'mermaid', mermaid = 'mermaid', json = 'json' }

-- `say(level, message)` tells the user. Nothing is written unless the command succeeds.
function M.write(file, opts, say)
  local function refuse(message)
    say(vim.log.levels.ERROR, message)
    if opts.done then
      opts.done(false)
    end
  end

  file = vim.fn.fnamemodify(file, ':p')
  local format = FORMATS[vim.fn.fnamemodify(file, ':e')]
  if not format then
    return refuse('the name must end in .dot, .gv, .mmd, .mermaid or .json: ' .. file)
  end
  if vim.fn.filereadable(file) == 1 and not opts.overwrite then
    return refuse('the file exists, add ! to replace it: ' .. file)
  end

  local server = client.current()
  local root = server and server.config.root_dir or vim.fn.getcwd()
  local command = client.program(server)
  vim.list_extend(command, { 'graph', '--format', format, root })
  if vim.fn.executable(command[1]) == 0 then
    return refuse(command[1] .. ' is not on the PATH')
  end

  local output, complaints = {}, {}
  vim.fn.jobstart(command, {
    cwd = root,
    stdout_buffered = true,
    stderr_buffered = true,
    on_stdout = function(_, lines)
      output = lines
    end,
    on_stderr = function(_, lines)
      complaints = lines
    end,
    on_exit = function(_, status)
      if status ~= 0 then
        return refuse(vim.trim(table.concat(complaints, '\n')))
      end
      if vim.fn.writefile(output, file) ~= 0 then
        return refuse('cannot write ' .. file)
      end
      say(vim.log.levels.INFO, 'wrote ' .. file)
      if opts.done then
        opts.done(true)
      end
    end,
  })
end

return M
