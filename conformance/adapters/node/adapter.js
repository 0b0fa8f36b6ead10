// The adapter of the test contract, T-4: one JSON object a line on standard input, one answer a line on standard
// output. Codec, and client over TCP.

import { readFileSync } from 'node:fs';

import * as codec from './codec.js';
import { TcpClient } from './client.js';
import { VstpError } from './errors.js';
import { decompress } from './gzip.js';

const LONGEST_LINE = 33_554_432;
const { version: VERSION } = JSON.parse(readFileSync(new URL('package.json', import.meta.url)));

let timeScale = 1;
let lastConnection = 0;
const connections = new Map();

const operations = {
  start({ protocol, time_scale: factor }) {
    if (protocol !== 1) throw new VstpError('Unsupported', 'only protocol 1 is spoken');
    if (!(factor >= 0.05 && factor <= 1)) throw malformed('time_scale is not from 0.05 to 1');
    timeScale = factor;
    return {
      name: 'vstp for Node.js',
      version: VERSION,
      roles: ['client', 'codec'],
      capabilities: ['tcp', 'compression', 'varint', 'string', 'time-scale'],
    };
  },

  decode({ hex, limit }) {
    const { frame, consumed } = codec.decode(octets(hex), limit);
    return { frame: frameOut(frame), consumed };
  },
  encode({ frame }) {
    if (frame?.type === undefined) throw malformed('the frame has no type');
    return { hex: codec.encode(frameIn(frame)).toString('hex') };
  },
  decompress: ({ hex, limit }) => ({ hex: decompress(octets(hex), limit).toString('hex') }),
  varint_encode({ value }) {
    if (typeof value !== 'string' || !/^[0-9]+$/.test(value)) throw malformed('value is no decimal number');
    return { hex: codec.encodeVarint(BigInt(value)).toString('hex') };
  },
  varint_decode({ hex }) {
    const { value, consumed } = codec.decodeVarint(octets(hex));
    return { value: String(value), consumed };
  },
  string_encode: ({ value }) => ({ hex: codec.encodeString(octets(value)).toString('hex') }),
  string_decode({ hex }) {
    const { value, consumed } = codec.decodeString(octets(hex));
    return { value: value.toString('hex'), consumed };
  },

  async connect({ transport, addr }) {
    if (transport !== 'tcp') throw new VstpError('Unsupported', `the transport ${transport} is not offered`);
    const { host, port } = address(addr);
    const client = await TcpClient.connect(host, port, { timeScale });
    connections.set(++lastConnection, client);
    return { conn: lastConnection };
  },
  async send(request) {
    await connection(request).send(message(request), { compressed: request.compress === true });
    return {};
  },
  async send_ack(request) {
    await connection(request).sendAck(message(request), { compressed: request.compress === true });
    return {};
  },
  async recv(request) {
    if (!Number.isSafeInteger(request.timeout_ms)) throw malformed('timeout_ms is no whole number');
    return { frame: frameOut(await connection(request).receive(Math.min(request.timeout_ms, 2 ** 31 - 1))) };
  },
  async close(request) {
    const client = connection(request);
    connections.delete(request.conn);
    await client.close();
    return {};
  },
  local_addr(request) {
    const { host, port } = connection(request).localAddress;
    return { addr: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}` };
  },
};

function malformed(text) {
  return new VstpError('Protocol', `the request cannot be understood: ${text}`);
}

function octets(hex) {
  const found = typeof hex === 'string' ? Buffer.from(hex, 'hex') : undefined;
  if (found?.length * 2 !== hex?.length) throw malformed('octets are not in hexadecimal');
  return found;
}

function frameIn({ version = 1, type = codec.TYPES.DATA, flags = 0, headers = [], payload = '' }) {
  return { version, type, flags, headers: headers.map(([k, v]) => [octets(k), octets(v)]), payload: octets(payload) };
}

function frameOut({ headers, payload, ...numbers }) {
  const pairs = headers.map(([k, v]) => [k.toString('hex'), v.toString('hex')]);
  return { ...numbers, headers: pairs, payload: payload.toString('hex') };
}

function message({ frame, destination }) {
  if (frame === undefined) throw new VstpError('Unsupported', 'no Easy client is offered, which alone sends values');
  if (destination !== undefined) throw new VstpError('Unsupported', 'a TCP connection has one destination');
  const given = frameIn(frame);
  if (given.type !== codec.TYPES.DATA) throw new VstpError('Unsupported', 'applications send DATA only');
  return given;
}

function connection({ conn }) {
  const client = connections.get(conn);
  if (client === undefined) throw new VstpError('Protocol', `there is no connection ${conn}`);
  return client;
}

function address(text) {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text) ?? [];
  if (digits === undefined || Number(digits) > 65_535) {
    throw new VstpError('InvalidAddress', `${text} is not host:port`);
  }
  return { host: bracketed ?? plain, port: Number(digits) };
}

function answer(request, result) {
  const id = request?.id === undefined ? {} : { id: request.id };
  process.stdout.write(`${JSON.stringify({ ...result, ...id })}\n`);
}

function refuse(request, error) {
  // a member of the wrong type shows as a TypeError
  const known = error instanceof VstpError ? error : malformed(String(error));
  const { kind, text, remote, needed } = known;
  answer(request, { ok: false, error: kind, message: text, ...(remote && { remote }), needed });
}

function take(line) {
  let request;
  try {
    if (line === undefined) throw malformed(`the line has more than ${LONGEST_LINE} octets`);
    request = JSON.parse(line.toString());
    if (request.op === 'stop') {
      end(() => answer(request, { ok: true }));
      return;
    }
    if (!Object.hasOwn(operations, request.op)) throw new VstpError('Unsupported', `no operation ${request.op}`);
    const result = operations[request.op](request);
    if (result instanceof Promise) {
      result.then((members) => answer(request, { ok: true, ...members })).catch((error) => refuse(request, error));
    } else {
      answer(request, { ok: true, ...result });
    }
  } catch (error) {
    refuse(request, error);
  }
}

let ending = false;

async function end(last) {
  ending = true;
  await Promise.all([...connections.values()].map((client) => client.close()));
  last?.();
  process.stdout.write('', () => process.exit(0));
}

let parts = []; // of the line that is coming in, and
let length = 0; // its octets so far, of which no more are kept than a line may have

process.stdin.on('data', (chunk) => {
  for (let at = 0; at < chunk.length && !ending; ) {
    const newline = chunk.indexOf(10, at);
    const piece = chunk.subarray(at, newline < 0 ? chunk.length : newline);
    length += piece.length;
    if (length < LONGEST_LINE) parts.push(piece);
    else parts = [];
    if (newline < 0) break;
    const line = length < LONGEST_LINE ? Buffer.concat(parts) : undefined;
    parts = [];
    length = 0;
    at = newline + 1;
    if (line === undefined || line.length > 0) take(line);
  }
});
process.stdin.on('end', () => {
  if (!ending) end();
});
