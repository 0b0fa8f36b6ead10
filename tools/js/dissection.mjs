// Runs tshark with our Lua dissector and reads what it prints.

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { path } from './vectors.mjs';

/**
 * tshark with a home directory of its own, in which the dissector is installed
 * as spec/wireshark/README.md says and nothing else is. close() removes it.
 */
export class Tshark {
  #home = mkdtempSync(join(tmpdir(), 'vstp-tshark-'));

  constructor() {
    const folder = /^Personal Lua Plugins:\s*(.+)$/m.exec(this.run(['-G', 'folders']))?.[1];
    if (!folder?.startsWith(this.#home)) throw new Error(`tshark looks for personal Lua plugins in ${folder ?? 'no folder'}, out of our reach`);
    mkdirSync(folder, { recursive: true });
    copyFileSync(path('spec/wireshark/vstp.lua'), join(folder, 'vstp.lua'));
  }

  close() {
    rmSync(this.#home, { recursive: true });
  }

  /** Runs tshark. Returns what it prints; a fault of any kind is an exception. */
  run(args) {
    const env = { PATH: process.env.PATH, HOME: this.#home, LC_ALL: 'C.UTF-8' };
    const done = spawnSync('tshark', args, { env, encoding: 'utf8', maxBuffer: 1 << 30, timeout: 300_000 });
    if (done.error) throw done.error;
    if (done.status !== 0) throw new Error(`tshark ${args.join(' ')} exits with ${done.status ?? done.signal}: ${done.stderr}`);
    if (/\blua\b/i.test(done.stderr)) throw new Error(`tshark ${args.join(' ')}: ${done.stderr}`);
    return done.stdout;
  }

  /**
   * The VSTP frames that tshark finds in a capture, in its order. `settings`
   * are preferences of the dissector, `options` further arguments.
   */
  frames(capture, settings, options = []) {
    const file = this.file('capture.pcap', capture.file());
    return [...this.packets(file, settings, options).values()].flat();
  }

  /** The VSTP frames that tshark finds in a capture file, by the number of the packet in which they end. */
  packets(file, settings, options = []) {
    const text = this.#read(file, settings, ['-Y', 'vstp', '-T', 'json', '-x', '--no-duplicate-keys', '-J', 'frame ip vstp', ...options]);
    if (text.includes('Lua Error')) throw new Error(`the dissector fails: ${/Lua Error[^"]*/.exec(text)[0]}`);
    return new Map(JSON.parse(text).map(({ _source: { layers } }) =>
      [Number(layers.frame['frame.number']), list(layers.vstp).map((layer) => new Dissected(layer, layers.ip['ip.src']))]));
  }

  /** The line of the packet list for each packet that passes a display filter. */
  lines(capture, settings, filter, options = []) {
    const text = this.#read(this.file('capture.pcap', capture.file()), settings, ['-Y', filter, '-T', 'fields', '-e', '_ws.col.Info', ...options]);
    return text.split('\n').slice(0, -1);
  }

  /** Writes a file for tshark to read. Returns its path. */
  file(name, content) {
    const file = join(this.#home, name);
    writeFileSync(file, content);
    return file;
  }

  #read(file, settings, args) {
    const preferences = Object.entries(settings).flatMap(([name, value]) => ['-o', `vstp.${name}:${value}`]);
    return this.run(['-n', '-r', file, ...preferences, ...args]);
  }
}

/** Appends a value to the list under a key. */
function addTo(map, key, value) {
  if (!map.has(key)) map.set(key, []);
  map.get(key).push(value);
}

/** The values in lists under their keys, in the order of the first of each. */
export function groupBy(values, key) {
  const groups = new Map();
  for (const value of values) addTo(groups, key(value), value);
  return groups;
}

const list = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** One frame as tshark shows it. */
export class Dissected {
  #layer;
  #shown = new Map();

  constructor(layer, source) {
    this.#layer = layer;
    this.source = source;
    this.#collect(layer);
  }

  #collect(node) {
    for (const [name, value] of Object.entries(node)) {
      if (name.endsWith('_raw')) continue;
      for (const one of list(value)) {
        if (!name.endsWith('_tree')) addTo(this.#shown, name, one);
        if (typeof one === 'object') this.#collect(one);
      }
    }
  }

  /** All values of a field, wherever in the frame, as they are shown. */
  all(name) {
    return this.#shown.get(name) ?? [];
  }

  has(name) {
    return this.#shown.has(name);
  }

  /** The value of a field that occurs once, undefined if it does not occur. */
  text(name) {
    const values = this.all(name);
    if (values.length > 1) throw new Error(`${name} occurs ${values.length} times`);
    return values[0];
  }

  number(name) {
    const value = this.text(name);
    return value === undefined ? undefined : Number(value);
  }

  /** The octets of a field at the top of the frame. */
  octets(name) {
    return rawOctets(this.#layer, name);
  }

  /** The octets of the reassembled message. */
  message() {
    return rawOctets(this.#layer['vstp.fragment']?.['vstp.reassembled'] ?? {}, 'vstp.reassembled.payload');
  }

  /** The headers, each a pair of octet strings. */
  headers() {
    return list(this.#layer['vstp.headers']?.['vstp.header']).map((header) =>
      [rawOctets(header, 'vstp.header.key'), rawOctets(header, 'vstp.header.value')]);
  }
}

// A field without octets has a text and nothing raw.
function rawOctets(node, name) {
  if (node[`${name}_raw`] !== undefined) return Buffer.from(node[`${name}_raw`][0], 'hex');
  return node[name] === undefined ? undefined : Buffer.alloc(0);
}
