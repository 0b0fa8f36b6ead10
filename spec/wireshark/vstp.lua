-- VSTP 1.0 for Wireshark and tshark.
--
-- Dissects frames over TCP (reassembled from segments, several in one segment),
-- over TLS and over UDP, verifies their checksums, names the first fault of each
-- and puts fragmented messages together again. README.md says how to install it.
--
-- The IDs in brackets are requirements of vstp.md, in the folder above.
--
-- Written for Lua 5.2 to 5.4: no integer division, no bit operators of the
-- language, and numbers go into texts by string.format, because Lua 5.3 writes
-- a whole number that is a float as "5.0".

local vstp = Proto("vstp", "Vishu's Secure Transfer Protocol")

---------------------------------------------------------------------------
-- The numbers of the registry (registry.json)
---------------------------------------------------------------------------

local HELLO, WELCOME, DATA, PING, BYE, ACK, ERR = 1, 2, 3, 4, 6, 7, 8

local TYPE_NAMES = {
  [1] = "HELLO", [2] = "WELCOME", [3] = "DATA", [4] = "PING",
  [5] = "PONG", [6] = "BYE", [7] = "ACK", [8] = "ERR",
}

local REQ_ACK, CRC, FRAG, COMP = 0x01, 0x02, 0x10, 0x20
local RESERVED = 0xCC
local FLAG_NAMES = {
  { REQ_ACK, "REQ_ACK" }, { CRC, "CRC" }, { FRAG, "FRAG" }, { COMP, "COMP" },
}

local ERROR_NAMES = {
  [1] = "Io", [2] = "Protocol", [3] = "InvalidVersion", [4] = "InvalidFrameType",
  [5] = "InvalidMagic", [6] = "CrcMismatch", [7] = "Incomplete", [8] = "FrameTooLarge",
  [9] = "Timeout", [10] = "InvalidAddress", [11] = "SerializationError",
  [12] = "DeserializationError", [13] = "UnexpectedFrameType", [14] = "ConnectionClosed",
  [15] = "ServerError", [16] = "RateLimited", [17] = "BadFragment",
  [18] = "BadCompression", [19] = "Unsupported",
}

local MAGIC = 0x5654
local VERSION = 1
local FIXED = 11         -- octets from MAGIC to PAY_LEN
local TRAILER = 4        -- octets of CRC32
local MAX_FRAME = 8388608
local MAX_FRAGMENT_PAYLOAD = 1200
local REASSEMBLY_TIME = 30 -- seconds
local MAX_8_BIT = "255"
local MAX_64_BIT = "18446744073709551615"
local MAX_128_BIT = "340282366920938463463374607431768211455"

---------------------------------------------------------------------------
-- Fields, expert infos, preferences
---------------------------------------------------------------------------

local CRC_STATUS = { [0] = "Bad", [1] = "Good", [2] = "Unverified" }
local CRC_BAD, CRC_GOOD, CRC_UNVERIFIED = 0, 1, 2

