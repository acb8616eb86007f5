-- Reservations and what they hold: read in bulk, changed in memory, written once.
--
-- A record is state, buyer, command, sku, quantity, price, sale, order_id, deadline_ms, code,
-- resolved_ms, and if it has one of them charges and memo. Answers have the rid before it. An open
-- record (held, paying) holds units of a list of rows (rows_of), and as many in the same scopes of
-- its buyer.
--
-- A charge is a row, its units and the buyer's limit or nothing, joined by U+001D; U+001E is
-- between two of them. The record of an order's own charges has the command `charge`, no SKU and
-- no other rows: it is no purchase of its buyer, who is never told of it. That of units which a
-- buyer took before any order has the command `take`, and is otherwise like it (takes.lua). A
-- record without charges and memo is what a library of an earlier release wrote: both may share a
-- server.
local OPEN_SET = {held = 'due', paying = 'paying'}
local PART = '([^\31]*)'
local RECORD = '^' .. PART .. SEP .. PART .. SEP .. PART .. SEP .. PART .. SEP .. PART .. SEP
  .. PART .. SEP .. PART .. SEP .. PART .. SEP .. PART .. SEP .. PART .. SEP .. PART .. SEP
  .. '?(.*)$'
local MORE = '^' .. PART .. SEP .. '(.*)$'
local CHARGE = '([^\29\30]+)\29(%d+)\29(%d*)'

-- Reads charges and memo, which few records have.
local function read_more(record, more)
  if more ~= '' then
    record.charges, record.memo = string.match(more, MORE)
  end
end

local function decode(rid, packed)
  local record = {rid = rid}
  local quantity, deadline_ms, more
  record.state, record.buyer, record.command, record.sku, quantity, record.price, record.sale,
    record.order_id, deadline_ms, record.code, record.resolved_ms, more =
    string.match(packed, RECORD)
  record.quantity, record.deadline_ms = tonumber(quantity), tonumber(deadline_ms)
  record.holds = OPEN_SET[record.state] ~= nil
  read_more(record, more)
  return record
end

-- Returns what a record counts as once it has ended without being sold (ended.lua), else nil.
local function kept_as(record)
  if OPEN_SET[record.state] or record.state == 'sold' or record.command == 'charge' then
    return nil
  end
  return record.order_id == '' and 'past' or 'void'
end

-- Returns a record as it is stored. It is packed once for the store and the answer: code that
-- changes it calls move afterwards.
local function encode(record)
  local packed = record.packed
  if not packed then
    packed = table.concat({
      record.state, record.buyer, record.command, record.sku, int(record.quantity), record.price,
      record.sale, record.order_id, int(record.deadline_ms), record.code, record.resolved_ms,
    }, SEP)
    if record.charges then
      packed = packed .. SEP .. record.charges .. SEP .. record.memo
    end
    record.packed = packed
  end
  return packed
end

local function answer(record)
  return record.rid .. SEP .. encode(record)
end

local function answers(records)
  local packed = {}
  for i, record in ipairs(records) do
    packed[i] = answer(record)
  end
  return packed
end

-- The work of one call. res: rid -> record; row: row -> units, sold, held; held: buyer|scope ->
-- units; mine: buyer -> list of rids; changed: what is to be written; ended: what has ended, in
-- the order in which it did (ended.lua).
local function new_batch(key, now_ms)
  return {
    key = key, now_ms = now_ms, res = {}, row = {}, held = {}, mine = {},
    changed = {}, changed_rows = {}, changed_held = {}, changed_mine = {}, ended = {},
  }
end

local function read_records(batch, rids)
  for rid, packed in pairs(read_all(batch.key.res, rids)) do
    local record = decode(rid, packed)
    record.stored = record.state
    record.kept = not record.holds and kept_as(record) or nil
    batch.res[rid] = record
  end
end

