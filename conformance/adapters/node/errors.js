// The kinds of error, by the names and codes of the specification, section 8.1.

export const CODES = Object.freeze({
  Io: 1,
  Protocol: 2,
  InvalidVersion: 3,
  InvalidFrameType: 4,
  InvalidMagic: 5,
  CrcMismatch: 6,
  Incomplete: 7,
  FrameTooLarge: 8,
  Timeout: 9,
  InvalidAddress: 10,
  SerializationError: 11,
  DeserializationError: 12,
  UnexpectedFrameType: 13,
  ConnectionClosed: 14,
  ServerError: 15,
  RateLimited: 16,
  BadFragment: 17,
  BadCompression: 18,
  Unsupported: 19,
});

/** An error with its kind. `remote`: the peer reported it in an ERR [ERR-7]. `needed` comes with Incomplete [FRM-7]. */
export class VstpError extends Error {
  constructor(kind, text = '', { remote = false, needed } = {}) {
    super(text ? `${kind}: ${text}` : kind);
    this.kind = kind;
    this.text = text;
    this.remote = remote;
    this.needed = needed;
  }
}
