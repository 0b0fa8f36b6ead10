// Has tshark decode the frame vectors with spec/wireshark/vstp.lua, over UDP and
// TCP, and compares what it shows with what the vectors say. What the vectors do
// not hold, such as fragments that make up a message, is checked with frames
// that are built here.
//
//   node tshark.mjs [FILE]      FILE: vectors/frame.json unless told otherwise
//
// Exits with 1 if anything differs or nothing was compared.

import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { Tshark, groupBy } from './dissection.mjs';
import { Capture, cut, largestDatagram } from './pcap.mjs';
import { Report, compareHeaders } from './report.mjs';
import { recordSession } from './tls.mjs';
import { defaultLimit, loadFrameVectors, loadRegistry, path } from './vectors.mjs';

const server = { address: '192.0.2.1', port: 7000 };
const settings = { tcp_ports: server.port, udp_ports: server.port };

/** A server at a port that neither our settings nor Wireshark connect with anything. */
const unnamed = { address: '192.0.2.2', port: 9999 };

/** The client with a number; `carrier` sets several with one number apart. */
const client = (number, carrier = 0) => ({ address: `10.${carrier}.${number >> 8}.${number & 255}`, port: 40000 });

const range = (length) => Array.from({ length }, (_, i) => i);

// ---------------------------------------------------------------------------
// The vectors

const segmentSize = 60000;

/** How a vector travels: as a datagram, in as few segments as possible, in many. */
const carriers = [
  {
    name: 'UDP',
    fits: (octets) => octets.length <= largestDatagram,
    send: (capture, from, octets) => capture.datagram(from, server, octets),
  },
  {
    name: 'TCP',
    fits: () => true,
    send: (capture, from, octets) => capture.connection(from, server, cut(octets, segmentSize)),
  },
  {
    name: 'TCP in pieces',
    fits: () => true,
    send: (capture, from, octets) => capture.connection(from, server, cut(octets, octets.length > 4096 ? 1448 : 5)),
  },
];

const flagFields = { REQ_ACK: 'req_ack', CRC: 'crc', FRAG: 'frag', COMP: 'comp' };

function compareFrame(compare, expected, frame, registry) {
  compare('version', expected.version, frame.number('vstp.version'));
  compare('type', expected.type, frame.number('vstp.type'));
  compare('flags', expected.flags, frame.number('vstp.flags'));
  for (const { name, mask } of registry.flags) {
    compare(`flag ${name}`, (expected.flags & mask) === 0 ? 0 : 1, frame.number(`vstp.flags.${flagFields[name]}`));
  }
  const defined = registry.flags.reduce((sum, { mask }) => sum | mask, 0);
  compare('reserved flags', (expected.flags & ~defined) !== 0, frame.has('vstp.expert.reserved'));
  const headerLength = expected.headers.reduce((sum, [key, value]) => sum + 2 + key.length + value.length, 0);
  compare('header length', headerLength, frame.number('vstp.hdr_len'));
  compareHeaders(compare, expected.headers, frame.headers());
  compare('payload length', expected.payload.length, frame.number('vstp.pay_len'));
  compare('payload', expected.payload, frame.octets('vstp.payload') ?? Buffer.alloc(0)); // an empty one is not shown
}

/** What the CRC32 status has to be after each error: 1 is good, 0 is bad. */
const statusAfter = { CrcMismatch: 0, InvalidFrameType: 1, Protocol: 1 };

function compareOutcome(compare, carrier, { octets, expect }, frames, registry) {
  const datagram = carrier.name === 'UDP';
  const at = (field) => `${carrier.name}: ${field}`;
  const inFrame = (field, expected, got) => compare(at(field), expected, got);

  if (expect.result === 'incomplete' && (!datagram || octets.length === 0)) {
    compare(at('frames'), 0, frames.length); // a stream goes on, an empty datagram is not handed over
    return;
  }
  compare(at('a frame is found'), true, frames.length > 0);
  if (datagram) compare(at('frames'), 1, frames.length);
  if (frames.length === 0) return;
  const [frame] = frames;

  switch (expect.result) {
    case 'incomplete':
      inFrame('error', 'Incomplete', frame.text('vstp.error'));
      inFrame('needed', expect.needed, frame.number('vstp.needed'));
      break;
    case 'reject':
      inFrame('error', expect.error, frame.text('vstp.error'));
      inFrame('CRC32 status', statusAfter[expect.error], frame.number('vstp.crc.status'));
      break;
    case 'accept': {
      inFrame('error', undefined, frame.text('vstp.error'));
      inFrame('consumed', expect.consumed, frame.number('vstp.len'));
      inFrame('CRC32', octets.subarray(expect.consumed - 4, expect.consumed), frame.octets('vstp.crc'));
      inFrame('CRC32 status', 1, frame.number('vstp.crc.status'));
      compareFrame(inFrame, expect.frame, frame, registry);
      if (datagram) {
        const trailing = expect.consumed < octets.length;
        inFrame('trailing octets', trailing, frame.has('vstp.expert.trailing'));
        inFrame('trailing octets', trailing ? octets.subarray(expect.consumed) : undefined, frame.octets('vstp.undecoded'));
      }
      break;
    }
    default:
      throw new Error(`there is no result "${expect.result}"`);
  }
}

