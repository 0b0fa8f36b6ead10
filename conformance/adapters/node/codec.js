// Frames and their octets: sections 3 to 8 of the specification, and the encodings of Annex A and B.
//
// A frame is {version, type, flags, headers, payload}: headers are pairs of Buffers in wire order, the payload is a
// Buffer. What `decode` yields shares the memory of its input.

import { CODES, VstpError } from './errors.js';

export const VERSION = 1;
export const FIXED = 11;
export const OVERHEAD = 15;
export const MAX_FRAME = 8_388_608;
const MAX_SECTION = 65_535;

// [TYP-1]
export const TYPES = Object.freeze({ HELLO: 1, WELCOME: 2, DATA: 3, PING: 4, PONG: 5, BYE: 6, ACK: 7, ERR: 8 });
export const FLAGS = Object.freeze({ REQ_ACK: 0x01, CRC: 0x02, FRAG: 0x10, COMP: 0x20 }); // [FLG-1]
const DEFINED_FLAGS = 0x33;
const KNOWN_TYPES = new Set(Object.values(TYPES));

export const PROTOCOL_KEYS = new Set(['msg-id', 'frag-id', 'frag-index', 'frag-total', 'session-id', 'err-code']);

const NONE = Buffer.alloc(0);

/** A frame of this version out of what is given. */
export function frame(type, { flags = 0, headers = [], payload = NONE, version = VERSION } = {}) {
  return { version, type, flags, headers, payload };
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n >>> 0;
});

