// Holds two readings of the captures that a run has written against each other, frame
// by frame and field by field: that of tshark with spec/wireshark/vstp.lua, and that
// of `vstp-conform decode --json`, which share no code.
//
//   node captures.mjs PROGRAM FOLDER      PROGRAM: vstp-conform, FOLDER: what --out has written
//
// Exits with 1 if anything differs or nothing was compared.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Tshark, groupBy } from './dissection.mjs';
import { Report, compareHeaders } from './report.mjs';
import { loadRegistry } from './vectors.mjs';

/** The frames of a capture and the remarks on it, as we read it; nothing where it holds no VSTP. */
function ours(program, file) {
  const done = spawnSync(program, ['decode', '--json', file], { encoding: 'utf8', maxBuffer: 1 << 30, timeout: 300_000 });
  if (done.error) throw done.error;
  if (done.status === 2 && done.stderr.includes('no VSTP')) return { frames: [] };
  if (done.status !== 0 && done.status !== 1) throw new Error(`decode exits with ${done.status ?? done.signal}: ${done.stderr}`);
  return JSON.parse(done.stdout);
}

/** "tcp 127.0.0.1:1 → 127.0.0.1:2" as its protocol and ends. */
function ends(flow) {
  const [, protocol, from, to] = /^(\S+) (\S+) → (\S+)$/.exec(flow);
  return { protocol, from, to };
}

/**
 * The ports at which VSTP is spoken: in each conversation, where the first frame went.
 * Where some connections to a port are raw TLS, those that are VSTP are known by their
 * first octets only.
 */
function ports(frames, tls) {
  const asked = { tcp: new Set(), udp: new Set() };
  const known = new Set();
  for (const { flow } of frames) {
    const { protocol, from, to } = ends(flow);
    if (known.has(flow)) continue;
    known.add(flow);
    known.add(`${protocol} ${to} → ${from}`);
    asked[protocol].add(to.slice(to.lastIndexOf(':') + 1));
  }
  return { tcp_ports: tls ? '' : [...asked.tcp].join(','), udp_ports: [...asked.udp].join(',') };
}

const inStream = (frame) => frame.flow.startsWith('tcp ');

/** Whether both show a frame: what is not whole is none in a stream that goes on, and nothing is none in a datagram. */
const shown = (frame) => !frame.cut && frame.length > 0 && !(inStream(frame) && frame.class === 'Incomplete');

/** Whether nobody knows where a frame ends. */
const fatal = (frame) => !['', 'InvalidFrameType', 'CrcMismatch', 'Protocol', 'Incomplete'].includes(frame.class);

const octets = (hex) => Buffer.from(hex, 'hex');

function compareFrame(compare, expected, got, registry) {
  // What follows the frame in a datagram is an error for us, and a remark for tshark.
  const trailing = expected.fields.some(({ name }) => name === 'TRAILING');
  compare('trailing octets', trailing, got.has('vstp.expert.trailing'));
  if (!trailing || got.has('vstp.error')) compare('error', expected.class || undefined, got.text('vstp.error'));
  const field = (name) => expected.fields.find((f) => f.name === name);
  const at = (f) => octets(expected.hex).subarray(f.offset, f.offset + f.length);
  for (const [name, filter] of [['MAGIC', 'vstp.magic'], ['VERSION', 'vstp.version'], ['TYPE', 'vstp.type'], ['FLAGS', 'vstp.flags']]) {
    const f = field(name);
    if (f && got.has(filter)) compare(name, at(f).readUIntBE(0, f.length), got.number(filter));
  }
  if (fatal(expected) || expected.class === 'Incomplete') return;
  const [headers, payload] = [field('HDR_LEN'), field('PAY_LEN')];
  compare('HDR_LEN', at(headers).readUInt16LE(), got.number('vstp.hdr_len'));
  compare('PAY_LEN', at(payload).readUInt32BE(), got.number('vstp.pay_len'));
  for (const { name, mask } of registry.flags) {
    compare(`flag ${name}`, (expected.flags & mask) === 0 ? 0 : 1, got.number(`vstp.flags.${name.toLowerCase()}`));
  }
  compare('CRC32', at(field('CRC32')), got.octets('vstp.crc'));
  compare('CRC32 status', field('CRC32').value.endsWith(', right') ? 1 : 0, got.number('vstp.crc.status'));
  if (expected.class === 'Protocol' && !trailing) return; // of headers that cannot be told apart each shows what it can
  compareHeaders(compare, expected.headers.map(({ key, value }) => [octets(key), octets(value)]), got.headers());
  compare('payload', octets(expected.payload), got.octets('vstp.payload') ?? Buffer.alloc(0)); // an empty one is not shown
}

function compareCapture(compare, tshark, program, file, registry, tls) {
  const { frames: all, notes = [] } = ours(program, file);
  const frames = all.filter(shown);
  const cut = new Set(all.filter((frame) => frame.cut).map((frame) => frame.packet));
  // After a fault or a hole in a stream we read no further, and tshark begins anew with each segment.
  const hole = notes.some((note) => note.startsWith('tcp ') && note.includes('were not captured'));
  const end = Math.min(...frames.filter((frame) => inStream(frame) && fatal(frame)).map((frame) => frame.packet));
  const theirs = frames.length > 0 ? tshark.packets(file, ports(frames, tls)) : new Map();
  compare('has frames', true, frames.length > 0 || file.includes('vector'));
  const byPacket = groupBy(frames, (frame) => frame.packet);
  const unfinished = (frame) => frame.text('vstp.error') === 'Incomplete';
  for (const number of new Set([...byPacket.keys(), ...theirs.keys()])) {
    const expected = byPacket.get(number) ?? [];
    if (cut.has(number) || (expected.length === 0 && (hole || number > end))) continue;
    const got = (theirs.get(number) ?? []).filter((frame, i) => i < expected.length || !unfinished(frame));
    compare(`packet ${number}: frames`, expected.length, got.length);
    expected.slice(0, got.length).forEach((frame, i) =>
      compareFrame((name, a, b) => compare(`packet ${number}, frame ${i + 1}: ${name}`, a, b), frame, got[i], registry));
  }
}

const [program, folder] = process.argv.slice(2);
const tshark = new Tshark();
try {
  const registry = loadRegistry();
  const report = new Report('tshark');
  const files = readdirSync(join(folder, 'pcap'), { recursive: true }).filter((name) => name.endsWith('.pcapng')).sort();
  for (const name of files) {
    report.check(name, (compare) => compareCapture(compare, tshark, program, join(folder, 'pcap', name), registry, name.startsWith('tls/')));
  }
  process.exitCode = report.finish('captures') ? 0 : 1;
} catch (fault) {
  console.log(`captures: ${fault.message}`);
  process.exitCode = 1;
} finally {
  tshark.close();
}
