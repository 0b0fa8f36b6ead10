// Collects what two readings of the same octets disagree about and says so.

/** How a value stands in a message: octets in hex, cut where they get long. */
function show(value) {
  if (value === undefined) return 'nothing';
  if (Buffer.isBuffer(value) || value instanceof Uint8Array) {
    const hex = Buffer.from(value).toString('hex');
    return hex.length <= 80 ? `[${hex}]` : `[${hex.slice(0, 80)}…] (${value.length} octets)`;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function same(a, b) {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0;
  return a === b;
}

export class Report {
  #reader;
  #agree = 0;
  #differ = 0;
  #lines = [];

  /** reader is the name of the decoder that is held against the expectations. */
  constructor(reader) {
    this.#reader = reader;
  }

  /**
   * Runs one comparison. It is given a function compare(field, expected, got);
   * a comparison that compares nothing counts as a difference, and so does one
   * that throws.
   */
  check(name, comparison) {
    let compared = 0;
    const found = [];
    const compare = (field, expected, got) => {
      compared++;
      if (!same(expected, got)) found.push(`${name}: ${field}: expected ${show(expected)}, ${this.#reader} says ${show(got)}`);
    };
    try {
      comparison(compare);
    } catch (fault) {
      found.push(`${name}: ${this.#reader} fails: ${fault}`);
    }
    if (compared === 0 && found.length === 0) found.push(`${name}: nothing was compared`);
    if (found.length === 0) this.#agree++;
    else this.#differ++;
    this.#lines.push(...found);
  }

  /**
   * Prints the differences and a summary about `what`. Returns whether there
   * was something to compare and all of it agreed.
   */
  finish(what) {
    for (const line of this.#lines) console.log(line);
    console.log(`${this.#reader}: ${this.#agree} ${what} agree, ${this.#differ} differ`);
    if (this.#agree + this.#differ === 0) console.log(`${this.#reader}: no ${what} were compared`);
    return this.#differ === 0 && this.#agree > 0;
  }
}

/** Compares two lists of headers, each a pair of octet strings. */
export function compareHeaders(compare, expected, got) {
  compare('headers', expected.length, got.length);
  expected.slice(0, got.length).forEach(([key, value], i) => {
    compare(`header ${i} key`, key, got[i][0]);
    compare(`header ${i} value`, value, got[i][1]);
  });
}
