// Writes capture files: raw IPv4 packets with UDP datagrams and TCP segments.

const linkTypeRawIP = 101; // LINKTYPE_RAW: the packet begins with its IP header

/** Sixteen-bit one's complement sum of RFC 1071. */
function internetChecksum(...parts) {
  const octets = Buffer.concat(parts);
  let sum = 0;
  for (let i = 0; i < octets.length; i += 2) sum += (octets[i] << 8) | (octets[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

const addressOctets = (address) => Buffer.from(address.split('.').map(Number));

function pseudoHeader(source, destination, protocol, length) {
  return Buffer.concat([
    addressOctets(source.address), addressOctets(destination.address),
    Buffer.from([0, protocol, length >> 8, length & 0xff]),
  ]);
}

function ipv4(source, destination, protocol, content) {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + content.length, 2);
  header.writeUInt16BE(0x4000, 6); // do not fragment
  header[8] = 64;
  header[9] = protocol;
  addressOctets(source.address).copy(header, 12);
  addressOctets(destination.address).copy(header, 16);
  header.writeUInt16BE(internetChecksum(header), 10);
  return Buffer.concat([header, content]);
}

const UDP = 17;
const TCP = 6;

/** The most octets that a UDP datagram over IPv4 holds. */
export const largestDatagram = 65507;

const FIN = 0x01;
const SYN = 0x02;
const PSH = 0x08;
const ACK = 0x10;

/** A capture that grows packet by packet. Ends are {address, port}. */
export class Capture {
  #packets = [];
  #time = 1_700_000_000_000_000n; // microseconds

  /** Lets time pass between two packets. */
  wait(seconds) {
    this.#time += BigInt(seconds) * 1_000_000n;
  }

  #add(packet) {
    this.#time += 100n;
    return this.#packets.push({ time: this.#time, packet });
  }

  /** One datagram. Returns the number of its packet. */
  datagram(source, destination, payload) {
    const length = 8 + payload.length;
    const header = Buffer.alloc(8);
    header.writeUInt16BE(source.port, 0);
    header.writeUInt16BE(destination.port, 2);
    header.writeUInt16BE(length, 4);
    const sum = internetChecksum(pseudoHeader(source, destination, UDP, length), header, payload);
    header.writeUInt16BE(sum || 0xffff, 6); // zero would mean that there is none
    return this.#add(ipv4(source, destination, UDP, Buffer.concat([header, payload])));
  }

  #segment(source, destination, flags, sequence, acknowledged, payload) {
    const header = Buffer.alloc(20);
    header.writeUInt16BE(source.port, 0);
    header.writeUInt16BE(destination.port, 2);
    header.writeUInt32BE(sequence >>> 0, 4);
    header.writeUInt32BE(acknowledged >>> 0, 8);
    header[12] = 5 << 4;
    header[13] = flags;
    header.writeUInt16BE(65535, 14);
    header.writeUInt16BE(internetChecksum(pseudoHeader(source, destination, TCP, 20 + payload.length), header, payload), 16);
    this.#add(ipv4(source, destination, TCP, Buffer.concat([header, payload])));
  }

  /**
   * A connection that the source opens and closes. A turn is what one side
   * sends, in one segment: {octets} from the source, {octets, reply: true} from
   * the destination.
   */
  conversation(source, destination, turns) {
    const none = Buffer.alloc(0);
    const [here, there] = [{ end: source, next: 1 }, { end: destination, next: 1 }];
    this.#segment(source, destination, SYN, 0, 0, none);
    this.#segment(destination, source, SYN | ACK, 0, 1, none);
    this.#segment(source, destination, ACK, 1, 1, none);
    for (const { octets, reply } of turns) {
      const [from, to] = reply ? [there, here] : [here, there];
      this.#segment(from.end, to.end, PSH | ACK, from.next, to.next, octets);
      from.next += octets.length;
      this.#segment(to.end, from.end, ACK, to.next, from.next, none);
    }
    this.#segment(source, destination, FIN | ACK, here.next, there.next, none);
    this.#segment(destination, source, FIN | ACK, there.next, here.next + 1, none);
    this.#segment(source, destination, ACK, here.next + 1, there.next + 1, none);
  }

  /** A connection in which the source alone sends, in the given segments. */
  connection(source, destination, segments) {
    this.conversation(source, destination, segments.map((octets) => ({ octets })));
  }

  /** The file in the classic pcap format. */
  file() {
    const head = Buffer.alloc(24);
    head.writeUInt32LE(0xa1b2c3d4, 0);
    head.writeUInt16LE(2, 4);
    head.writeUInt16LE(4, 6);
    head.writeUInt32LE(262144, 16);
    head.writeUInt32LE(linkTypeRawIP, 20);
    const parts = [head];
    for (const { time, packet } of this.#packets) {
      const record = Buffer.alloc(16);
      record.writeUInt32LE(Number(time / 1_000_000n), 0);
      record.writeUInt32LE(Number(time % 1_000_000n), 4);
      record.writeUInt32LE(packet.length, 8);
      record.writeUInt32LE(packet.length, 12);
      parts.push(record, packet);
    }
    return Buffer.concat(parts);
  }
}

/** Cuts octets into pieces of at most size octets. */
export function cut(octets, size) {
  const pieces = [];
  for (let at = 0; at < octets.length; at += size) pieces.push(octets.subarray(at, at + size));
  return pieces;
}