/** CRC-32/ISO-HDLC [CRC-1]. */
export function crc32(octets) {
  let c = 0xffffffff;
  for (let i = 0; i < octets.length; i++) c = CRC_TABLE[(c ^ octets[i]) & 0xff] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/**
 * How many octets the frame at the beginning has, or undefined while its fixed part is not whole. MAGIC, VERSION and
 * the size are judged as soon as they can be [TCP-17] [TCP-28] [LIM-2].
 */
export function measure(octets, limit = MAX_FRAME) {
  if ((octets.length > 0 && octets[0] !== 0x56) || (octets.length > 1 && octets[1] !== 0x54)) {
    throw new VstpError('InvalidMagic', 'not a VSTP frame');
  }
  if (octets.length > 2 && octets[2] !== VERSION) throw new VstpError('InvalidVersion', 'unsupported version');
  if (octets.length < FIXED) return undefined;
  const total = OVERHEAD + octets.readUInt16LE(5) + octets.readUInt32BE(7); // exact: numbers have 53 bits
  if (total > limit) throw new VstpError('FrameTooLarge', 'frame too large');
  return total;
}

/** Decodes the frame at the beginning; faults are reported in the order of [FRM-9]. Yields {frame, consumed}. */
export function decode(octets, limit = MAX_FRAME) {
  const total = measure(octets, limit);
  if (total === undefined || octets.length < total) {
    throw new VstpError('Incomplete', 'more octets are needed', { needed: total ?? FIXED });
  }
  const end = total - 4;
  if (crc32(octets.subarray(0, end)) !== octets.readUInt32BE(end)) throw new VstpError('CrcMismatch', 'CRC32 differs');
  if (!KNOWN_TYPES.has(octets[3])) throw new VstpError('InvalidFrameType', 'unknown type');
  const payload = FIXED + octets.readUInt16LE(5);
  return {
    frame: frame(octets[3], {
      flags: octets[4] & DEFINED_FLAGS, // [FLG-3]
      headers: decodeSection(octets.subarray(FIXED, payload)),
      payload: octets.subarray(payload, end),
    }),
    consumed: total,
  };
}

/** The headers of a section; Protocol unless it is a sequence of whole headers [HDR-6] [HDR-7]. */
export function decodeSection(section) {
  const headers = [];
  for (let at = 0; at < section.length; ) {
    if (section.length - at < 2) throw new VstpError('Protocol', 'malformed header section');
    const value = at + 2 + section[at];
    const end = value + section[at + 1];
    if (end > section.length) throw new VstpError('Protocol', 'malformed header section');
    headers.push([section.subarray(at + 2, value), section.subarray(value, end)]);
    at = end;
  }
  return headers;
}

/** The octets of a frame; what must not be sent is refused [FRM-2] [FRM-8] [HDR-2] [TYP-2] [LIM-4]. */
export function encode({ version, type, flags, headers, payload }, limit = MAX_FRAME) {
  if (version !== VERSION) throw new VstpError('Protocol', `VERSION ${version} is not spoken here`);
  if (!KNOWN_TYPES.has(type)) throw new VstpError('Protocol', `TYPE ${type} is not allocated`);
  const section = encodeSection(headers);
  const total = OVERHEAD + section.length + payload.length;
  if (total > limit) throw new VstpError('FrameTooLarge', `the frame has more than ${limit} octets`);
  const fixed = Buffer.from([0x56, 0x54, version, type, flags, 0, 0, 0, 0, 0, 0]);
  fixed.writeUInt16LE(section.length, 5);
  fixed.writeUInt32BE(payload.length, 7);
  const octets = Buffer.concat([fixed, section, payload], total);
  octets.writeUInt32BE(crc32(octets.subarray(0, total - 4)), total - 4); // [CRC-2] [CRC-3] [CRC-4]
  return octets;
}

export function encodeSection(headers) {
  const parts = [];
  for (const [key, value] of headers) {
    if (key.length > 255 || value.length > 255) throw new VstpError('Protocol', 'a key or value has over 255 octets');
    parts.push(Buffer.from([key.length, value.length]), key, value);
  }
  const section = Buffer.concat(parts);
  if (section.length > MAX_SECTION) throw new VstpError('FrameTooLarge', `HEADERS has over ${MAX_SECTION} octets`);
  return section;
}

/** The number that a canonical decimal stands for, as a BigInt; undefined if it is none or above `largest` [HDR-9]. */
export function decimal(value, largest) {
  const text = value === undefined || value.length > 40 ? '' : value.toString('latin1');
  if (!/^(?:0|[1-9][0-9]*)$/.test(text)) return undefined;
  const number = BigInt(text);
  return number <= largest ? number : undefined;
}

export const MAX_U64 = 2n ** 64n - 1n;

/** The value of the first header with this key, compared octet by octet [HDR-10]. */
export function first(headers, key) {
  return headers.find(([k]) => k.toString('latin1') === key)?.[1];
}

/** The valid msg-id of a frame, or undefined. */
export function msgId({ headers }) {
  return decimal(first(headers, 'msg-id'), MAX_U64);
}

export function header(key, value) {
  return [Buffer.from(key), Buffer.from(String(value))];
}

/** The ERR for an error; it names the DATA frame that it answers [ERR-1] [ERR-9]. */
export function errorFrame(error, answered) {
  const headers = [header('err-code', CODES[error.kind])];
  if (answered?.type === TYPES.DATA && msgId(answered) !== undefined) headers.push(header('msg-id', msgId(answered)));
  if (error.kind === 'InvalidVersion') headers.push(header('version', VERSION));
  return frame(TYPES.ERR, { headers, payload: Buffer.from(error.text) });
}

/** The error that a received ERR reports, ServerError unless its code is known [ERR-7]. */
export function reportedError({ headers, payload }) {
  const code = decimal(first(headers, 'err-code'), 255n);
  const kind = Object.keys(CODES).find((name) => BigInt(CODES[name]) === code) ?? 'ServerError';
  return new VstpError(kind, payload.subarray(0, 1024).toString(), { remote: true });
}

// --- Annex A and B

/** The shortest encoding of a BigInt from 0 to 2^64 - 1 [VAR-1]. */
export function encodeVarint(value) {
  if (value < 0n || value > MAX_U64) throw new VstpError('Protocol', 'a varint is a number from 0 to 2^64 - 1');
  const octets = [];
  for (; value > 0x7fn; value >>= 7n) octets.push(Number(value & 0x7fn) | 0x80);
  return Buffer.from([...octets, Number(value)]);
}

/** Yields {value, consumed} [VAR-2]; what is longer than need be or too large is rejected [VAR-3] [VAR-4]. */
export function decodeVarint(octets) {
  let value = 0n;
  for (let i = 0; i < Math.min(octets.length, 10); i++) {
    value |= BigInt(octets[i] & 0x7f) << BigInt(7 * i);
    if (octets[i] & 0x80) continue;
    if (value > MAX_U64) throw new VstpError('Protocol', 'the varint is above 2^64 - 1');
    if (i > 0 && octets[i] === 0) throw new VstpError('Protocol', 'the varint is longer than need be');
    return { value, consumed: i + 1 };
  }
  if (octets.length < 10) throw new VstpError('Incomplete', 'the varint goes on', { needed: octets.length + 1 });
  throw new VstpError('Protocol', 'the varint has more than 10 octets');
}

/** A binary string out of its octets, which have to be UTF-8 [STR-1] [STR-2]. */
export function encodeString(octets) {
  requireUtf8(octets);
  if (octets.length > 65_535) throw new VstpError('FrameTooLarge', 'the string has more than 65,535 octets');
  const length = Buffer.alloc(2);
  length.writeUInt16LE(octets.length);
  return Buffer.concat([length, octets]);
}

/** The octets of the string at the beginning and what it takes in all: {value, consumed} [STR-3]. */
export function decodeString(octets) {
  const needed = octets.length < 2 ? 2 : 2 + octets.readUInt16LE(0);
  if (octets.length < needed) throw new VstpError('Incomplete', 'the string goes on', { needed });
  const value = octets.subarray(2, needed);
  requireUtf8(value);
  return { value, consumed: needed };
}

function requireUtf8(octets) {
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    throw new VstpError('Protocol', 'the string is not UTF-8');
  }
}
