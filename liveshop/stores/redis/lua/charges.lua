-- Units of rows besides those of a SKU and its sale: of reservations, and of an order as a whole. A
-- row that Postgres does not have has no units here.

-- Reads what buyers have bought in scopes, for their limits.
local function read_bought(batch, scopes)
  batch.bought = {}
  for scope, counted in pairs(read_all(batch.key.bought, scopes)) do
    batch.bought[scope] = tonumber(split(counted)[1])
  end
end

-- Returns what a buyer may still take in a row with a limit.
local function left_for(batch, buyer, row, limit)
  local scope = buyer .. SEP .. row
  local left = limit - (batch.bought[scope] or 0) - batch.held[scope]
  return left > 0 and left or 0
end

-- Returns which charge of a record is refused, by the buyer's limit or for lack of units, or nil.
local function charge_refusal(batch, record)
  local rows = rows_of(record)
  for row, units, limit in string.gmatch(record.charges, CHARGE) do
    local left = limit ~= '' and left_for(batch, record.buyer, row, tonumber(limit))
    if left and tonumber(units) > left then
      return {'charge_limit', row, limit, int(left)}
    end
    for i = 1, #rows, 2 do
      if rows[i] == row and rows[i + 1] > free(batch, row) then
        return {'lacks', row, units, int(math.max(free(batch, row), 0))}
      end
    end
  end
end

-- Returns true if two records hold units of one row.
local function shares_row(one, other)
  local rows, others = rows_of(one), rows_of(other)
  for i = 1, #rows, 2 do
    for j = 1, #others, 2 do
      if rows[i] == others[j] then
        return true
      end
    end
  end
  return false
end

-- Returns the record of what an order takes besides its lines. It ends after the last of them: in
-- whatever part of a sweep it is, theirs have been decided, and with them the order.
local function charge_record(rid, order_id, charges, records)
  local deadline_ms = 0
  for _, record in ipairs(records) do
    deadline_ms = math.max(deadline_ms, record.deadline_ms)
  end
  return {
    rid = rid, buyer = records[1].buyer, command = 'charge', sku = '', quantity = 0, price = '0',
    sale = '', order_id = order_id, deadline_ms = deadline_ms + 1, code = '', charges = charges,
    memo = '',
  }
end

-- Ends what the buyer has taken of the rows of a charge, since the charge takes these units;
-- returns the records. One that is overdue is left to the sweep.
local function spend_takes(batch, charge)
  local rids = batch.mine[charge.buyer]
  read_records(batch, rids)
  local spent = {}
  for _, record in ipairs(records_of(batch, rids)) do
    local takes = record.command == 'take' and record.state == 'held'
      and batch.now_ms < record.deadline_ms
    if takes and shares_row(record, charge) then
      spent[#spent + 1] = record
    end
  end
  read_holds(batch, spent)
  for _, record in ipairs(spent) do
    move(batch, record, 'sold')
  end
  return spent
end

-- Takes an order's charges; returns what is refused, or nil and what was spent for them.
local function take_charges(batch, charge)
  if batch.res[charge.rid] then
    return {'conflict', charge.rid}
  end
  local rows, scopes = rows_of(charge), {}
  for i = 1, #rows, 2 do
    scopes[#scopes + 1] = charge.buyer .. SEP .. rows[i]
  end
  read_holds(batch, {charge})
  read_bought(batch, scopes)
  local spent = spend_takes(batch, charge)
  local refusal = charge_refusal(batch, charge)
  if not refusal then
    move(batch, charge, 'paying')
  end
  return refusal, spent
end
