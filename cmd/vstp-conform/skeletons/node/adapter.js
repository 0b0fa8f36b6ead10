// An adapter between vstp-conform and an implementation of VSTP in JavaScript.
//
// It reads one request a line on its standard input and writes one answer a line
// on its standard output. Replace what decode() and encode() do by calls of your
// implementation, and for a client what connect() and onConnection() do. What an operation has to answer stands in the test contract
// (vstp-conform init wrote its address into README.md).
"use strict";

const readline = require("node:readline");

const NAME = "my-vstp";
const VERSION = "0.0.1";

// An error of the protocol, by its name in the specification.
class Refused extends Error {
  constructor(name, message = "") {
    super(message);
    this.code = name;
  }
}

function start(request) {
  if (request.protocol !== 1) {
    throw new Refused("Unsupported", "this adapter speaks version 1 of the protocol");
  }
  // Add "varint" or "string" to the capabilities once you offer them, and leave out the
  // roles and transports that you do not have.
  return { name: NAME, version: VERSION, roles: ["codec", "client"], capabilities: ["tcp", "udp"] };
}

function decode(request) {
  const octets = Buffer.from(request.hex, "hex");
  if (!octets.subarray(0, 2).equals(Buffer.from("VT").subarray(0, octets.length))) {
    throw new Refused("InvalidMagic");
  }
  if (octets.length >= 3 && octets[2] !== 1) {
    throw new Refused("InvalidVersion");
  }
  if (octets.length < 11) {
    throw new Refused("Incomplete");
  }
  throw new Refused("Unsupported", "decode() in adapter.js stops after the fixed part: call your decoder there");
}

function encode() {
  throw new Refused("Unsupported", "encode() in adapter.js does nothing yet: call your encoder there");
}

async function connect() {
  // Keep what you open under a number: return { conn: number }.
  throw new Refused("Unsupported", "connect() in adapter.js does nothing yet: open your client there");
}

async function onConnection() {
  // send, send_ack, recv, close and local_addr, on the connection request.conn. A recv or
  // send_ack that waits holds nothing up: its answer is written when it is there.
  throw new Refused("Unsupported", "onConnection() in adapter.js does nothing yet: call your client there");
}

const operations = new Map([
  ["start", start], ["decode", decode], ["encode", encode], ["stop", () => ({})], ["connect", connect],
  ["send", onConnection], ["send_ack", onConnection], ["recv", onConnection],
  ["close", onConnection], ["local_addr", onConnection],
]);
const ofClients = new Set(["connect", "send", "send_ack", "recv", "close", "local_addr"]);

// refusal is the answer that an error makes.
function refusal(error) {
  if (!(error instanceof Refused)) throw error;
  return { ok: false, error: error.code, message: error.message };
}

function answer(request) {
  const operation = operations.get(request.op);
  if (!operation) {
    return { ok: false, error: "Unsupported", message: `this adapter does not know the operation ${request.op}` };
  }
  try {
    return { ok: true, ...operation(request) };
  } catch (error) {
    return refusal(error);
  }
}

function write(request, reply) {
  if ("id" in request) reply.id = request.id;
  process.stdout.write(JSON.stringify(reply) + "\n");
}

const lines = readline.createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on("line", (line) => {
  if (line.trim() === "") return;
  const request = JSON.parse(line);
  if (ofClients.has(request.op)) {
    operations.get(request.op)(request)
      .then((members) => ({ ok: true, ...members }), refusal)
      .then((reply) => write(request, reply));
    return;
  }
  write(request, answer(request)); // the answers of a codec keep the order of the requests
  if (request.op === "stop") lines.close();
});
