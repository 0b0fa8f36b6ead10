// Records a TLS session as it would travel over TCP.

import { once } from 'node:events';
import { Duplex } from 'node:stream';
import tls from 'node:tls';

// A pre-shared key needs no certificate. Node offers that up to TLS 1.2; which
// version it is makes no difference to a dissector that gets what is decrypted.
const cipher = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' };

/** Two streams of which each reads what the other writes; `log` sees it all. */
function pair(log) {
  const make = (reply, other) => new Duplex({
    read() {},
    write(octets, _, done) {
      log.push({ octets, reply });
      other().push(octets);
      done();
    },
  });
  const client = make(false, () => server);
  const server = make(true, () => client);
  return [client, server];
}

/**
 * A session in which the client sends each of the messages in a record of its
 * own. Returns the segments of both sides and the keys that decrypt them, in the
 * format of a key log.
 */
export async function recordSession(messages) {
  const turns = [];
  const [below, above] = pair(turns);
  const psk = Buffer.alloc(16, 7);
  const server = new tls.TLSSocket(above, { isServer: true, secureContext: tls.createSecureContext(cipher), pskCallback: () => psk, ...cipher });
  const client = tls.connect({ socket: below, pskCallback: () => ({ psk, identity: 'vstp' }), checkServerIdentity: () => undefined, ...cipher });
  let keys = '';
  client.on('keylog', (line) => { keys += line; });
  await once(client, 'secureConnect');
  for (const message of messages) {
    const received = once(server, 'data');
    client.write(message);
    await received;
  }
  client.destroy();
  server.destroy();
  return { turns, keys };
}
