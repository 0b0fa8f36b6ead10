meta:
  id: vstp
  title: VSTP, version 1, wire format
  file-extension: vstp
  license: MIT
  ks-version: '0.11'
  # The fields of a frame differ in their byte order, so there is no default
  # here: each number says its own.

doc: |
  The frames of VSTP, octet by octet. The specification is vstp.md, beside this
  file; the IDs in brackets are its requirements.

  The top level is one direction of a TCP connection: frame after frame until
  the octets end. A single frame is a stream of one. Of the types below,
  `frame` takes one frame and leaves the rest, `datagram` is the content of a
  UDP datagram, and `fixed_part` the eleven octets from which the reader of a
  stream learns how many more to wait for.

  Four things are left to the program that uses this description, because it
  cannot express them:

  * the checksum. Kaitai Struct has no CRC. `crc32` is the number received; it
    has to equal the CRC-32/ISO-HDLC of the first `len` - 4 octets of the frame
    [CRC-1, CRC-2, CRC-5].
  * the size limit, which is a setting. It limits `len`, and is checked as soon
    as `fixed_part` is there [LIM-1, LIM-2, LIM-3].
  * what a lack of octets means. The parser fails at the end of its input; on a
    stream that means to wait for more [FRM-7], in a datagram to discard it
    [UDP-2].
  * the TYPE values beyond the first eight that an endpoint knows [TYP-5].

  Faults are reported in the order of [FRM-9], in which the checksum precedes
  TYPE and headers. So neither of these two makes reading a frame fail: compare
  the checksum first, then ask `is_known_type`, then read `headers` of
  `header_section`, which are parsed on demand.

doc-ref: vstp.md

seq:
  - id: frames
    type: frame
    repeat: eos
    doc: |
      The start of the next frame follows from the lengths of the one before,
      never from a search for MAGIC [FRM-6].

types:
  fixed_part:
    doc: The first eleven octets of a frame, with all that its size depends on [FRM-1].
    seq:
      - id: magic
        contents: [0x56, 0x54]
        doc: In ASCII "VT" [FRM-2].
      - id: version
        type: u1
        valid: 1
        doc: There is no other version, and none to negotiate [FRM-2].
      - id: type_octet
        type: u1
        doc: |
          TYPE as a number. One without a name is not refused here, because the
          checksum is to be looked at first and because the registry may grow
          [TYP-3, TYP-5].
      - id: flags
        type: flags
        doc: Eight bits [FLG-1].
      - id: hdr_len
        type: u2le
        doc: Octets in HEADERS; the least significant octet comes first [FRM-3].
      - id: pay_len
        type: u4be
        doc: |
          Octets in PAYLOAD as they travel in this frame; the most significant
          octet comes first [FRM-4].
    instances:
      len:
        value: 11 + hdr_len + pay_len + 4
        doc: |
          Octets of the whole frame. The sum can be as large as 4,295,032,845:
          where the target language computes in 32 bits, check `pay_len`
          against the size limit before asking for it.
      named_type:
        value: type_octet
        enum: frame_type
        doc: |
          TYPE by its name [TYP-1]. Ask `is_known_type` first: what a number
          without a name becomes depends on the target language.
      is_known_type:
        value: type_octet >= 1 and type_octet <= 8
        doc: Whether TYPE is one of the eight of this edition [TYP-1].

  flags:
    doc: |
      The octet FLAGS. Bits without a name are zero when sent [FLG-2] and
      ignored when received, without a loss of the others [FLG-3].
    seq:
      - id: octet
        type: u1
        doc: All eight bits as transmitted.
    instances:
      req_ack:
        value: (octet & flag_mask::req_ack.to_i) != 0
        doc: The sender asks for an ACK.
      crc:
        value: (octet & flag_mask::crc.to_i) != 0
        doc: Advisory. With this bit or without, the trailer is there and verified [CRC-4, CRC-5].
      frag:
        value: (octet & flag_mask::frag.to_i) != 0
        doc: The frame is one fragment of a DATA message, on UDP only [FRG-3].
      comp:
        value: (octet & flag_mask::comp.to_i) != 0
        doc: The payload of the DATA message is one gzip member [CMP-1].
      reserved:
        value: octet & 0xcc
        doc: The four bits without a name.

  frame:
    doc: |
      One frame: MAGIC, VERSION, TYPE, FLAGS and the two lengths in `fixed`,
      then HEADERS, PAYLOAD and CRC32, with nothing in between [FRM-1].
    seq:
      - id: fixed
        type: fixed_part
      - id: header_section
        type: header_section
        size: fixed.hdr_len
        doc: |
          HEADERS. What its headers say about their own lengths is held against
          the end of this section and not against that of the input [HDR-6].
      - id: payload
        size: fixed.pay_len
        doc: PAYLOAD as transmitted; neither decompressed nor put together.
      - id: crc32
        type: u4be
        doc: |
          The checksum received. Every frame has it, whatever FLAGS say [CRC-4];
          the most significant octet comes first [CRC-3].

  datagram:
    doc: A UDP datagram, which is one whole frame [UDP-1] and nothing behind it [UDP-3].
    seq:
      - id: frame
        type: frame
      - id: trailing
        size-eos: true
        valid: '[].as<bytes>'
        doc: Octets behind the frame, of which there are none.

  header_section:
    doc: |
      The headers of a frame, none, one or many, without a terminator [HDR-1].
      They are read when they are asked for.
    instances:
      headers:
        pos: 0
        type: header
        repeat: eos
        doc: |
          In the order of the wire; the same key may come again [HDR-5]. If a
          header reaches beyond the section [HDR-6], or a single octet is left
          over behind the last [HDR-7], reading them fails.

  header:
    doc: |
      Both lengths stand before both strings [HDR-1]. Either string, or both,
      may be empty [HDR-3].

      The protocol's own keys are `msg-id`, `frag-id`, `frag-index`,
      `frag-total`, `session-id` and `err-code`, with a canonical decimal number
      in ASCII as their value [HDR-9].
    seq:
      - id: key_len
        type: u1
      - id: value_len
        type: u1
      - id: key
        size: key_len
        doc: Octets, in no character encoding [HDR-4].
      - id: value
        size: value_len
        doc: Octets, in no character encoding [HDR-4].

enums:
  frame_type:
    1:
      id: hello
      doc: a client opens a connection
    2:
      id: welcome
      doc: a server answers HELLO and names the session
    3:
      id: data
      doc: application data
    4:
      id: ping
      doc: asks the peer for a sign of life
    5:
      id: pong
      doc: answers PING
    6:
      id: bye
      doc: ends a connection in good order
    7:
      id: ack
      doc: acknowledges one message
    8:
      id: err
      doc: reports an error to the peer
  flag_mask:
    0x01:
      id: req_ack
      doc: the sender asks for an ACK
    0x02:
      id: crc
      doc: advisory, the trailer is always there
    0x10:
      id: frag
      doc: one fragment of a DATA message, UDP only
    0x20:
      id: comp
      doc: the payload of the DATA message is one gzip member
