-- The records kept of a buyer's ended reservations. A rid is answered from its record for a day;
-- a buyer who reserves and gives back without end could fill Redis with such records.
--
-- One that never reached `paying` is in its buyer's list of `past`. Beyond BUYER_PAST_MAX the
-- oldest is forgotten, record and all, and its rid counts as unused. One that reached `paying` and
-- was not sold counts in `void`. It is kept for its day, because its rid has a final answer. From
-- BUYER_VOID_MAX on its buyer gets nothing new. Sold ones are bounded by the limits.
--
-- A list is SEP, then rid and SEP for each, the oldest first.

local function without(list, rid)
  local first, last = string.find(list, SEP .. rid .. SEP, 1, true)
  return first and string.sub(list, 1, first) .. string.sub(list, last + 1) or list
end

-- Takes the oldest rids beyond the limit out of a list; returns the list, and adds them to `gone`.
local function shorten(list, gone)
  local _, separators = string.gsub(list, SEP, SEP)
  for _ = 1, separators - 1 - BUYER_PAST_MAX do
    local ends = string.find(list, SEP, 2, true)
    gone[#gone + 1] = string.sub(list, 2, ends - 1)
    list = string.sub(list, ends)
  end
  return list
end

-- Brings lists and counts from what each record counted as (`kept`) to what it counts as now.
-- Records that no longer count go first, or one just sold might be forgotten.
local function count_ended(key, records, now_as)
  local moved, buyers, known = {}, {}, {}
  for _, record in ipairs(records) do
    local from, to, buyer = record.kept, now_as(record), record.buyer
    if from ~= to then
      moved[#moved + 1] = {rid = record.rid, buyer = buyer, from = from, to = to}
      record.kept = to
      if not known[buyer] then
        known[buyer] = true
        buyers[#buyers + 1] = buyer
      end
    end
  end
  if not moved[1] then
    return
  end
  local past, void = read_all(key.past, buyers), read_all(key.void, buyers)
  local gone, changed_past, changed_void = {}, {}, {}
  for _, each in ipairs(moved) do
    if each.from == 'past' then
      past[each.buyer] = without(past[each.buyer] or SEP, each.rid)
      changed_past[each.buyer] = true
    elseif each.from == 'void' then
      void[each.buyer] = math.max((void[each.buyer] or 0) - 1, 0)
      changed_void[each.buyer] = true
    end
  end
  for _, each in ipairs(moved) do
    if each.to == 'past' then
      past[each.buyer] = shorten((past[each.buyer] or SEP) .. each.rid .. SEP, gone)
      changed_past[each.buyer] = true
    elseif each.to == 'void' then
      void[each.buyer] = (void[each.buyer] or 0) + 1
      changed_void[each.buyer] = true
    end
  end
  write_hash(key.past, changed_past, function(buyer)
    return past[buyer] ~= SEP and past[buyer] or nil
  end)
  write_hash(key.void, changed_void, function(buyer)
    return void[buyer] ~= 0 and int(void[buyer]) or nil
  end)
  call_all('HDEL', key.res, gone)
  call_all('ZREM', key.done, gone)
end

-- Writes all that a call has changed.
local function write_batch(batch)
  write_open(batch)
  count_ended(batch.key, batch.ended, kept_as)
end

local function kept_no_longer()
  return nil
end

-- Forgets records that are old enough, whatever they count as.
local function forget(key, records)
  local rids, orders = {}, {}
  for i, record in ipairs(records) do
    record.kept = kept_as(record)
    rids[i], orders[i] = record.rid, record.order_id
  end
  count_ended(key, records, kept_no_longer)
  call_all('HDEL', key.res, rids)
  call_all('HDEL', key.orders, orders)
end
