// A server that gets a checksum wrong: what reports are tried out on.
//
//   node broken-peer.mjs HOST:PORT

import { createServer } from 'node:net';

const welcome = Buffer.from('56540102001000000000000a0473657373696f6e2d696430303037deadbeef', 'hex');
const hello = Buffer.from('56540101', 'hex');

const [host, port] = process.argv[2].split(':');
createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.on('data', (octets) => socket.write(octets.subarray(0, 4).equals(hello) ? welcome : octets));
}).listen(Number(port), host);