/** The frames that each client of a capture has sent, by its address. */
function bySource(frames) {
  const groups = groupBy(frames, (frame) => frame.source);
  return (end) => groups.get(end.address) ?? [];
}

function compareVectors(tshark, vectors, registry) {
  const report = new Report('tshark');
  for (const [limit, group] of groupBy(vectors, (v) => v.limit)) {
    const capture = new Capture();
    group.forEach(({ octets }, i) => carriers.forEach((carrier, c) => {
      if (carrier.fits(octets)) carrier.send(capture, client(i, c), octets);
    }));
    const framesOf = bySource(tshark.frames(capture, { ...settings, max_frame: limit }));
    group.forEach((vector, i) => report.check(vector.name, (compare) => {
      carriers.forEach((carrier, c) => {
        if (carrier.fits(vector.octets)) compareOutcome(compare, carrier, vector, framesOf(client(i, c)), registry);
      });
    }));
  }
  const large = vectors.filter((v) => !carriers[0].fits(v.octets)).length;
  if (large > 0) console.log(`tshark: ${large} vectors do not fit into a datagram and were sent over TCP only`);
  return report.finish('vectors');
}

/** All accepted frames on one connection, in segments that ignore their ends. */
function compareStream(tshark, vectors, registry) {
  const report = new Report('tshark');
  const accepted = vectors.filter((v) => v.expect.result === 'accept' && v.limit <= defaultLimit);
  const octets = Buffer.concat(accepted.map((v) => v.octets.subarray(0, v.expect.consumed)));
  for (const size of [1448, segmentSize]) {
    const capture = new Capture();
    capture.connection(client(0), server, cut(octets, size));
    const frames = tshark.frames(capture, settings);
    report.check(`segments of ${size} octets`, (compare) => compare('frames', accepted.length, frames.length));
    accepted.slice(0, frames.length).forEach(({ name, expect }, i) => {
      report.check(`${name} in segments of ${size} octets`, (compare) => {
        compare('error', undefined, frames[i].text('vstp.error'));
        compareFrame(compare, expect.frame, frames[i], registry);
      });
    });
  }
  return report.finish('checks of frames in a stream');
}

// ---------------------------------------------------------------------------
// The registry

function compareRegistry(tshark, registry) {
  const report = new Report('tshark');
  const names = (field) => Object.fromEntries(
    [...tshark.run(['-G', 'values']).matchAll(/^V\t(\S+)\t(\d+)\t(.*)$/gm)].filter((m) => m[1] === field).map((m) => [m[2], m[3]]));
  const compareNames = (what, entries, field) => report.check(what, (compare) => {
    const shown = names(field);
    compare('values', entries.length, Object.keys(shown).length);
    for (const { value, name } of entries) compare(`${value}`, name, shown[value]);
  });
  compareNames('types', registry.types, 'vstp.type');
  compareNames('error codes', registry.error_codes.map(({ code, name }) => ({ value: code, name })), 'vstp.err_code');

  report.check('flags', (compare) => {
    const masks = new Map([...tshark.run(['-G', 'fields']).matchAll(/^F\t[^\t]*\tvstp\.flags\.(\w+)\t[^\t]*\tvstp\t[^\t]*\t(\w+)/gm)]
      .map((m) => [m[1], Number(m[2])]));
    const defined = registry.flags.reduce((sum, { mask }) => sum | mask, 0);
    compare('fields', registry.flags.length + 1, masks.size);
    for (const { name, mask } of registry.flags) compare(name, mask, masks.get(flagFields[name]));
    compare('reserved', ~defined & 0xff, masks.get('reserved'));
  });
  return report.finish('parts of the registry');
}

