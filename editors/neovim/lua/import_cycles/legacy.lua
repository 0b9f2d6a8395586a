-- Starts the server on Neovim 0.7 to 0.10, which have no vim.lsp.enable(): an autocommand
-- for Python buffers does it, with vim.lsp.start() where there is one (0.8), else with
-- start_client() and a table of the running clients.

local M = {}

local function defaults()
  return dofile(vim.api.nvim_get_runtime_file('lsp/import_cycles.lua', false)[1])
end

-- The nearest folder above `path` that holds the first marker of the list that any has;
-- nil when none has one. (vim.fs came with 0.8, and vim.fs.root() with 0.10.)
local function root_of(path, markers)
  for _, marker in ipairs(markers) do
    local folder, below = vim.fn.fnamemodify(path, ':p:h'), nil
    while folder ~= below do
      if vim.loop.fs_stat(folder .. '/' .. marker) then
        return folder
      end
      folder, below = vim.fn.fnamemodify(folder, ':h'), folder
    end
  end
  return nil
end

local clients_by_root = {}

local function start_on_0_7(buffer, config)
  local root = config.root_dir or ''
  if not clients_by_root[root] then
    config.on_exit = function()
      clients_by_root[root] = nil
    end
    clients_by_root[root] = vim.lsp.start_client(config)
  end
  if clients_by_root[root] then
    vim.lsp.buf_attach_client(buffer, clients_by_root[root])
  end
end

local function attach(buffer, config)
  local path = vim.api.nvim_buf_get_name(buffer)
  if path == '' or vim.bo[buffer].buftype ~= '' then
    return
  end
  local started = vim.tbl_extend('force', config, {
    name = 'import_cycles',
    root_dir = root_of(path, config.root_markers),
  })
  if not vim.lsp.start then
    start_on_0_7(buffer, started)
    return
  end
  vim.api.nvim_buf_call(buffer, function()
    vim.lsp.start(started)
  end)
end

-- `opts` is laid over lsp/import_cycles.lua. Python buffers that are open are attached too.
function M.enable(opts)
  local config = vim.tbl_deep_extend('force', defaults(), opts)
  vim.api.nvim_create_autocmd('FileType', {
    group = vim.api.nvim_create_augroup('import_cycles', { clear = true }),
    pattern = config.filetypes,
    callback = function(event)
      attach(event.buf, config)
    end,
  })
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) then
      if vim.tbl_contains(config.filetypes, vim.bo[buffer].filetype) then
        attach(buffer, config)
      end
    end
  end
end

return M
