// Reads the vectors of the project, whose notation vectors/README.md describes.

import { readFileSync } from 'node:fs';

/** The vectors of a family; never none. */
export function load(family) {
  const url = new URL(`../../../../vectors/${family}.json`, import.meta.url);
  const { vectors } = JSON.parse(readFileSync(url));
  if (vectors.length === 0) throw new Error(`${family}.json holds no vector`);
  return vectors;
}

export function octets(text) {
  const groups = text.split(' ').filter(Boolean);
  return Buffer.concat(
    groups.map((group) => {
      const [digits, times = 1] = group.split('*');
      return Buffer.from(digits.repeat(Number(times)), 'hex');
    }),
  );
}

export function headers(rows) {
  return rows.flatMap(([key, value, times = 1]) => Array(times).fill([octets(key), octets(value)]));
}

export function frame({ version = 1, type = 3, flags, headers: rows, payload }) {
  return { version, type, flags, headers: headers(rows), payload: octets(payload) };
}