/** The fields, expert infos and preferences that README.md names, against those that there are. */
function compareReadme(tshark) {
  const report = new Report('tshark');
  const text = readFileSync(path('spec/wireshark/README.md'), 'utf8');
  const named = new Set([...text.matchAll(/`(vstp\.(?!lua)[a-z_.]+)/g)].map((m) => m[1]));
  const matches = (option, pattern) => [...tshark.run(['-G', option]).matchAll(pattern)].map((m) => m[1]);
  const there = new Set([
    ...matches('fields', /^F\t[^\t]*\t(vstp\.\S+)/gm),
    ...matches('currentprefs', /^#?(vstp\.\w+):/gm),
  ]);
  report.check('README.md', (compare) => {
    compare('names', there.size, named.size);
    for (const name of new Set([...named, ...there])) compare(name, named.has(name), there.has(name));
  });
  return report.finish('descriptions');
}

// ---------------------------------------------------------------------------
// Frames of our own: messages in fragments, the line for the packet list, and
// how packets are recognised

const DATA = 3;
const REQ_ACK = 0x01;
const FRAG = 0x10;

/** Writes the right checksum into the trailer of a frame. */
function seal(frame) {
  frame.writeUInt32BE(crc32(frame.subarray(0, -4)), frame.length - 4);
  return frame;
}

function build(type, flags, headers, payload) {
  const section = Buffer.concat(headers.flatMap(([key, value]) =>
    [Buffer.from([Buffer.byteLength(key), Buffer.byteLength(value)]), Buffer.from(key), Buffer.from(value)]));
  const octets = Buffer.alloc(15 + section.length + payload.length);
  octets.set([0x56, 0x54, 1, type, flags]);
  octets.writeUInt16LE(section.length, 5);
  octets.writeUInt32BE(payload.length, 7);
  section.copy(octets, 11);
  Buffer.from(payload).copy(octets, 11 + section.length);
  return seal(octets);
}

const fragmentHeaders = (id, index, total) =>
  [['frag-id', `${id}`], ['frag-index', `${index}`], ['frag-total', `${total}`]];

/** A fragment of message 5 under frag-id 9, unless told otherwise. */
const fragment = (index, total, payload, { id = 9, msgId = 5, kind = 'test', flags = REQ_ACK | FRAG, type = DATA, first = false } = {}) => {
  const own = [['msg-id', `${msgId}`], ['kind', kind]];
  const place = fragmentHeaders(id, index, total);
  return build(type, flags, first ? [...place, ...own] : [...own, ...place], payload);
};

/**
 * Sequences of datagrams from one source, a number being seconds that pass. For
 * each datagram there is what is to be seen: "stored" of a fragment of which no
 * message came, "malformed" of one that belongs to none, otherwise the message
 * that it completes, or, in an array, the number of the datagram that does so.
 * "+duplicate" and "+conflict" are marks in addition.
 */
const fragmentCases = {
  'in order': {
    send: [fragment(0, 2, 'Hello, '), fragment(1, 2, 'world')],
    want: [[1], 'Hello, world'],
  },
  'out of order, fragment headers first': {
    send: [fragment(2, 3, 'c', { first: true }), fragment(0, 3, 'a'), fragment(1, 3, 'b')],
    want: [[2], [2], 'abc'],
  },
  'unequal and empty': {
    send: [fragment(0, 3, 'x'.repeat(1200)), fragment(1, 3, ''), fragment(2, 3, 'y')],
    want: [[2], [2], 'x'.repeat(1200) + 'y'],
  },
  'all empty': { send: [fragment(0, 2, ''), fragment(1, 2, '')], want: [[1], ''] },
  'the only one': { send: [fragment(0, 1, 'alone')], want: ['alone'] },
  'the most': {
    send: range(255).map((i) => fragment(i, 255, `<${i}>`)),
    want: range(255).map((i) => (i < 254 ? [254] : range(255).map((n) => `<${n}>`).join(''))),
  },
  'one missing': { send: [fragment(0, 3, 'a'), fragment(2, 3, 'c')], want: ['stored', 'stored'] },
  duplicate: {
    send: [fragment(0, 2, 'a'), fragment(0, 2, 'a'), fragment(1, 2, 'b')],
    want: [[2], [[2], '+duplicate'], 'ab'],
  },
  'sent twice': {
    send: [fragment(0, 2, 'a'), fragment(1, 2, 'b'), fragment(0, 2, 'a'), fragment(1, 2, 'b')],
    want: [[1], 'ab', [3], 'ab'],
  },
  'other octets under the same index': {
    send: [fragment(0, 2, 'a'), fragment(0, 2, 'A'), fragment(1, 2, 'b')],
    want: ['stored', [[2], '+conflict'], 'Ab'],
  },
  'another total': {
    send: [fragment(0, 3, 'a'), fragment(1, 3, 'b'), fragment(1, 2, 'b'), fragment(0, 2, 'a')],
    want: ['stored', 'stored', [[3], '+conflict'], 'ab'],
  },
  'other flags': {
    send: [fragment(0, 2, 'a'), fragment(1, 2, 'b', { flags: FRAG }), fragment(0, 2, 'a', { flags: FRAG })],
    want: ['stored', [[2], '+conflict'], 'ab'],
  },
  'other headers': {
    send: [fragment(0, 2, 'a'), fragment(1, 2, 'b', { kind: 'other' }), fragment(0, 2, 'a', { kind: 'other' })],
    want: ['stored', [[2], '+conflict'], 'ab'],
  },
  'reserved flags do not matter': {
    send: [fragment(0, 2, 'a'), fragment(1, 2, 'b', { flags: REQ_ACK | FRAG | 0x80 })],
    want: [[1], 'ab'],
  },
  'two messages at once': {
    send: [fragment(0, 2, 'a'), fragment(0, 2, 'A', { msgId: 6 }), fragment(1, 2, 'b'), fragment(1, 2, 'B', { msgId: 6 })],
    want: [[2], [3], 'ab', 'AB'],
  },
  'two frag-ids at once': {
    send: [fragment(0, 2, 'a'), fragment(0, 2, 'A', { id: 10 }), fragment(1, 2, 'B', { id: 10 }), fragment(1, 2, 'b')],
    want: [[3], [2], 'AB', 'ab'],
  },
  'just in time': { send: [fragment(0, 2, 'a'), 27, fragment(1, 2, 'b')], want: [[1], 'ab'] },
  'too late': { send: [fragment(0, 2, 'a'), 31, fragment(1, 2, 'b')], want: ['stored', 'stored'] },
  malformed: {
    send: [
      fragment(2, 2, 'a'),
      fragment(0, 0, 'a'),
      fragment('00', 2, 'a'),
      fragment(0, 256, 'a'),
      fragment(0, 2, 'a', { type: 4 }),
      fragment(0, 2, 'x'.repeat(1201)),
      build(DATA, FRAG, fragmentHeaders(9, 0, 2).slice(1), 'a'),
      build(DATA, FRAG, [...fragmentHeaders(9, 0, 2), ['frag-id', '9']], 'a'),
      build(DATA, FRAG, [], 'a'),
    ],
    want: Array(9).fill('malformed'),
  },
};

function compareFragment(compare, frame, want, packets) {
  const marks = Array.isArray(want) ? want.filter((w) => typeof w === 'string' && w.startsWith('+')) : [];
  const place = marks.length > 0 ? want[0] : want;
  const elsewhere = Array.isArray(place);
  const message = elsewhere || place === 'stored' || place === 'malformed' ? undefined : place;

  compare('malformed', place === 'malformed', frame.has('vstp.expert.fragment'));
  compare('fragment', place !== 'malformed', frame.has('vstp.fragment'));
  compare('duplicate', marks.includes('+duplicate'), frame.has('vstp.expert.fragment.duplicate'));
  compare('conflict', marks.includes('+conflict'), frame.has('vstp.expert.fragment.conflict'));
  compare('reassembled in', elsewhere ? packets[place[0]] : undefined, frame.number('vstp.reassembled.in'));
  compare('message length', message === undefined ? undefined : message.length, frame.number('vstp.reassembled.length'));
  compare('message', message ? Buffer.from(message) : undefined, frame.message());
  if (message !== undefined) {
    compare('fragments listed', frame.number('vstp.frag.total'), frame.all('vstp.reassembled.fragment').length);
  }
}

function compareFragments(tshark) {
  const report = new Report('tshark');
  const capture = new Capture();
  const sent = Object.entries(fragmentCases).map(([name, { send, want }], number) => {
    // A second source sends the same, datagram by datagram: the two stay apart.
    const sources = [client(number, 1), client(number, 2)].map((end) => ({ end, packets: [] }));
    for (const step of send) {
      if (typeof step === 'number') capture.wait(step);
      else for (const { end, packets } of sources) packets.push(capture.datagram(end, server, step));
    }
    return { name, want, sources };
  });
  // Twice over the capture, so that a fragment tells where its message is.
  const framesOf = bySource(tshark.frames(capture, settings, ['-2']));
  for (const { name, want, sources } of sent) {
    report.check(name, (compare) => sources.forEach(({ end, packets }) => {
      const frames = framesOf(end);
      compare('datagrams', want.length, frames.length);
      frames.forEach((frame, i) => {
        const at = (field, expected, got) => compare(`${end.address}, datagram ${i}: ${field}`, expected, got);
        compareFragment(at, frame, want[i], packets);
      });
    }));
  }
  return report.finish('fragmented messages');
}

/** Frames and the line that the packet list has for them. */
const lineCases = [
  [build(DATA, REQ_ACK, [['msg-id', '5']], 'x'), 'DATA REQ_ACK msg-id=5 len=1', 'vstp.type == 3 && vstp.flags.req_ack == 1 && vstp.msg_id == 5 && vstp.pay_len == 1'],
  [build(DATA, 0, [['msg-id', '18446744073709551615']], ''), 'DATA msg-id=18446744073709551615 len=0', 'vstp.msg_id == 18446744073709551615'],
  [build(DATA, 0, [['msg-id', '18446744073709551616']], ''), 'DATA len=0', 'vstp.expert.value && !vstp.msg_id'],
  [build(DATA, 0, [['msg-id', '007'], ['msg-id', '7']], ''), 'DATA len=0', 'vstp.expert.value && !vstp.msg_id'],
  [build(DATA, 0, [['Msg-Id', '5']], ''), 'DATA len=0', 'vstp.header.key == "Msg-Id" && vstp.header.value == "5" && !vstp.msg_id'],
  [build(DATA, 0x85, [], ''), 'DATA REQ_ACK|0x84 len=0', 'vstp.flags.reserved == 1 && vstp.expert.reserved'],
  [build(DATA, 0x32, [], ''), 'DATA CRC|FRAG|COMP len=0', 'vstp.flags.crc == 1 && vstp.flags.frag == 1 && vstp.flags.comp == 1 && vstp.expert.fragment'],
  [fragment(1, 3, 'ab'), 'DATA REQ_ACK|FRAG msg-id=5 frag-id=9 frag-index=1 frag-total=3 len=2', 'vstp.frag.id == 9 && vstp.frag.index == 1 && vstp.frag.total == 3 && vstp.fragment'],
  [fragment(0, 1, 'ab'), 'DATA REQ_ACK|FRAG msg-id=5 frag-id=9 frag-index=0 frag-total=1 [message of 2 octets] len=2', 'vstp.reassembled.length == 2'],
  [build(2, 0, [['session-id', '340282366920938463463374607431768211455']], ''), 'WELCOME session-id=340282366920938463463374607431768211455 len=0', 'vstp.session_id == "340282366920938463463374607431768211455"'],
  [build(8, 0, [['err-code', '6']], 'damaged'), 'ERR err-code=6 (CrcMismatch) len=7', 'vstp.err_code == 6 && vstp.err_text == "damaged" && vstp.expert.err'],
  [build(8, 0, [['err-code', '200'], ['msg-id', '5']], ''), 'ERR err-code=200 msg-id=5 len=0', 'vstp.err_code == 200 && vstp.msg_id == 5'],
  [build(0x10, 0, [], ''), 'TYPE(0x10) len=0 [InvalidFrameType]', 'vstp.type == 16 && vstp.expert.type && vstp.crc.status == 1'],
  [Buffer.from('565401030000000000000000000000', 'hex'), 'DATA len=0 [CrcMismatch]', 'vstp.crc.status == 0 && vstp.expert.crc'],
  [Buffer.from('5654010300020000000000040000000000', 'hex'), 'DATA len=0 [CrcMismatch]', 'vstp.expert.crc && !vstp.expert.headers'],
  [seal(Buffer.from('5654010300020000000000040000000000', 'hex')), 'DATA len=0 [Protocol]', 'vstp.expert.headers && vstp.header.leftover == 04:00'],
  [Buffer.from('56540103ffffffffffffff', 'hex'), 'DATA REQ_ACK|CRC|FRAG|COMP|0xcc [FrameTooLarge]', 'vstp.expert.size && vstp.len == 4295032845'],
  [Buffer.from('565402', 'hex'), '[InvalidVersion]', 'vstp.error == "InvalidVersion" && vstp.expert.version && vstp.version == 2'],
  [Buffer.from('5855', 'hex'), '[InvalidMagic]', 'vstp.error == "InvalidMagic" && vstp.expert.magic && vstp.magic == 0x5855'],
  [Buffer.concat([build(1, 0, [], ''), Buffer.from('00')]), 'HELLO len=0', 'vstp.expert.trailing && vstp.undecoded == 30:30'],
  [Buffer.from('56540103', 'hex'), 'DATA [Incomplete]', 'vstp.error == "Incomplete" && vstp.needed == 11'],
];

async function compareDisplays(tshark) {
  const report = new Report('tshark');
  for (const [octets, line, filter] of lineCases) {
    report.check(line, (compare) => {
      const capture = new Capture();
      capture.datagram(client(0), server, octets);
      compare('line', line, tshark.lines(capture, settings, filter)[0]);
    });
  }

  const [hello, bye] = [build(1, 0, [], ''), build(6, 0, [], '')];
  report.check('several frames in a segment', (compare) => {
    const capture = new Capture();
    capture.connection(client(0), server, cut(Buffer.concat([hello, bye, hello]), 20));
    const lines = tshark.lines(capture, settings, 'vstp');
    compare('first segment', 'HELLO len=0', lines[0]);
    compare('second segment', 'BYE len=0', lines[1]);
    compare('third segment', 'HELLO len=0', lines[2]);
    const together = new Capture();
    together.connection(client(0), server, [hello.subarray(0, 12), Buffer.concat([hello.subarray(12), bye, hello])]);
    compare('end of one and two more', 'HELLO len=0, BYE len=0, HELLO len=0', tshark.lines(together, settings, 'vstp')[0]);
  });

  report.check('recognised without a port', (compare) => {
    const capture = new Capture();
    capture.datagram(client(0), unnamed, hello);
    capture.datagram(client(1), unnamed, Buffer.concat([hello, bye])); // no datagram of VSTP
    capture.connection(client(2), unnamed, cut(Buffer.concat([hello, bye]), 6));
    const lines = tshark.lines(capture, {}, 'vstp');
    compare('packets', 3, lines.length);
    compare('datagram', 'HELLO len=0', lines[0]);
    compare('end of HELLO', 'HELLO len=0', lines[1]);
    compare('end of BYE', 'BYE len=0', lines[2]);
  });

  // HELLO begins in one record and ends in the next, together with BYE.
  const { turns, keys } = await recordSession([hello.subarray(0, 6), Buffer.concat([hello.subarray(6), bye])]);
  report.check('inside TLS', (compare) => {
    const capture = new Capture();
    capture.conversation(client(0), unnamed, turns);
    const options = ['-o', `tls.keylog_file:${tshark.file('keys', keys)}`];
    const line = 'HELLO len=0, BYE len=0';
    compare('recognised', line, tshark.lines(capture, {}, 'vstp', options)[0]);
    compare('by port', line, tshark.lines(capture, { tls_ports: unnamed.port }, 'vstp', [...options, '--disable-heuristic', 'vstp_tls'])[0]);
  });

  report.check('checksums not verified', (compare) => {
    const capture = new Capture();
    capture.datagram(client(0), server, Buffer.from('565401030000000000000000000000', 'hex'));
    const [frame] = tshark.frames(capture, { ...settings, verify_crc: 'FALSE' });
    compare('status', 2, frame.number('vstp.crc.status'));
    compare('error', undefined, frame.text('vstp.error'));
  });

  report.check('FRAG over TCP', (compare) => {
    const capture = new Capture();
    capture.connection(client(0), server, [fragment(0, 1, 'a')]);
    compare('packets', 1, tshark.lines(capture, settings, 'vstp.expert.fragment && !vstp.fragment').length);
  });
  return report.finish('displays');
}

async function main() {
  const vectors = loadFrameVectors(process.argv[2] ?? path('vectors/frame.json'));
  const registry = loadRegistry();
  const tshark = new Tshark();
  try {
    const results = [
      compareVectors(tshark, vectors, registry),
      compareStream(tshark, vectors, registry),
      compareRegistry(tshark, registry),
      compareReadme(tshark),
      compareFragments(tshark),
      await compareDisplays(tshark),
    ];
    return results.every(Boolean);
  } finally {
    tshark.close();
  }
}

try {
  process.exitCode = await main() ? 0 : 1;
} catch (fault) {
  console.log(`tshark: ${fault.message}`);
  process.exitCode = 1;
}
