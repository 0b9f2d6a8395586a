-- Turns the answer to `import-cycles.list` into quickfix entries. The answer is
--   { folders = { { uri, components = { { members = {…}, cycles = {
--       { path = { module, … }, severity, code, message,
--         hops = { { importer, imported, location = { uri, range } }, … } }, … } }, … } }, … } }
-- A cycle stands at the import of its first hop.

local M = {}

local TYPES = { error = 'E', warning = 'W', information = 'I', hint = 'N' }

local function entry(hop, encoding, kind, text)
  -- One location at a time: of a list, locations_to_items() gives them sorted by place, and
  -- the hops of a cycle have an order of their own.
  local at = vim.lsp.util.locations_to_items({ hop.location }, encoding)[1]
  return { filename = at.filename, lnum = at.lnum, col = at.col, type = kind, text = text }
end

local function entries_of(cycle, encoding, with_hops)
  local kind = TYPES[cycle.severity] or 'I'
  local text = table.concat(cycle.path, ' → ') .. ' [' .. cycle.code .. ']'
  local found = { entry(cycle.hops[1], encoding, kind, text) }
  if with_hops then
    for number = 2, #cycle.hops do
      local hop = cycle.hops[number]
      local further = '  ' .. hop.importer .. ' imports ' .. hop.imported
      table.insert(found, entry(hop, encoding, kind, further))
    end
  end
  return found
end

local function counted(n, word)
  return n .. ' ' .. word .. (n == 1 and '' or 's')
end

-- Gives { title, items, n_cycles }. With `opts.hops` the further hops follow their cycle.
function M.from_result(result, encoding, opts)
  local items, n_cycles, n_knots = {}, 0, 0
  for _, folder in ipairs(result and result.folders or {}) do
    for _, component in ipairs(folder.components) do
      n_knots = n_knots + (#component.cycles > 0 and 1 or 0)
      n_cycles = n_cycles + #component.cycles
      for _, cycle in ipairs(component.cycles) do
        vim.list_extend(items, entries_of(cycle, encoding, opts.hops))
      end
    end
  end
  local counts = counted(n_cycles, 'cycle') .. ' in ' .. counted(n_knots, 'knot')
  return { title = 'Import cycles: ' .. counts, items = items, n_cycles = n_cycles }
end

return M
