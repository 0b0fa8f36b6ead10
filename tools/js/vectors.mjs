// Reads the vectors of family "frame" and the registry, as every cross-check
// needs them. vectors/README.md describes the notation.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);

/** The path of a file of the repository. */
export const path = (name) => fileURLToPath(new URL(name, root));

/** The limit of a vector that names none, in octets. */
export const defaultLimit = 8388608;

/** Octets from groups of hex digits, each perhaps with "*" and a count. */
export function octets(text) {
  if (text === '') return Buffer.alloc(0);
  const groups = text.split(' ').map((group) => {
    const match = /^((?:[0-9a-f]{2})+)(?:\*([1-9][0-9]*))?$/.exec(group);
    if (!match) throw new Error(`"${group}" is no group of octets`);
    return match[1].repeat(Number(match[2] ?? 1));
  });
  return Buffer.from(groups.join(''), 'hex');
}

function frame(f) {
  return {
    version: f.version,
    type: f.type,
    flags: f.flags,
    headers: f.headers.flatMap(([key, value, times = 1]) =>
      Array(times).fill([octets(key), octets(value)])),
    payload: octets(f.payload),
  };
}

/**
 * The vectors of a file, with Buffers in place of the notation. A file without
 * vectors, or of another family, is an error: a check of nothing must not pass.
 */
export function loadFrameVectors(file) {
  const text = JSON.parse(readFileSync(file, 'utf8'));
  if (text.family !== 'frame') throw new Error(`${file}: the family is "${text.family}" and not "frame"`);
  if (!Array.isArray(text.vectors) || text.vectors.length === 0) throw new Error(`${file}: there are no vectors`);
  return text.vectors.map((v) => {
    try {
      return {
        name: `frame/${v.name}`,
        octets: octets(v.octets),
        limit: v.limit ?? defaultLimit,
        expect: { ...v.expect, frame: v.expect.frame && frame(v.expect.frame) },
      };
    } catch (fault) {
      throw new Error(`${file}: vector "${v.name}": ${fault.message}`);
    }
  });
}

/** The registry, as it stands in spec/registry.json. */
export function loadRegistry() {
  return JSON.parse(readFileSync(path('spec/registry.json'), 'utf8'));
}
