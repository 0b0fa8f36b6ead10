// A TCP client: sections 10, 11 and 16 of the specification.

import { randomBytes } from 'node:crypto';
import net from 'node:net';

import {
  FLAGS,
  MAX_FRAME,
  MAX_U64,
  PROTOCOL_KEYS,
  TYPES,
  decimal,
  decode,
  encode,
  errorFrame,
  first,
  frame,
  header,
  measure,
  msgId,
  reportedError,
} from './codec.js';
import { VstpError } from './errors.js';
import { compress, decompress } from './gzip.js';

const ACK_TIMEOUT = 2_000; // ms
const STALLED_FRAME = 30_000;
const LINGER = 1_000;
const CLOSE = 2_000;
const QUEUE_OCTETS = 16_777_216; // more than that waiting for the application, and nothing more is read

export class TcpClient {
  #socket;
  #limit;
  #scale;
  #chunks = []; // what has arrived of the next frame; joined when enough is there
  #held = 0;
  #needed = 1;
  #inputOver = false; // nothing that arrives is interpreted any more
  #outputOver = false;
  #items = []; // messages and errors that nobody has asked for yet
  #octets = 0;
  #receivers = [];
  #sends = new Map(); // acknowledged sends by msg-id
  #nextMsgId;
  #stalled;
  #closed;
  sessionId;