local f = {
  magic = ProtoField.uint16("vstp.magic", "Magic", base.HEX),
  version = ProtoField.uint8("vstp.version", "Version", base.DEC),
  type = ProtoField.uint8("vstp.type", "Type", base.DEC, TYPE_NAMES),
  flags = ProtoField.uint8("vstp.flags", "Flags", base.HEX),
  req_ack = ProtoField.bool("vstp.flags.req_ack", "REQ_ACK", 8, nil, REQ_ACK, "The sender asks for an ACK"),
  crc_flag = ProtoField.bool("vstp.flags.crc", "CRC", 8, nil, CRC, "Advisory; the trailer is always there"),
  frag = ProtoField.bool("vstp.flags.frag", "FRAG", 8, nil, FRAG, "One fragment of a DATA message"),
  comp = ProtoField.bool("vstp.flags.comp", "COMP", 8, nil, COMP, "The payload of the DATA message is one gzip member"),
  reserved = ProtoField.bool("vstp.flags.reserved", "Reserved", 8, nil, RESERVED, "Zero when sent, ignored when received"),
  hdr_len = ProtoField.uint16("vstp.hdr_len", "Header length", base.DEC),
  pay_len = ProtoField.uint32("vstp.pay_len", "Payload length", base.DEC),
  len = ProtoField.uint64("vstp.len", "Frame length", base.DEC, nil, nil, "Octets of the whole frame"),
  headers = ProtoField.none("vstp.headers", "Headers"),
  header = ProtoField.none("vstp.header", "Header"),
  key_len = ProtoField.uint8("vstp.header.key_len", "Key length", base.DEC),
  value_len = ProtoField.uint8("vstp.header.value_len", "Value length", base.DEC),
  key = ProtoField.string("vstp.header.key", "Key"),
  value = ProtoField.string("vstp.header.value", "Value"),
  leftover = ProtoField.bytes("vstp.header.leftover", "No header", base.SPACE, "Octets at the end of the header section that are no whole header"),
  payload = ProtoField.bytes("vstp.payload", "Payload", base.SPACE),
  crc = ProtoField.uint32("vstp.crc", "CRC32", base.HEX),
  crc_calculated = ProtoField.uint32("vstp.crc.calculated", "Calculated CRC32", base.HEX),
  crc_status = ProtoField.uint8("vstp.crc.status", "CRC32 status", base.DEC, CRC_STATUS),
  msg_id = ProtoField.uint64("vstp.msg_id", "Message ID", base.DEC),
  session_id = ProtoField.string("vstp.session_id", "Session ID"),
  err_code = ProtoField.uint8("vstp.err_code", "Error code", base.DEC, ERROR_NAMES),
  err_text = ProtoField.string("vstp.err_text", "Error text"),
  fragment = ProtoField.none("vstp.fragment", "Fragment"),
  frag_id = ProtoField.uint8("vstp.frag.id", "Fragment ID", base.DEC),
  frag_index = ProtoField.uint8("vstp.frag.index", "Fragment index", base.DEC),
  frag_total = ProtoField.uint8("vstp.frag.total", "Fragments in all", base.DEC),
  reassembled = ProtoField.none("vstp.reassembled", "Reassembled message"),
  reassembled_in = ProtoField.framenum("vstp.reassembled.in", "Reassembled in", base.NONE, frametype.NONE),
  reassembled_fragment = ProtoField.framenum("vstp.reassembled.fragment", "Fragment in", base.NONE, frametype.NONE),
  reassembled_length = ProtoField.uint32("vstp.reassembled.length", "Reassembled length", base.DEC),
  reassembled_payload = ProtoField.bytes("vstp.reassembled.payload", "Reassembled payload", base.SPACE),
  undecoded = ProtoField.bytes("vstp.undecoded", "Undecoded octets", base.SPACE),
  error = ProtoField.string("vstp.error", "First fault", base.ASCII, "The error that a receiver reports for the frame"),
  needed = ProtoField.uint64("vstp.needed", "Octets needed", base.DEC, nil, nil, "Octets in all, as far as known"),
}
vstp.fields = f

