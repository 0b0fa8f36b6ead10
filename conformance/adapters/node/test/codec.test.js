import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as codec from '../codec.js';
import { compress, decompress } from '../gzip.js';
import { frame, headers, load, octets } from './vectors.js';

function refuses(vector, operation) {
  assert.throws(operation, (error) => {
    if (vector.expect.error) assert.equal(error.kind, vector.expect.error);
    return error.name === 'Error' && error.kind !== undefined;
  });
}

function over(families, check) {
  for (const family of families) {
    for (const vector of load(family)) test(`${family}/${vector.name}`, () => check(vector));
  }
}

over(['frame', 'generated', 'gofuzz'], (v) => {
  const data = octets(v.octets);
  if (v.expect.result === 'accept') {
    const want = frame(v.expect.frame);
    assert.deepEqual(codec.decode(data, v.limit), {
      frame: { ...want, flags: want.flags & 0x33 },
      consumed: v.expect.consumed,
    });
    if (!v.tags?.includes('decode-only')) assert.deepEqual(codec.encode(want), data.subarray(0, v.expect.consumed));
  } else if (v.expect.result === 'incomplete') {
    assert.throws(() => codec.decode(data, v.limit), { kind: 'Incomplete', needed: v.expect.needed });
  } else {
    refuses(v, () => codec.decode(data, v.limit));
  }
});

over(['refuse'], (v) => refuses(v, () => codec.encode(frame(v.frame), v.limit)));

over(['header'], (v) => {
  if (v.tags?.includes('encode-only')) {
    refuses(v, () => codec.encodeSection(headers(v.expect.headers)));
  } else if (v.expect.result === 'accept') {
    assert.deepEqual(codec.decodeSection(octets(v.octets)), headers(v.expect.headers));
    assert.deepEqual(codec.encodeSection(headers(v.expect.headers)), octets(v.octets));
  } else {
    refuses(v, () => codec.decodeSection(octets(v.octets)));
  }
});

over(['crc'], (v) => assert.equal(codec.crc32(octets(v.octets)).toString(16).padStart(8, '0'), v.expect.crc));

over(['gzip'], (v) => {
  if (v.expect.result === 'accept') assert.deepEqual(decompress(octets(v.octets), v.limit), octets(v.expect.plain));
  else refuses(v, () => decompress(octets(v.octets), v.limit));
});

over(['varint'], (v) => {
  const data = octets(v.octets);
  if (v.expect.result !== 'accept') {
    refuses(v, () => codec.decodeVarint(data));
    return;
  }
  const value = BigInt(v.expect.value);
  assert.deepEqual(codec.decodeVarint(data), { value, consumed: v.expect.consumed });
  if (v.tags?.includes('decode-only')) return;
  assert.deepEqual(codec.encodeVarint(value), data.subarray(0, v.expect.consumed));
});

over(['string'], (v) => {
  const { text, repeat = 1, consumed } = v.expect;
  const value = text === undefined ? undefined : Buffer.from(text.repeat(repeat));
  if (value === undefined) {
    refuses(v, () => codec.decodeString(octets(v.octets)));
  } else if (v.tags?.includes('encode-only')) {
    refuses(v, () => codec.encodeString(value));
  } else {
    assert.deepEqual(codec.decodeString(octets(v.octets)), { value, consumed });
    assert.deepEqual(codec.encodeString(value), octets(v.octets).subarray(0, consumed));
  }
});

test('a short payload and one that gzip makes longer stay as they are', () => {
  assert.equal(compress(Buffer.alloc(1023)), undefined);
  const noise = Buffer.from(Array.from({ length: 1024 }, (_, i) => ((i * i * 7919) % 251) ^ (i >> 3)));
  assert.equal(compress(noise), undefined);
  assert.deepEqual(decompress(compress(Buffer.alloc(1024, 'A'))), Buffer.alloc(1024, 'A'));
});