-- Adds units of a row to a list of rows.
local function add_row(rows, row, units)
  for i = 1, #rows, 2 do
    if rows[i] == row then
      rows[i + 1] = rows[i + 1] + units
      return
    end
  end
  rows[#rows + 1] = row
  rows[#rows + 1] = units
end

-- Returns the rows that a record holds units of while it is open, each once: row, units, row,
-- units, … The SKU's and its sale's, if it has one, come first.
local function rows_of(record)
  local rows = record.rows
  if not rows then
    local quantity = record.quantity
    if record.sku == '' then
      rows = {}
    elseif record.sale == '' then
      rows = {'s' .. record.sku, quantity}
    else
      rows = {'s' .. record.sku, quantity, record.sale, quantity}
    end
    if record.charges then
      for row, units in string.gmatch(record.charges, CHARGE) do
        add_row(rows, row, tonumber(units))
      end
    end
    record.rows = rows
  end
  return rows
end

local function read_rows(batch, rows)
  local fields = {}
  for row in pairs(rows) do
    fields[#fields + 1] = row .. SEP .. 'units'
    fields[#fields + 1] = row .. SEP .. 'sold'
    fields[#fields + 1] = row .. SEP .. 'held'
  end
  local found = read_all(batch.key.stock, fields)
  for row in pairs(rows) do
    batch.row[row] = {
      units = tonumber(found[row .. SEP .. 'units']) or 0,
      sold = tonumber(found[row .. SEP .. 'sold']) or 0,
      held = tonumber(found[row .. SEP .. 'held']) or 0,
    }
  end
end

-- Reads what the holds of these records (or would-be records) touch.
local function read_holds(batch, records)
  local rows, scopes, buyers = {}, {}, {}
  for _, record in ipairs(records) do
    if not batch.mine[record.buyer] then
      batch.mine[record.buyer] = {}
      buyers[#buyers + 1] = record.buyer
    end
    local of_record = rows_of(record)
    for i = 1, #of_record, 2 do
      local row = of_record[i]
      rows[row] = true
      local scope = record.buyer .. SEP .. row
      if not batch.held[scope] then
        batch.held[scope] = 0
        scopes[#scopes + 1] = scope
      end
    end
  end
  read_rows(batch, rows)
  for scope, units in pairs(read_all(batch.key.held, scopes)) do
    batch.held[scope] = tonumber(units)
  end
  for buyer, rids in pairs(read_all(batch.key.mine, buyers)) do
    batch.mine[buyer] = split(rids)
  end
end

local function free(batch, row)
  local units = batch.row[row]
  return units.units - units.sold - units.held
end

-- Takes what a record holds (1), or gives it back (-1).
local function change_hold(batch, record, sign)
  local rows = rows_of(record)
  for i = 1, #rows, 2 do
    local row, units = rows[i], sign * rows[i + 1]
    local scope = record.buyer .. SEP .. row
    batch.row[row].held = batch.row[row].held + units
    batch.held[scope] = batch.held[scope] + units
    batch.changed_rows[row] = true
    batch.changed_held[scope] = true
  end
end

local function add_mine(batch, record)
  local rids = batch.mine[record.buyer]
  rids[#rids + 1] = record.rid
  batch.changed_mine[record.buyer] = true
end

local function remove_mine(batch, record)
  local kept = {}
  for _, rid in ipairs(batch.mine[record.buyer]) do
    if rid ~= record.rid then
      kept[#kept + 1] = rid
    end
  end
  batch.mine[record.buyer] = kept
  batch.changed_mine[record.buyer] = true
end

-- Brings a record into a state, with its hold. Where the hold begins or ends, read_holds comes
-- before.
local function move(batch, record, state)
  local holds = OPEN_SET[state] ~= nil
  if holds and not record.holds then
    change_hold(batch, record, 1)
    add_mine(batch, record)
  elseif record.holds and not holds then
    change_hold(batch, record, -1)
    remove_mine(batch, record)
  end
  record.state, record.holds, record.packed = state, holds, nil
  record.resolved_ms = holds and '' or int(batch.now_ms)
  if record.kept or not (holds or state == 'sold') then
    batch.ended[#batch.ended + 1] = record
  end
  batch.res[record.rid] = record
  batch.changed[record.rid] = record
end

local function write_records(batch)
  local key, packed = batch.key, {}
  local add = {due = {}, paying = {}, done = {}}
  local remove = {due = {}, paying = {}, done = {}}
  for rid, record in pairs(batch.changed) do
    packed[#packed + 1] = rid
    packed[#packed + 1] = encode(record)
    local from = record.stored and (OPEN_SET[record.stored] or 'done')
    local to = OPEN_SET[record.state] or 'done'
    if from and from ~= to then
      table.insert(remove[from], rid)
    end
    local scored = add[to]
    scored[#scored + 1] = to == 'done' and record.resolved_ms or int(record.deadline_ms)
    scored[#scored + 1] = rid
  end
  call_all('HSET', key.res, packed)
  for name, rids in pairs(remove) do
    call_all('ZREM', key[name], rids)
  end
  for name, scored in pairs(add) do
    call_all('ZADD', key[name], scored)
  end
end

-- Sets the changed fields of a hash; text_of returns nil for a field that is to go.
local function write_hash(key, changed, text_of)
  local set, gone = {}, {}
  for field in pairs(changed) do
    local text = text_of(field)
    if text then
      set[#set + 1] = field
      set[#set + 1] = text
    else
      gone[#gone + 1] = field
    end
  end
  call_all('HSET', key, set)
  call_all('HDEL', key, gone)
end

local function write_open(batch)
  local key = batch.key
  write_records(batch)
  write_hash(key.held, batch.changed_held, function(scope)
    return batch.held[scope] ~= 0 and int(batch.held[scope]) or nil
  end)
  write_hash(key.mine, batch.changed_mine, function(buyer)
    return batch.mine[buyer][1] and table.concat(batch.mine[buyer], SEP) or nil
  end)
  local rows = {}
  for row in pairs(batch.changed_rows) do
    rows[#rows + 1] = row .. SEP .. 'held'
    rows[#rows + 1] = int(batch.row[row].held)
  end
  call_all('HSET', key.stock, rows)
  if rows[1] then
    redis.call('HINCRBY', key.cfg, 'tick', 1)
  end
  save_clock(key, batch.now_ms)
end

-- The rids of a set whose score has been reached.
local function reached(set, instant_ms, count_max)
  return redis.call('ZRANGEBYSCORE', set, '-inf', int(instant_ms), 'LIMIT', 0, count_max)
end

-- The records of these rids that are there, in their order.
local function records_of(batch, rids)
  local records = {}
  for _, rid in ipairs(rids) do
    records[#records + 1] = batch.res[rid]
  end
  return records
end