local e = {
  magic = ProtoExpert.new("vstp.expert.magic", "Not the beginning of a frame", expert.group.MALFORMED, expert.severity.ERROR),
  version = ProtoExpert.new("vstp.expert.version", "Unsupported version", expert.group.PROTOCOL, expert.severity.ERROR),
  size = ProtoExpert.new("vstp.expert.size", "Frame above the size limit", expert.group.PROTOCOL, expert.severity.ERROR),
  incomplete = ProtoExpert.new("vstp.expert.incomplete", "Frame with octets missing", expert.group.MALFORMED, expert.severity.ERROR),
  crc = ProtoExpert.new("vstp.expert.crc", "Wrong checksum", expert.group.CHECKSUM, expert.severity.ERROR),
  type = ProtoExpert.new("vstp.expert.type", "Unknown type", expert.group.UNDECODED, expert.severity.WARN),
  headers = ProtoExpert.new("vstp.expert.headers", "Malformed header section", expert.group.MALFORMED, expert.severity.ERROR),
  reserved = ProtoExpert.new("vstp.expert.reserved", "Reserved flag set", expert.group.PROTOCOL, expert.severity.NOTE),
  trailing = ProtoExpert.new("vstp.expert.trailing", "Octets behind the frame", expert.group.PROTOCOL, expert.severity.WARN),
  value = ProtoExpert.new("vstp.expert.value", "Malformed number", expert.group.PROTOCOL, expert.severity.WARN),
  fragment = ProtoExpert.new("vstp.expert.fragment", "Malformed or misplaced fragment", expert.group.PROTOCOL, expert.severity.WARN),
  duplicate = ProtoExpert.new("vstp.expert.fragment.duplicate", "Fragment seen before", expert.group.SEQUENCE, expert.severity.NOTE),
  conflict = ProtoExpert.new("vstp.expert.fragment.conflict", "Fragment contradicts earlier ones", expert.group.SEQUENCE, expert.severity.WARN),
  err = ProtoExpert.new("vstp.expert.err", "Error reported", expert.group.RESPONSE_CODE, expert.severity.NOTE),
}
do
  local list = {}
  for _, expert_info in pairs(e) do list[#list + 1] = expert_info end
  vstp.experts = list
end

vstp.prefs.tcp_ports = Pref.range("TCP ports", "", "TCP ports on which VSTP is spoken, such as 7000,7010-7019", 65535)
vstp.prefs.tls_ports = Pref.range("TLS ports", "", "TCP ports on which VSTP is spoken over TLS", 65535)
vstp.prefs.udp_ports = Pref.range("UDP ports", "", "UDP ports on which VSTP is spoken", 65535)
vstp.prefs.max_frame = Pref.uint("Size limit", MAX_FRAME, "Octets of the largest frame that is not a fault")
vstp.prefs.verify_crc = Pref.bool("Verify checksums", true, "Calculate the CRC32 of each frame and compare")
vstp.prefs.reassemble = Pref.bool("Reassemble fragmented messages", true, "Put together messages that came in several datagrams")

---------------------------------------------------------------------------
-- Helpers
---------------------------------------------------------------------------

-- A whole number as text, of any size and whatever Lua takes it for.
local function int(number)
  return string.format("%.0f", number)
end

local function octets(number)
  return int(number) .. (number == 1 and " octet" or " octets")
end

-- CRC-32/ISO-HDLC [CRC-1]. Wireshark's bit library returns signed numbers,
-- which only the last step has to undo.
local crc_table = {}
for n = 0, 255 do
  local c = n
  for _ = 1, 8 do
    local low = bit.band(c, 1)
    c = bit.rshift(c, 1)
    if low == 1 then c = bit.bxor(c, 0xEDB88320) end
  end
  crc_table[n] = c
end

local function crc32(text)
  local band, bxor, rshift, byte = bit.band, bit.bxor, bit.rshift, string.byte
  local c = 0xFFFFFFFF
  for i = 1, #text do
    c = bxor(crc_table[band(bxor(c, byte(text, i)), 0xFF)], rshift(c, 8))
  end
  return bit.bnot(c) % 0x100000000
end

-- Whether a text is a canonical decimal number up to a largest one [HDR-9].
local function is_decimal(text, largest)
  if text ~= "0" and not text:find("^[1-9][0-9]*$") then return false end
  return #text < #largest or (#text == #largest and text <= largest)
end

local function flag_names(flags)
  local names = {}
  for _, flag in ipairs(FLAG_NAMES) do
    if bit.band(flags, flag[1]) ~= 0 then names[#names + 1] = flag[2] end
  end
  local reserved = bit.band(flags, RESERVED)
  if reserved ~= 0 then names[#names + 1] = string.format("0x%02x", reserved) end
  return table.concat(names, "|")
end

local function type_name(number)
  return TYPE_NAMES[number] or string.format("TYPE(0x%02x)", number)
end

-- A text as it can be shown: what is not printable ASCII becomes a dot.
local function printable(text)
  return (text:gsub("[^\32-\126]", "."))
end

---------------------------------------------------------------------------
-- Reassembly of fragmented messages [RAS-1 to RAS-9]
---------------------------------------------------------------------------

local sessions = {} -- what is incomplete, by source, destination, frag-id and msg-id
local outcomes = {} -- by packet number: the session of its fragment, and the fragment's place in it

function vstp.init()
  sessions = {}
  outcomes = {}
end

local function session_key(fragment, pinfo)
  return table.concat({
    tostring(pinfo.src), int(pinfo.src_port), tostring(pinfo.dst), int(pinfo.dst_port),
    fragment.id, fragment.msg_id or "none",
  }, " ")
end

-- Whether a fragment contradicts what its session holds [RAS-5].
local function contradicts(session, fragment)
  local stored = session.stored[fragment.index]
  return session.total ~= fragment.total or session.flags ~= fragment.flags or session.own ~= fragment.own
    or (stored ~= nil and stored.payload ~= fragment.payload)
end

-- Takes in a fragment when its packet is seen for the first time.
local function collect(fragment, pinfo)
  local key = session_key(fragment, pinfo)
  local session, fate = sessions[key], "stored"
  if session and pinfo.abs_ts - session.start > REASSEMBLY_TIME then session = nil end
  if session and contradicts(session, fragment) then
    session, fate = nil, "conflict"
  end
  if session and session.stored[fragment.index] then
    return { session = session, fate = "duplicate" }
  end
  if not session then
    session = { start = pinfo.abs_ts, total = fragment.total, flags = fragment.flags, own = fragment.own, stored = {}, count = 0 }
    sessions[key] = session
  end
  session.stored[fragment.index] = { payload = fragment.payload, packet = pinfo.number }
  session.count = session.count + 1
  if session.count == session.total then
    local payloads = {}
    for index = 0, session.total - 1 do payloads[index + 1] = session.stored[index].payload end
    session.message = table.concat(payloads)
    session.completed_by = pinfo.number
    sessions[key] = nil
  end
  return { session = session, fate = fate }
end

local function outcome_of(fragment, pinfo)
  if not pinfo.visited then outcomes[pinfo.number] = collect(fragment, pinfo) end
  return outcomes[pinfo.number]
end

-- Reads a frame with FRAG as a fragment. Returns nil and what is wrong with it
-- if no receiver stores it [FLG-5, RAS-6, RAS-18].
local function as_fragment(frame)
  if frame.type ~= DATA then return nil, "FRAG on a frame that is not DATA" end
  local numbers, own = {}, {}
  for _, header in ipairs(frame.headers) do
    if header.key == "frag-id" or header.key == "frag-index" or header.key == "frag-total" then
      if numbers[header.key] then return nil, header.key .. " occurs more than once" end
      if not is_decimal(header.value, MAX_8_BIT) then return nil, header.key .. " is not a number from 0 to 255" end
      numbers[header.key] = tonumber(header.value)
    else
      own[#own + 1] = header.encoded
    end
  end
  for _, key in ipairs({ "frag-id", "frag-index", "frag-total" }) do
    if not numbers[key] then return nil, key .. " is missing" end
  end
  if numbers["frag-index"] >= numbers["frag-total"] then return nil, "frag-index is not below frag-total" end
  if frame.pay_len > MAX_FRAGMENT_PAYLOAD then return nil, "a fragment with more than 1,200 octets of payload" end
  return {
    id = numbers["frag-id"], index = numbers["frag-index"], total = numbers["frag-total"], msg_id = frame.msg_id,
    flags = bit.band(frame.flags, REQ_ACK + CRC + FRAG + COMP), own = table.concat(own), payload = frame.payload,
  }
end

local function show_message(session, tree, packet)
  if not session.completed_by then return end
  if session.completed_by ~= packet then
    tree:add(f.reassembled_in, session.completed_by):set_generated()
    return
  end
  local item = tree:add(f.reassembled)
  item:set_generated()
  item:append_text(string.format(": %s in %s fragments", octets(#session.message), int(session.total)))
  for index = 0, session.total - 1 do
    local stored = session.stored[index]
    item:add(f.reassembled_fragment, stored.packet)
      :append_text(string.format(" (index %s, %s)", int(index), octets(#stored.payload)))
  end
  item:add(f.reassembled_length, #session.message)
  if #session.message > 0 then
    local tvb = ByteArray.new(session.message, true):tvb("Reassembled VSTP message")
    item:add(f.reassembled_payload, tvb:range())
  end
end

local function show_fragment(frame, pinfo, tree)
  if not frame.over_udp then
    tree:add_proto_expert_info(e.fragment, "FRAG over TCP: a receiver discards the frame [FLG-6]")
    return
  end
  local fragment, fault = as_fragment(frame)
  if not fragment then
    tree:add_proto_expert_info(e.fragment, "Malformed fragment: " .. fault)
    return
  end
  local item = tree:add(f.fragment)
  item:set_generated()
  item:append_text(string.format(" with index %s of %s, frag-id %s", int(fragment.index), int(fragment.total), int(fragment.id)))
  item:add(f.frag_id, fragment.id)
  item:add(f.frag_index, fragment.index)
  item:add(f.frag_total, fragment.total)
  frame.info = string.format("frag-id=%s frag-index=%s frag-total=%s", int(fragment.id), int(fragment.index), int(fragment.total))

  if not vstp.prefs.reassemble then return end
  local outcome = outcome_of(fragment, pinfo)
  if not outcome then return end -- not looked at when it was first seen
  if outcome.fate == "duplicate" then item:add_proto_expert_info(e.duplicate) end
  if outcome.fate == "conflict" then
    item:add_proto_expert_info(e.conflict, "Contradicts earlier fragments: a receiver drops those and starts anew [RAS-5]")
  end
  show_message(outcome.session, item, pinfo.number)
  if outcome.session.completed_by == pinfo.number then
    frame.info = string.format("%s [message of %s]", frame.info, octets(#outcome.session.message))
  end
end

---------------------------------------------------------------------------
-- One frame
---------------------------------------------------------------------------

-- What the beginning of a frame tells: the first fault that it shows, of MAGIC,
-- VERSION and size [FRM-9], and the octets of the whole frame, once the lengths
-- are there.
local function survey(tvb, offset)
  local left = tvb:len() - offset
  if left >= 2 and tvb(offset, 2):uint() ~= MAGIC then return "InvalidMagic" end
  if left >= 3 and tvb(offset + 2, 1):uint() ~= VERSION then return "InvalidVersion" end
  if left < FIXED then return nil end
  local total = FIXED + tvb(offset + 5, 2):le_uint() + tvb(offset + 7, 4):uint() + TRAILER
  if total > vstp.prefs.max_frame then return "FrameTooLarge", total end
  return nil, total
end

-- Splits the header section, `length` octets at `offset`. Returns the headers
-- and how many octets at its end are no whole header [HDR-6, HDR-7].
local function split_headers(tvb, offset, length)
  local headers = {}
  local section = length > 0 and tvb:raw(offset, length) or ""
  local at = 0
  while length - at >= 2 do
    local key_len, value_len = section:byte(at + 1, at + 2)
    local size = 2 + key_len + value_len
    if size > length - at then break end
    headers[#headers + 1] = {
      offset = offset + at,
      key = section:sub(at + 3, at + 2 + key_len),
      value = section:sub(at + 3 + key_len, at + size),
      encoded = section:sub(at + 1, at + size),
    }
    at = at + size
  end
  return headers, length - at
end

-- The types on which a key belongs to the protocol [HDR-9]. The fragment
-- headers are looked at as a whole, in as_fragment.
local MEANINGS = {
  ["msg-id"] = {
    types = { [HELLO] = true, [DATA] = true, [PING] = true, [BYE] = true, [ACK] = true, [ERR] = true },
    largest = MAX_64_BIT,
    show = function(frame, tree, range, value)
      tree:add(f.msg_id, range, UInt64.new(value)):set_generated()
      frame.msg_id = value
    end,
  },
  ["session-id"] = {
    types = { [WELCOME] = true },
    largest = MAX_128_BIT,
    show = function(frame, tree, range, value)
      tree:add(f.session_id, range, value):set_generated()
      frame.session_id = value
    end,
  },
  ["err-code"] = {
    types = { [ERR] = true },
    largest = MAX_8_BIT,
    show = function(frame, tree, range, value)
      tree:add(f.err_code, range, tonumber(value)):set_generated()
      frame.err_code = value
    end,
  },
}

local function show_header(frame, seen, header, tvb, tree)
  local key_len, value_len = #header.key, #header.value
  local item = tree:add(f.header, tvb(header.offset, 2 + key_len + value_len))
  item:set_text(string.format("%s: %s", printable(header.key), printable(header.value)))
  item:add(f.key_len, tvb(header.offset, 1))
  item:add(f.value_len, tvb(header.offset + 1, 1))
  item:add_packet_field(f.key, tvb(header.offset + 2, key_len), ENC_UTF_8)
  local range = tvb(header.offset + 2 + key_len, value_len)
  item:add_packet_field(f.value, range, ENC_UTF_8)

  local meaning = MEANINGS[header.key]
  if not meaning or not meaning.types[frame.type] or seen[header.key] then return end
  seen[header.key] = true -- of several the first counts, even if it is malformed
  if is_decimal(header.value, meaning.largest) then
    meaning.show(frame, item, range, header.value)
  else
    frame.malformed_values[item] = string.format("%s is not a canonical decimal number up to %s", header.key, meaning.largest)
  end
end

local function show_headers(frame, tvb, offset, tree)
  local item = tree:add(f.headers, tvb(offset, frame.hdr_len))
  local leftover
  frame.malformed_values = {} -- what is to be said about them, by item
  frame.headers, leftover = split_headers(tvb, offset, frame.hdr_len)
  item:append_text(string.format(": %s, %s", int(#frame.headers), octets(frame.hdr_len)))
  local seen = {}
  for _, header in ipairs(frame.headers) do show_header(frame, seen, header, tvb, item) end
  if leftover > 0 then
    item:add(f.leftover, tvb(offset + frame.hdr_len - leftover, leftover))
    frame.malformed_headers = true
  end
  return item
end

local function show_type(frame, range, tree)
  frame.type = range:uint()
  tree:add(f.type, range)
end

local function show_flags(frame, range, tree)
  frame.flags = range:uint()
  local item = tree:add(f.flags, range)
  local names = flag_names(frame.flags)
  if names ~= "" then item:append_text(" (" .. names .. ")") end
  for _, field in ipairs({ f.req_ack, f.crc_flag, f.frag, f.comp, f.reserved }) do item:add(field, range) end
  return item
end

-- The checksum of a whole frame. Returns whether it is wrong.
local function show_crc(frame, tvb, offset, tree)
  local range = tvb(offset + frame.total - TRAILER, TRAILER)
  local item = tree:add(f.crc, range)
  if not vstp.prefs.verify_crc then
    item:append_text(" (unverified)")
    tree:add(f.crc_status, range, CRC_UNVERIFIED):set_generated()
    return false
  end
  local calculated = crc32(tvb:raw(offset, frame.total - TRAILER))
  local good = calculated == range:uint()
  item:append_text(good and " (correct)" or string.format(" (wrong, ought to be 0x%08x)", calculated))
  tree:add(f.crc_calculated, range, calculated):set_generated()
  tree:add(f.crc_status, range, good and CRC_GOOD or CRC_BAD):set_generated()
  return not good
end

local function report(frame, tree, name, expert_info, text)
  frame.fault = name
  tree:add(f.error, name):set_generated()
  tree:add_proto_expert_info(expert_info, text)
end

-- What a frame without MAGIC, VERSION or an acceptable size still shows.
local function show_refused(frame, tvb, offset, size, fault, tree)
  tree:add(f.magic, tvb(offset, 2))
  local shown = 2
  if fault ~= "InvalidMagic" then
    tree:add(f.version, tvb(offset + 2, 1))
    shown = 3
  end
  if fault == "FrameTooLarge" then
    show_type(frame, tvb(offset + 3, 1), tree)
    show_flags(frame, tvb(offset + 4, 1), tree)
    tree:add_le(f.hdr_len, tvb(offset + 5, 2))
    tree:add(f.pay_len, tvb(offset + 7, 4))
    tree:add(f.len, UInt64.new(frame.total)):set_generated()
    shown = FIXED
  end
  if size > shown then tree:add(f.undecoded, tvb(offset + shown, size - shown)) end

  if fault == "InvalidMagic" then
    report(frame, tree, fault, e.magic, "The octets do not begin with 56 54; what they are is unknown")
  elseif fault == "InvalidVersion" then
    report(frame, tree, fault, e.version, string.format("Version %s is not supported", int(tvb(offset + 2, 1):uint())))
  else
    report(frame, tree, fault, e.size, string.format("A frame of %s is above the limit of %s", octets(frame.total), int(vstp.prefs.max_frame)))
  end
end

-- What there is of a frame whose end is missing. `cut` says that the capture
-- and not the sender left it out.
local function show_incomplete(frame, tvb, offset, size, cut, tree)
  local shown = 0
  local function has(length)
    if size < length then return false end
    shown = length
    return true
  end
  if has(2) then tree:add(f.magic, tvb(offset, 2)) end
  if has(3) then tree:add(f.version, tvb(offset + 2, 1)) end
  if has(4) then show_type(frame, tvb(offset + 3, 1), tree) end
  if has(5) then show_flags(frame, tvb(offset + 4, 1), tree) end
  if has(7) then tree:add_le(f.hdr_len, tvb(offset + 5, 2)) end
  if has(FIXED) then tree:add(f.pay_len, tvb(offset + 7, 4)) end
  if size > shown then tree:add(f.undecoded, tvb(offset + shown, size - shown)) end

  local needed = frame.total or FIXED
  tree:add(f.needed, UInt64.new(needed)):set_generated()
  if cut then
    tree:append_text(" [cut by the capture]")
    return
  end
  local text = string.format("Of %s%s only %s are there", frame.total and "" or "at least ", octets(needed), int(size))
  report(frame, tree, "Incomplete", e.incomplete, text)
end

-- A frame of which all octets are there.
local function show_whole(frame, tvb, offset, pinfo, tree)
  tree:add(f.magic, tvb(offset, 2))
  tree:add(f.version, tvb(offset + 2, 1))
  show_type(frame, tvb(offset + 3, 1), tree)
  local flags_item = show_flags(frame, tvb(offset + 4, 1), tree)
  frame.hdr_len = tvb(offset + 5, 2):le_uint()
  tree:add_le(f.hdr_len, tvb(offset + 5, 2))
  frame.pay_len = tvb(offset + 7, 4):uint()
  tree:add(f.pay_len, tvb(offset + 7, 4))
  tree:add(f.len, UInt64.new(frame.total)):set_generated()
  local headers_item = show_headers(frame, tvb, offset + FIXED, tree)
  local payload = tvb(offset + FIXED + frame.hdr_len, frame.pay_len)
  frame.payload = ""
  if frame.pay_len > 0 then
    tree:add(f.payload, payload)
    frame.payload = payload:raw()
  end
  local wrong = show_crc(frame, tvb, offset, tree)

  -- Of several faults only the first counts [FRM-9].
  if wrong then
    report(frame, tree, "CrcMismatch", e.crc, "The checksum is wrong: the frame was damaged, and its fields may be anything")
    return
  end
  if not TYPE_NAMES[frame.type] then
    report(frame, tree, "InvalidFrameType", e.type, string.format("Type 0x%02x is not known", frame.type))
    return
  end
  if frame.malformed_headers then
    report(frame, headers_item, "Protocol", e.headers, "The header section does not end with the end of a header")
    return
  end
  for item, text in pairs(frame.malformed_values) do item:add_proto_expert_info(e.value, text) end
  if bit.band(frame.flags, RESERVED) ~= 0 then flags_item:add_proto_expert_info(e.reserved) end
  if bit.band(frame.flags, FRAG) ~= 0 then show_fragment(frame, pinfo, tree) end
  if frame.type == ERR then
    if frame.pay_len > 0 then tree:add_packet_field(f.err_text, payload, ENC_UTF_8):set_generated() end
    local name = ERROR_NAMES[tonumber(frame.err_code or "")] or "ServerError"
    tree:add_proto_expert_info(e.err, "The peer reports " .. name)
  end
end

-- The line for the packet list.
local function summary(frame)
  local parts = {}
  if frame.type then parts[#parts + 1] = type_name(frame.type) end
  if frame.flags and frame.flags ~= 0 then parts[#parts + 1] = flag_names(frame.flags) end
  if frame.session_id then parts[#parts + 1] = "session-id=" .. frame.session_id end
  if frame.err_code then
    parts[#parts + 1] = "err-code=" .. frame.err_code
    local name = ERROR_NAMES[tonumber(frame.err_code)]
    if name then parts[#parts + 1] = "(" .. name .. ")" end
  end
  if frame.msg_id then parts[#parts + 1] = "msg-id=" .. frame.msg_id end
  if frame.info then parts[#parts + 1] = frame.info end
  if frame.pay_len then parts[#parts + 1] = "len=" .. int(frame.pay_len) end
  if frame.fault then parts[#parts + 1] = "[" .. frame.fault .. "]" end
  if frame.cut then parts[#parts + 1] = "[cut by the capture]" end
  return table.concat(parts, " ")
end

-- Dissects the frame at offset, of which `size` octets are to be shown. What is
-- left of a datagram behind them is `trailing`.
local function show_frame(tvb, offset, size, fault, total, over_udp, trailing, pinfo, root)
  local frame = { total = total, over_udp = over_udp }
  local tree = root:add(vstp, tvb(offset, size + trailing))
  if fault then
    show_refused(frame, tvb, offset, size, fault, tree)
  elseif total and size >= total then
    show_whole(frame, tvb, offset, pinfo, tree)
  else
    frame.cut = tvb:reported_len() > tvb:len() and tvb:reported_len() - offset >= (total or FIXED)
    show_incomplete(frame, tvb, offset, size, frame.cut, tree)
  end
  if trailing > 0 then
    tree:add(f.undecoded, tvb(offset + size, trailing))
    tree:add_proto_expert_info(e.trailing, string.format("%s behind the frame: a receiver discards the datagram [UDP-3]", octets(trailing)))
  end
  local line = summary(frame)
  tree:append_text(", " .. line)
  return line
end

---------------------------------------------------------------------------
-- Datagrams and streams
---------------------------------------------------------------------------

-- One frame is the whole of a datagram [UDP-1].
local function dissect_datagram(tvb, pinfo, root)
  local length = tvb:len()
  local fault, total = survey(tvb, 0)
  local size = length
  if not fault and total and total < length then size = total end
  return { show_frame(tvb, 0, size, fault, total, true, length - size, pinfo, root) }
end

-- Frames follow one another in a stream [FRM-6]. dissect_tcp_pdus would wait for
-- eleven octets before it asked for a length; a wrong MAGIC or VERSION shows
-- earlier, and nothing may follow it. `can_wait` says that the segments that
-- follow can be asked for.
local function dissect_stream(tvb, pinfo, root, can_wait)
  local lines = {}
  local offset, length = 0, tvb:len()
  if tvb:reported_len() > length then can_wait = false end
  while offset < length do
    local left = length - offset
    local fault, total = survey(tvb, offset)
    local size = left -- what follows a fault is not dissected
    if not fault and total and total <= left then
      size = total
    elseif not fault and can_wait then
      pinfo.desegment_offset = offset
      pinfo.desegment_len = total and total - left or DESEGMENT_ONE_MORE_SEGMENT
      break
    end
    lines[#lines + 1] = show_frame(tvb, offset, size, fault, total, false, 0, pinfo, root)
    offset = offset + size
  end
  return lines
end

local PORT_TYPE_TCP = 2

local function dissect(tvb, pinfo, root, can_wait)
  local lines
  if pinfo.port_type == PORT_TYPE_TCP then
    lines = dissect_stream(tvb, pinfo, root, can_wait)
  else
    lines = dissect_datagram(tvb, pinfo, root)
  end
  if #lines > 0 then
    pinfo.cols.protocol = "VSTP"
    -- One packet can end one reassembled frame and hold further ones: then this
    -- is called twice, and the second call adds to the first.
    local line = table.concat(lines, ", ")
    if pinfo.private["vstp_info"] then line = ", " .. line end
    pinfo.cols.info:set(line)
    pinfo.cols.info:fence()
    pinfo.private["vstp_info"] = "1"
  end
end

function vstp.dissector(tvb, pinfo, root)
  dissect(tvb, pinfo, root, pinfo.can_desegment > 0)
  return tvb:len()
end

---------------------------------------------------------------------------
-- How Wireshark comes to call it: by port, by Decode As, or by the looks of a packet
---------------------------------------------------------------------------

local ports = {
  { table = DissectorTable.get("tcp.port"), pref = "tcp_ports", current = "" },
  { table = DissectorTable.get("tls.port"), pref = "tls_ports", current = "" },
  { table = DissectorTable.get("udp.port"), pref = "udp_ports", current = "" },
}

for _, port in ipairs(ports) do port.table:add_for_decode_as(vstp) end

function vstp.prefs_changed()
  for _, port in ipairs(ports) do
    local wanted = vstp.prefs[port.pref]
    if wanted ~= port.current then
      if port.current ~= "" then port.table:remove(port.current, vstp) end
      if wanted ~= "" then port.table:add(wanted, vstp) end
      port.current = wanted
    end
  end
end

-- Without a port to go by, MAGIC and VERSION have to be there. A datagram has to
-- have the very length of its frame too.
local function looks_like_vstp(tvb, pinfo)
  if tvb:len() < 3 then return false end
  local fault, total = survey(tvb, 0)
  if fault then return false end
  return pinfo.port_type == PORT_TYPE_TCP or total == tvb:reported_len()
end

local function heuristic(tvb, pinfo, root)
  if not looks_like_vstp(tvb, pinfo) then return false end
  -- Here pinfo.can_desegment is 0 even where further segments can be asked for.
  dissect(tvb, pinfo, root, true)
  return true
end

-- Once recognised, the rest of a conversation needs no second look. Inside TLS
-- that must not be said, since it would be taken for the TCP conversation below.
local function heuristic_for_conversation(tvb, pinfo, root)
  if not heuristic(tvb, pinfo, root) then return false end
  pinfo.conversation = vstp
  return true
end

vstp:register_heuristic("tcp", heuristic_for_conversation)
vstp:register_heuristic("udp", heuristic_for_conversation)
vstp:register_heuristic("tls", heuristic)