  constructor(socket, { timeScale = 1, limit = MAX_FRAME } = {}) {
    this.#socket = socket;
    this.#limit = limit;
    this.#scale = timeScale;
    this.#nextMsgId = randomBytes(8).readBigUInt64BE() >> 1n;
    this.#closed = new Promise((resolve) => socket.once('close', resolve));
    socket.setNoDelay(true);
    socket.on('data', (octets) => this.#arrived(octets));
    socket.on('end', () => this.#streamEnded());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#ended());
    this.#reply(frame(TYPES.HELLO)); // [TCP-2]
  }

  /** Connects; Io if the connection is refused, InvalidAddress if there is no such host. */
  static async connect(host, port, options) {
    const socket = net.connect({ host, port, allowHalfOpen: true });
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', (error) =>
        reject(new VstpError(error.code === 'ENOTFOUND' ? 'InvalidAddress' : 'Io', error.message)),
      );
    });
    socket.removeAllListeners('error');
    return new TcpClient(socket, options);
  }

  get localAddress() {
    return { host: this.#socket.localAddress, port: this.#socket.localPort };
  }

  /** Sends a message; settles when its octets are handed to the operating system. Refusals send nothing [HDR-11]. */
  async send(message, options) {
    await this.#write(this.#data(message, options), this.#limit);
  }

  /** The same with REQ_ACK; settles with the ACK, an ERR for the message, or Timeout. It is sent once [RTX-12]. */
  async sendAck(message, options) {
    const data = this.#data(message, options);
    const id = this.#nextMsgId;
    data.flags |= FLAGS.REQ_ACK;
    data.headers = [...data.headers, header('msg-id', id)];
    const written = this.#write(data, this.#limit);
    this.#nextMsgId = id === MAX_U64 ? 0n : id + 1n; // [ACK-11]
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#finish(id, new VstpError('Timeout', 'no ACK')), ACK_TIMEOUT * this.#scale);
      this.#sends.set(id, { resolve, reject, timer });
      written.catch((error) => this.#finish(id, error));
    });
  }

  /** The next message, or an error that is thrown in its place; Timeout after so many milliseconds loses nothing. */
  receive(timeout) {
    const item = this.#items.shift();
    if (item !== undefined) {
      this.#count(item, -1);
      return item instanceof VstpError ? Promise.reject(item) : Promise.resolve(item);
    }
    if (this.#inputOver) return Promise.reject(closed()); // [TCP-26]
    return new Promise((resolve, reject) => {
      const receiver = { resolve, reject };
      receiver.timer = setTimeout(() => {
        this.#receivers.splice(this.#receivers.indexOf(receiver), 1);
        reject(new VstpError('Timeout', 'nothing has arrived'));
      }, timeout);
      this.#receivers.push(receiver);
    });
  }

  /** Says BYE, reads on until the stream ends, for 2 s at most, and closes [TCP-10]. */
  async close() {
    if (!this.#outputOver) {
      this.#reply(frame(TYPES.BYE));
      this.#endOutput();
    }
    this.#endInput();
    const timer = setTimeout(() => this.#socket.destroy(), CLOSE);
    await this.#closed;
    clearTimeout(timer);
  }

  // --- sending

  #data({ headers = [], payload = Buffer.alloc(0) }, { compressed = false } = {}) {
    for (const [key] of headers) {
      const name = key.toString('latin1');
      if (PROTOCOL_KEYS.has(name)) throw new VstpError('Protocol', `the header ${name} belongs to the protocol`);
    }
    const member = compressed ? compress(payload) : undefined;
    return frame(TYPES.DATA, { flags: member ? FLAGS.COMP : 0, headers, payload: member ?? payload });
  }

  async #write(value, limit) {
    const octets = encode(value, limit);
    if (this.#outputOver) throw closed();
    await new Promise((resolve, reject) => {
      this.#socket.write(octets, (error) => (error ? reject(closed()) : resolve()));
    });
  }

  /** Sends a frame of the protocol's own, for which nobody waits. */
  #reply(value) {
    if (!this.#outputOver) this.#write(value).catch(() => {});
  }

  #endOutput() {
    this.#outputOver = true;
    this.#socket.end();
  }

  #finish(id, error) {
    const send = this.#sends.get(id);
    if (send === undefined) return false;
    this.#sends.delete(id);
    clearTimeout(send.timer);
    if (error) send.reject(error);
    else send.resolve();
    return true;
  }

  // --- receiving

  #arrived(octets) {
    if (this.#inputOver) return;
    clearTimeout(this.#stalled);
    this.#chunks.push(octets);
    this.#held += octets.length;
    if (this.#held >= this.#needed) this.#takeFrames();
    if (this.#held > 0 && !this.#inputOver) {
      this.#stalled = setTimeout(
        () => this.#fail(new VstpError('Timeout', 'a frame was begun and not continued')), // [TCP-18]
        STALLED_FRAME * this.#scale,
      );
    }
  }

  #takeFrames() {
    let rest = Buffer.concat(this.#chunks, this.#held);
    while (!this.#inputOver) {
      try {
        const total = measure(rest, this.#limit);
        if (total === undefined || rest.length < total) {
          this.#needed = total ?? rest.length + 1; // octet by octet, so that a fault shows early [TCP-17] [TCP-28]
          break;
        }
        const octets = rest.subarray(0, total);
        rest = rest.subarray(total);
        this.#handle(decode(octets, this.#limit).frame);
      } catch (error) {
        if (!(error instanceof VstpError)) throw error;
        if (error.kind === 'InvalidFrameType') this.#reply(errorFrame(error)); // and on with the next frame [TYP-4]
        else this.#fail(error);
      }
    }
    this.#chunks = this.#inputOver ? [] : [rest];
    this.#held = this.#inputOver ? 0 : rest.length;
  }

  #handle(received) {
    const { type, flags } = received;
    if (flags & FLAGS.FRAG) {
      // discarded; said so unless it answers something [FLG-6] [ERR-3]
      if (type !== TYPES.ERR && type !== TYPES.ACK && type !== TYPES.PONG) {
        this.#reply(errorFrame(new VstpError('BadFragment', 'no fragments over TCP'), received));
      }
    } else if (type === TYPES.DATA) {
      this.#message(received);
    } else if (type === TYPES.PING) {
      this.#reply(frame(TYPES.PONG, { payload: received.payload })); // [TCP-24]
    } else if (type === TYPES.WELCOME) {
      this.sessionId = decimal(first(received.headers, 'session-id'), 2n ** 128n - 1n);
    } else if (type === TYPES.HELLO) {
      this.#reply(errorFrame(new VstpError('UnexpectedFrameType', 'HELLO at a client'))); // [ERR-8]
    } else if (type === TYPES.BYE) {
      this.#streamEnded(); // [TCP-9] [TCP-25]
    } else if (type === TYPES.ACK) {
      this.#finish(msgId(received)); // [ACK-8] [ACK-9]
    } else if (type === TYPES.ERR) {
      const error = reportedError(received);
      if (!this.#finish(msgId(received), error)) this.#deliver(error); // [ACK-17] [ERR-7]
    }
  }

  #message(received) {
    let message = received;
    if (received.flags & FLAGS.COMP) {
      try {
        const payload = decompress(received.payload, this.#limit);
        message = { ...received, flags: received.flags & ~FLAGS.COMP, payload };
      } catch (error) {
        this.#reply(errorFrame(error, received)); // [CMP-8] [CMP-10]
        return;
      }
    }
    if (received.flags & FLAGS.REQ_ACK) {
      const id = msgId(received);
      this.#reply(frame(TYPES.ACK, { headers: id === undefined ? [] : [header('msg-id', id)] })); // [ACK-13]
    }
    this.#deliver(message);
  }

  #deliver(item) {
    const receiver = this.#receivers.shift();
    if (receiver !== undefined) {
      clearTimeout(receiver.timer);
      if (item instanceof VstpError) receiver.reject(item);
      else receiver.resolve(item);
      return;
    }
    this.#items.push(item);
    this.#count(item, 1);
  }

  #count(item, sign) {
    this.#octets += sign * (item.payload?.length ?? 0);
    if (this.#octets < QUEUE_OCTETS || this.#sends.size > 0) this.#socket.resume();
    else this.#socket.pause();
  }

  /** A fatal fault: it is told to the peer, unless that speaks another protocol, and to the application [TCP-16]. */
  #fail(error) {
    if (error.kind !== 'InvalidMagic') this.#reply(errorFrame(error));
    this.#deliver(error);
    this.#streamEnded();
  }

  /** The conversation is over: nothing more is sent, and what still arrives is discarded for a second at most. */
  #streamEnded() {
    this.#ended();
    if (!this.#outputOver) this.#endOutput();
    const timer = setTimeout(() => this.#socket.destroy(), LINGER);
    this.#closed.then(() => clearTimeout(timer));
  }

  #ended() {
    this.#endInput();
    this.#outputOver ||= this.#socket.destroyed;
  }

  #endInput() {
    if (this.#inputOver) return;
    this.#inputOver = true;
    clearTimeout(this.#stalled);
    this.#chunks = [];
    this.#held = 0;
    for (const id of [...this.#sends.keys()]) this.#finish(id, closed());
    for (const receiver of this.#receivers.splice(0)) {
      clearTimeout(receiver.timer);
      receiver.reject(closed());
    }
    this.#socket.resume();
  }
}

function closed() {
  return new VstpError('ConnectionClosed', 'the connection has ended');
}
