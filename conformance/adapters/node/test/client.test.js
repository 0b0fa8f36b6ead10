import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';

import { TcpClient } from '../client.js';
import { FLAGS, TYPES, decode, encode, frame, header, msgId } from '../codec.js';

const WAIT = 5_000;

/** A server that hands every frame, with a function that sends one back, to `handle`. */
async function peer(t, handle) {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    let held = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('data', (octets) => {
      held = Buffer.concat([held, octets]);
      try {
        for (;;) {
          const { frame: received, consumed } = decode(held);
          held = held.subarray(consumed);
          handle(received, (value) => socket.write(Buffer.isBuffer(value) ? value : encode(value)), socket);
        }
      } catch (error) {
        assert.equal(error.kind, 'Incomplete');
      }
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = await TcpClient.connect('127.0.0.1', server.address().port, { timeScale: 0.1 });
  t.after(() => client.close());
  t.after(() => server.close());
  return client;
}

const message = (text) => ({ headers: [header('test', 'value')], payload: Buffer.from(text) });

test('HELLO, DATA and BYE are sent in this order, and answers are received', async (t) => {
  const seen = [];
  const client = await peer(t, (received, send) => {
    seen.push(received.type);
    if (received.type === TYPES.HELLO) send(frame(TYPES.WELCOME, { headers: [header('session-id', '7')] }));
    if (received.type === TYPES.DATA) send(received);
  });
  await client.send(message('Hello'));
  const answer = await client.receive(WAIT);
  assert.deepEqual([answer.headers, answer.payload], [message('').headers, Buffer.from('Hello')]);
  assert.equal(client.sessionId, 7n);
  await client.close();
  assert.deepEqual(seen, [TYPES.HELLO, TYPES.DATA, TYPES.BYE]);
  await assert.rejects(client.receive(WAIT), { kind: 'ConnectionClosed' });
  await assert.rejects(client.send(message('')), { kind: 'ConnectionClosed' });
});

test('an acknowledged send ends by its own msg-id', async (t) => {
  const client = await peer(t, (received, send) => {
    if (received.type !== TYPES.DATA) return;
    assert.ok(received.flags & FLAGS.REQ_ACK);
    send(frame(TYPES.ACK, { headers: [header('msg-id', '1')] }));
    const named = [header('msg-id', msgId(received))];
    if (received.payload.length) send(frame(TYPES.ACK, { headers: named }));
    else send(frame(TYPES.ERR, { headers: [header('err-code', 16), ...named] }));
  });
  await client.sendAck(message('x'));
  await assert.rejects(client.sendAck(message('')), { kind: 'RateLimited', remote: true });
  await assert.rejects(client.receive(1), { kind: 'Timeout' });
});

test('without an ACK it times out, and the connection stays', async (t) => {
  const client = await peer(t, (received, send) => {
    if (received.type === TYPES.DATA && !(received.flags & FLAGS.REQ_ACK)) send(received);
  });
  await assert.rejects(client.sendAck(message('x')), { kind: 'Timeout' });
  await client.send(message('y'));
  assert.equal((await client.receive(WAIT)).payload.toString(), 'y');
});

test('PING, HELLO, unknown types and fragments are answered, and the conversation goes on', async (t) => {
  const answers = [];
  const unknown = Buffer.from('565401090000000000000043478fd1', 'hex');
  const client = await peer(t, (received, send) => {
    if (received.type === TYPES.HELLO) {
      send(frame(TYPES.PING, { flags: FLAGS.COMP, payload: Buffer.from('p') }));
      send(frame(TYPES.HELLO));
      send(unknown);
      send(frame(TYPES.DATA, { flags: FLAGS.FRAG }));
      send(frame(TYPES.DATA, { flags: FLAGS.COMP, headers: [header('msg-id', '5')], payload: Buffer.from('notgzip') }));
      send(frame(TYPES.DATA, { payload: Buffer.from('last') }));
    } else {
      answers.push([received.type, ...received.headers.map(([k, v]) => `${k}=${v}`)]);
    }
  });
  assert.equal((await client.receive(WAIT)).payload.toString(), 'last');
  await client.close();
  assert.deepEqual(answers, [
    [TYPES.PONG],
    [TYPES.ERR, 'err-code=13'],
    [TYPES.ERR, 'err-code=4'],
    [TYPES.ERR, 'err-code=17'],
    [TYPES.ERR, 'err-code=18', 'msg-id=5'],
    [TYPES.BYE],
  ]);
});

test('what came before a fault is delivered, then the fault once, then the end', async (t) => {
  const answers = [];
  const client = await peer(t, (received, send) => {
    if (received.type === TYPES.HELLO) send(Buffer.concat([encode(frame(TYPES.DATA)), Buffer.from('VT\x02')]));
    else answers.push(received);
  });
  assert.equal((await client.receive(WAIT)).type, TYPES.DATA);
  await assert.rejects(client.receive(WAIT), { kind: 'InvalidVersion', remote: false });
  await assert.rejects(client.receive(WAIT), { kind: 'ConnectionClosed' });
  await client.close();
  assert.deepEqual(answers.map(({ type, headers }) => [type, String(headers[0][1])]), [[TYPES.ERR, '3']]);
});

test('protocol headers are refused', async (t) => {
  const client = await peer(t, () => {});
  await assert.rejects(client.send({ headers: [header('msg-id', '1')] }), { kind: 'Protocol' });
});
