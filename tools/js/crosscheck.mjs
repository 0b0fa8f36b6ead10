// Decodes the frame vectors with the parser that Kaitai Struct generates from
// spec/vstp.ksy and compares the outcome with what the vectors say.
//
//   node crosscheck.mjs [FILE]      FILE: vectors/frame.json unless told otherwise
//
// Exits with 1 if anything differs or nothing was compared.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import compiler from 'kaitai-struct-compiler';
import KaitaiStream from 'kaitai-struct/KaitaiStream.js';
import YAML from 'yaml';
import { Report, compareHeaders } from './report.mjs';
import { loadFrameVectors, loadRegistry, path } from './vectors.mjs';

/** Compiles the description into a temporary directory and loads the parser. */
async function generate(description) {
  const files = await compiler.compile('javascript', description, null, false);
  const directory = mkdtempSync(join(tmpdir(), 'vstp-kaitai-'));
  try {
    // The generated file asks for the run-time library by name, which Node
    // looks for beside the file; so it is given a way to ours.
    const file = join(directory, 'Vstp.cjs');
    const runtime = createRequire(import.meta.url).resolve('kaitai-struct/KaitaiStream.js');
    const source = files['Vstp.js'].replace("require('kaitai-struct/KaitaiStream')", `require(${JSON.stringify(runtime)})`);
    writeFileSync(file, source);
    return createRequire(file)(file).Vstp;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const Vstp = await generate(YAML.parse(readFileSync(path('spec/vstp.ksy'), 'utf8')));

const stream = (octets) => new KaitaiStream(octets.buffer.slice(octets.byteOffset, octets.byteOffset + octets.length));

const isEnd = (fault) => fault instanceof KaitaiStream.EOFError;

// The run-time library does not say which field was refused, but it has just
// been read: its last octet is the one before the position.
const refused = { 2: 'InvalidMagic', 3: 'InvalidVersion' };

/**
 * What a decoder makes of octets, in the order of FRM-9. The parser finds the
 * faults of MAGIC, VERSION and headers and the lack of octets; size limit,
 * checksum and TYPE are looked at here.
 */
function decode(octets, limit) {
  const beginning = stream(octets);
  let fixed;
  try {
    fixed = new Vstp.FixedPart(beginning);
  } catch (fault) {
    if (isEnd(fault)) return { result: 'incomplete', needed: 11 };
    if (fault instanceof KaitaiStream.ValidationNotEqualError) return { result: 'reject', error: refused[beginning.pos] };
    throw fault;
  }
  if (fixed.len > limit) return { result: 'reject', error: 'FrameTooLarge' };

  const io = stream(octets);
  let frame;
  try {
    frame = new Vstp.Frame(io);
  } catch (fault) {
    if (isEnd(fault)) return { result: 'incomplete', needed: fixed.len };
    throw fault;
  }
  if (frame.crc32 !== crc32(octets.subarray(0, fixed.len - 4))) return { result: 'reject', error: 'CrcMismatch' };
  if (!frame.fixed.isKnownType) return { result: 'reject', error: 'InvalidFrameType' };
  try {
    frame.headerSection.headers;
  } catch (fault) {
    if (isEnd(fault)) return { result: 'reject', error: 'Protocol' };
    throw fault;
  }
  return { result: 'accept', consumed: io.pos, frame };
}

const flagNames = { REQ_ACK: 'reqAck', CRC: 'crc', FRAG: 'frag', COMP: 'comp' };

function compareFrame(compare, expected, frame, registry) {
  compare('version', expected.version, frame.fixed.version);
  compare('type', expected.type, frame.fixed.typeOctet);
  compare('type name', registry.types.find((t) => t.value === expected.type).name, Vstp.FrameType[frame.fixed.namedType]);
  compare('flags', expected.flags, frame.fixed.flags.octet);
  for (const flag of registry.flags) {
    compare(`flag ${flag.name}`, (expected.flags & flag.mask) !== 0, frame.fixed.flags[flagNames[flag.name]]);
  }
  const defined = registry.flags.reduce((mask, flag) => mask | flag.mask, 0);
  compare('reserved flags', expected.flags & ~defined, frame.fixed.flags.reserved);
  compareHeaders(compare, expected.headers, frame.headerSection.headers.map((h) => [h.key, h.value]));
  compare('payload', expected.payload, frame.payload);
}

/** Whether the octets are one whole datagram. */
function isDatagram(octets) {
  try {
    new Vstp.Datagram(stream(octets));
    return true;
  } catch (fault) {
    if (isEnd(fault) || fault instanceof KaitaiStream.ValidationNotEqualError) return false;
    throw fault;
  }
}

function compareVectors(vectors, registry) {
  const report = new Report('kaitai');
  for (const { name, octets, limit, expect } of vectors) {
    report.check(name, (compare) => {
      const got = decode(octets, limit);
      compare('result', expect.result, got.result);
      compare('error', expect.error, got.error);
      compare('needed', expect.needed, got.needed);
      compare('consumed', expect.consumed, got.consumed);
      if (expect.frame && got.frame) compareFrame(compare, expect.frame, got.frame, registry);
      if (expect.result === 'incomplete') compare('fills a datagram', false, isDatagram(octets));
      if (expect.result === 'accept') compare('fills a datagram', expect.consumed === octets.length, isDatagram(octets));
    });
  }
  return report.finish('vectors');
}

/** All accepted frames one after the other, read as the stream they then are. */
function compareStream(vectors) {
  const accepted = vectors.filter((v) => v.expect.result === 'accept');
  const octets = Buffer.concat(accepted.map((v) => v.octets.subarray(0, v.expect.consumed)));
  const report = new Report('kaitai');
  let frames = [];
  report.check('stream', (compare) => {
    ({ frames } = new Vstp(stream(octets)));
    compare('frames', accepted.length, frames.length);
  });
  accepted.slice(0, frames.length).forEach(({ name, expect }, i) => {
    report.check(`${name} in a stream`, (compare) => {
      compare('type', expect.frame.type, frames[i].fixed.typeOctet);
      compareHeaders(compare, expect.frame.headers, frames[i].headerSection.headers.map((h) => [h.key, h.value]));
      compare('payload', expect.frame.payload, frames[i].payload);
    });
  });
  return report.finish('checks of frames in a stream');
}

/** The names and numbers of the description against those of the registry. */
function compareRegistry(registry) {
  const report = new Report('kaitai');
  const compareEnum = (what, entries, names) => {
    report.check(what, (compare) => {
      compare('values', entries.length, Object.keys(names).filter((key) => /^\d+$/.test(key)).length);
      for (const { value, name } of entries) compare(name, value, names[name]);
    });
  };
  compareEnum('types', registry.types, Vstp.FrameType);
  compareEnum('flags', registry.flags.map(({ mask, name }) => ({ value: mask, name })), Vstp.FlagMask);
  report.check('known types', (compare) => {
    for (let type = 0; type < 256; type++) {
      const fixed = new Vstp.FixedPart(stream(Buffer.from([0x56, 0x54, 1, type, 0, 0, 0, 0, 0, 0, 0])));
      compare(`type ${type}`, registry.types.some((t) => t.value === type), fixed.isKnownType);
    }
  });
  return report.finish('parts of the registry');
}

try {
  const vectors = loadFrameVectors(process.argv[2] ?? path('vectors/frame.json'));
  const registry = loadRegistry();
  const results = [compareVectors(vectors, registry), compareStream(vectors), compareRegistry(registry)];
  process.exitCode = results.every(Boolean) ? 0 : 1;
} catch (fault) {
  console.log(`kaitai: ${fault.message}`);
  process.exitCode = 1;
}
