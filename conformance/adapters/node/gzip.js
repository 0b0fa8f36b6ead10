// Payloads under COMP: section 18 of the specification.
//
// Node's own gunzip takes several members for one and overlooks what follows them, so the frame of the member
// (RFC 1952) is taken apart here and only the deflated octets are left to zlib.

import { gzipSync, inflateRawSync } from 'node:zlib';

import { MAX_FRAME, crc32 } from './codec.js';
import { VstpError } from './errors.js';

const THRESHOLD = 1024; // [CMP-5]
const FHCRC = 0x02;
const FEXTRA = 0x04;
const FNAME = 0x08;
const FCOMMENT = 0x10;
const RESERVED = 0xe0;

/** One gzip member of the payload, or undefined where it is better sent as it is [CMP-1]. */
export function compress(payload) {
  const member = payload.length < THRESHOLD ? payload : gzipSync(payload);
  return member.length < payload.length ? member : undefined;
}

/** What exactly one gzip member holds, at most `limit` octets [CMP-6] [CMP-7] [CMP-8]. */
export function decompress(member, limit = MAX_FRAME) {
  const deflated = member.subarray(headerLength(member));
  let plain;
  let used;
  try {
    const { buffer, engine } = inflateRawSync(deflated, {
      info: true,
      maxOutputLength: Math.max(1, Math.min(limit, 2 ** 31)),
      chunkSize: Math.max(64, Math.min(limit + 1, 65_536)),
    });
    plain = buffer;
    used = engine.bytesWritten;
  } catch (error) {
    if (error.code === 'ERR_BUFFER_TOO_LARGE') throw new VstpError('FrameTooLarge', 'decompressed payload too large');
    throw bad('payload is not gzip');
  }
  if (plain.length > limit) throw new VstpError('FrameTooLarge', 'decompressed payload too large');
  const trailer = deflated.subarray(used);
  if (trailer.length < 8) throw bad('the gzip member is cut short');
  if (trailer.readUInt32LE(0) !== crc32(plain) || trailer.readUInt32LE(4) !== plain.length % 2 ** 32) {
    throw bad('the gzip trailer does not match');
  }
  if (trailer.length > 8) throw bad('octets follow the gzip member');
  return plain;
}

function headerLength(member) {
  if (member.length < 10 || member[0] !== 0x1f || member[1] !== 0x8b || member[2] !== 8 || member[3] & RESERVED) {
    throw bad('payload is not gzip');
  }
  let at = 10;
  const skip = (octets) => {
    at += octets;
    if (at > member.length) throw bad('the gzip member is cut short');
  };
  const skipText = () => {
    const end = member.indexOf(0, at);
    skip(end < 0 ? Infinity : end + 1 - at);
  };
  if (member[3] & FEXTRA) {
    skip(2);
    skip(member.readUInt16LE(at - 2));
  }
  if (member[3] & FNAME) skipText();
  if (member[3] & FCOMMENT) skipText();
  if (member[3] & FHCRC) {
    skip(2);
    const sum = crc32(member.subarray(0, at - 2)) & 0xffff;
    if (member.readUInt16LE(at - 2) !== sum) throw bad('the checksum of the gzip header differs');
  }
  return at;
}

function bad(text) {
  return new VstpError('BadCompression', text);
}
