@server
Feature: Frames, headers, integrity, types and flags
  What a server makes of the octets of a frame, and what octets it sends itself.
  Bulk belongs in the vectors; here stands what takes an exchange to see.

  # Frame layout

  @FRM-1 @case:framing/frames-follow-each-other @tcp
  Scenario: The frames that a server sends follow each other without padding
    Given a greeted TCP connection
    When I send, in one write:
      """
      DATA 'one'
      DATA
      DATA a=1 'two'
      """
    Then these frames come back, in this order:
      """
      DATA 'one' only
      DATA only
      DATA a=1 'two' only
      """
    And the connection is still in use

  @FRM-2 @case:framing/magic-and-version-sent @tcp
  Scenario: A server sends MAGIC and VERSION in every frame
    Given a greeted TCP connection
    When I send, in one write:
      """
      PING 'p'
      DATA 'x'
      """
    Then these frames come back, in any order:
      """
      PONG
      DATA 'x'
      """
    And every frame that came back keeps FRM-2

  @FRM-3 @case:framing/header-length-sent @tcp
  Scenario: HDR_LEN of a sent frame counts the header section, low octet first
    Given a greeted TCP connection
    When I send DATA a=100*'u' b=100*'v' c=100*'w' test=value 'Hello'
    Then DATA a=100*'u' b=100*'v' c=100*'w' test=value 'Hello' only comes back

  @FRM-4 @case:framing/payload-length-sent @tcp
  Scenario: PAY_LEN of a sent frame counts the payload, high octet first
    Given a greeted TCP connection
    When I send DATA 70000*'p'
    Then DATA 70000*'p' only comes back

  @FRM-5 @ERR-4 @TCP-22 @case:framing/empty-frame-of-every-type @tcp
  Scenario: A frame of 15 octets is accepted whatever its type
    Given a greeted TCP connection
    When I send, in one write:
      """
      ACK
      PONG
      ERR
      DATA
      """
    Then DATA only comes back
    And the connection is still in use

  @FRM-6 @case:framing/magic-inside-payload @tcp
  Scenario: A frame inside a payload is payload
    Given a greeted TCP connection
    When I send vector frame/payload-is-a-frame
    Then DATA x'56540106000000000000009a679d7d' only comes back
    And the connection is still in use

  @FRM-6 @case:framing/magic-inside-header @tcp
  Scenario: MAGIC inside a header is header
    Given a greeted TCP connection
    When I send DATA VT=x'5654010302010101010101' x'565401'
    Then DATA VT=x'5654010302010101010101' x'565401' only comes back
    And the connection is still in use

  @FRM-6 @case:framing/no-search-after-a-fault @tcp @hostile
  Scenario: Behind octets that are no frame nobody looks for the next MAGIC
    Given a greeted TCP connection
    When I send, in one write:
      """
      octets 474554202f20485454502f312e310d0a0d0a
      DATA 'found'
      """
    Then nothing sent after it is delivered

  @FRM-7 @case:framing/prefix-is-waited-for @tcp
  Scenario: The beginning of a frame is kept until the rest has come
    Given a greeted TCP connection
    When I send octets 56540103000b0000
    Then a new connection is served
    When I use connection A
    And I send octets 00000504057465
    Then a new connection is served
    When I use connection A
    And I send octets 737476616c756548656c6c6f6dffe407
    Then DATA test=value 'Hello' only comes back

  @FRM-9 @case:framing/crc-before-type @tcp @hostile
  Scenario: Of a bad CRC and an unknown type the CRC is reported
    Given a greeted TCP connection
    When I send corrupt 0x09 'x'
    Then at most one ERR comes back, and it is ERR err-code=6

  @FRM-9 @CRC-5 @ERR-1 @case:framing/crc-before-headers @tcp @hostile
  Scenario: Of a bad CRC and a malformed header section the CRC is reported
    Given a greeted TCP connection
    When I send corrupt vector frame/header-runs-into-payload
    Then at most one ERR comes back, and it is ERR err-code=6

  @FRM-9 @case:framing/version-before-size @tcp @hostile
  Scenario: Of a wrong version and an excessive length the version is reported
    Given a greeted TCP connection
    When I send octets 56540203000000ffffffff
    Then at most one ERR comes back, and it is ERR err-code=3

  @FRM-9 @TYP-3 @TYP-4 @case:framing/type-before-headers @tcp @hostile
  Scenario: Of an unknown type and a malformed header section the type is reported
    Given a greeted TCP connection
    When I send vector frame/precedence-type-before-headers
    Then at most one ERR comes back, and it is ERR err-code=4

  # Header section

  @HDR-1 @case:headers/coded-one-after-another @tcp
  Scenario: Headers are coded one after another
    Given a greeted TCP connection
    When I send DATA a=333 bb=1 ccc=22 'x'
    Then DATA a=333 bb=1 ccc=22 'x' only comes back

  @HDR-3 @case:headers/empty-key-and-value @tcp
  Scenario: Keys and values may be empty
    Given a greeted TCP connection
    When I send, in one write:
      """
      DATA ''=v 'no key'
      DATA k='' 'no value'
      DATA ''='' 'neither'
      """
    Then these frames come back, in this order:
      """
      DATA ''=v 'no key' only
      DATA k='' 'no value' only
      DATA ''='' 'neither' only
      """

  @HDR-4 @case:headers/any-octets @tcp
  Scenario: Keys and values are octets, not text
    Given a greeted TCP connection
    When I send DATA x'00ff'=x'fe80' x'c328'=x'000a0d' x'c328'
    Then DATA x'00ff'=x'fe80' x'c328'=x'000a0d' x'c328' only comes back

  @HDR-5 @case:headers/order-and-repetition @tcp
  Scenario: The order of headers and repeated keys are kept
    Given a greeted TCP connection
    When I send DATA b=1 a=2 b=3 a=2 b=1 'x'
    Then DATA b=1 a=2 b=3 a=2 b=1 'x' only comes back

  @HDR-6 @case:headers/value-past-the-section @tcp @hostile
  Scenario: A header that runs past its section makes the frame worthless
    Given a greeted TCP connection
    When I send vector frame/header-runs-into-payload
    Then it has not been delivered

  @HDR-6 @case:headers/value-past-the-section-udp @udp @hostile
  Scenario: A header that runs past its section makes the datagram worthless
    Given a served UDP socket
    When I send the datagram octets 56540103010c000000000506026d73672d69643130050048656c6c6f08dd9dea
    Then no DATA datagram comes back

  @HDR-7 @case:headers/single-octet-left @tcp @hostile
  Scenario: A single octet at the end of the section makes the frame worthless
    Given a greeted TCP connection
    When I send vector frame/header-section-one-octet
    Then it has not been delivered

  @HDR-8 @case:headers/largest-section @tcp
  Scenario: A header section of 65,535 octets is accepted
    Given a greeted TCP connection
    When I send a DATA whose header section fills 65535 octets
    Then its echo comes back

  @HDR-9 @ACK-1 @case:headers/numbers-in-decimal @udp
  Scenario: Numbers in headers are canonical decimal text
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA REQ_ACK msg-id=0 'a'
      DATA REQ_ACK msg-id=18446744073709551615 'b'
      """
    Then these datagrams come back, in any order:
      """
      ACK msg-id=0
      ACK msg-id=18446744073709551615
      """

  @HDR-10 @case:headers/keys-are-compared-octet-for-octet @udp
  Scenario: Msg-Id is not msg-id
    Given a served UDP socket
    When I send the datagram DATA REQ_ACK Msg-Id=6 'x'
    Then the datagram DATA Msg-Id=6 'x' comes back
    And no datagram names msg-id 6

  # Integrity

  @CRC-1 @case:integrity/crc-of-sent-frames @tcp
  Scenario: The CRC of a sent frame is CRC-32/ISO-HDLC
    Given a greeted TCP connection
    When I send, in one write:
      """
      DATA '123456789'
      DATA x'80ff00fe'
      """
    Then these frames come back, in this order:
      """
      DATA '123456789' only
      DATA x'80ff00fe' only
      """

  @CRC-2 @case:integrity/crc-covers-the-whole-frame @tcp @hostile
  Scenario: A CRC over headers and payload alone is wrong
    Given a greeted TCP connection
    When I send vector frame/crc-without-fixed-part
    Then it has not been delivered

  @CRC-3 @case:integrity/crc-most-significant-octet-first @tcp @hostile
  Scenario: A CRC with its octets reversed is wrong
    Given a greeted TCP connection
    When I send vector frame/crc-little-endian
    Then it has not been delivered

  @CRC-4 @case:integrity/crc-whatever-the-flag @tcp
  Scenario: A CRC is sent whatever the CRC flag of the request says
    Given a greeted TCP connection
    When I send, in one write:
      """
      DATA 'without'
      DATA CRC 'with'
      PING 'without'
      PING CRC 'with'
      """
    Then these frames come back, in any order:
      """
      DATA 'without'
      DATA 'with'
      PONG
      PONG
      """

  @CRC-5 @case:integrity/mismatch-is-withheld @tcp @hostile
  Scenario: A frame whose CRC does not match is withheld
    Given a greeted TCP connection
    When I send corrupt DATA 'x'
    Then it has not been delivered

  @CRC-5 @case:integrity/mismatch-is-withheld-with-the-flag @tcp @hostile
  Scenario: The CRC flag makes no difference to a mismatch
    Given a greeted TCP connection
    When I send corrupt DATA CRC 'x'
    Then it has not been delivered

  @CRC-5 @case:integrity/mismatch-is-withheld-udp @udp @hostile
  Scenario: A datagram whose CRC does not match is withheld
    Given a served UDP socket
    When I send these datagrams:
      """
      corrupt DATA REQ_ACK msg-id=7 'x'
      corrupt DATA CRC 'y'
      """
    Then no DATA datagram comes back

  # Types

  @TYP-1 @case:types/values-of-answers @tcp
  Scenario: The answers of a server have the types of the registry
    Given a greeted TCP connection
    When I send, in one write:
      """
      0x04 'p'
      0x03 'd'
      """
    Then these frames come back, in any order:
      """
      0x05
      0x03 'd'
      """

  @TYP-1 @case:types/value-of-welcome @tcp
  Scenario: A WELCOME has the type of the registry
    Given a TCP connection
    When I send 0x01
    Then 0x02 comes back
    And the connection is still in use

  @TYP-1 @case:types/value-of-ack @udp
  Scenario: An ACK has the type of the registry
    Given a served UDP socket
    When I send the datagram 0x03 flags=0x01 msg-id=5 'd'
    Then these datagrams come back, in any order:
      """
      0x07 msg-id=5
      0x03 'd'
      """

  @TYP-3 @case:types/unknown-is-not-delivered @tcp @hostile
  Scenario: A frame of an unknown type is not delivered
    Given a greeted TCP connection
    When I send, in one write:
      """
      0x09 'x'
      0x13 'x'
      0x83 'x'
      """
    Then it has not been delivered

  @TYP-3 @UDP-5 @case:types/unknown-is-not-acknowledged @udp @hostile
  Scenario: A datagram of an unknown type is neither delivered nor acknowledged
    Given a served UDP socket
    When I send these datagrams:
      """
      0x09 REQ_ACK msg-id=6 'x'
      0x00 REQ_ACK msg-id=7 'y'
      0xff REQ_ACK msg-id=8 'z'
      0x13 REQ_ACK msg-id=9 'a'
      0x83 REQ_ACK msg-id=10 'b'
      """
    Then no datagram comes back

  @TYP-4 @case:types/unknown-is-reported @tcp @hostile
  Scenario: An unknown type is reported and the connection goes on
    Given a greeted TCP connection
    When I send, in one write:
      """
      0x09
      DATA 'next'
      """
    Then these frames come back, in this order:
      """
      ERR err-code=4
      DATA 'next'
      """
    And the connection is still in use

  # Flags

  @FLG-1 @case:flags/req-ack-is-bit-0 @udp
  Scenario: Bit 0 asks for an acknowledgement, and only bit 0
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA flags=0x01 msg-id=1 'a'
      DATA flags=0x02 msg-id=2 'b'
      """
    Then the datagram ACK msg-id=1 comes back
    And no datagram names msg-id 2

  @FLG-1 @case:flags/frag-is-bit-4 @udp
  Scenario: Bit 4 marks a fragment
    Given a served UDP socket
    When I send the datagram DATA flags=0x10 msg-id=3 frag-id=1 frag-index=0 frag-total=2 'half'
    Then no DATA datagram comes back

  @FLG-2 @case:flags/reserved-bits-sent-as-zero @tcp
  Scenario: The reserved bits of a sent frame are zero
    Given a greeted TCP connection
    When I send, in one write:
      """
      PING flags=0xcc 'p'
      DATA flags=0xcc 'x'
      """
    Then these frames come back, in any order:
      """
      PONG
      DATA 'x'
      """
    And every frame that came back keeps FLG-2

  @FLG-3 @case:flags/reserved-bits-are-ignored @udp
  Scenario: Reserved bits are ignored and the others honoured
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA flags=0x81 msg-id=5 'a'
      DATA flags=0x05 msg-id=6 'b'
      DATA flags=0x09 msg-id=7 'c'
      DATA flags=0x41 msg-id=8 'd'
      """
    Then these datagrams come back, in any order:
      """
      ACK msg-id=5
      ACK msg-id=6
      ACK msg-id=7
      ACK msg-id=8
      DATA 'a'
      DATA 'b'
      DATA 'c'
      DATA 'd'
      """

  @FLG-4 @case:flags/frag-headers-without-the-flag @udp
  Scenario: Without the FRAG flag frag headers are just headers
    Given a served UDP socket
    When I send the datagram DATA REQ_ACK msg-id=7 frag-id=9 frag-index=0 frag-total=2 'app'
    Then these datagrams come back, in any order:
      """
      ACK msg-id=7
      DATA 'app'
      """

  @FLG-5 @UDP-18 @case:flags/frag-without-headers @udp @hostile
  Scenario: A fragment that does not say which is discarded
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA REQ_ACK FRAG msg-id=23 'x'
      DATA REQ_ACK FRAG msg-id=24 frag-id=1 frag-index=0 'x'
      DATA REQ_ACK FRAG msg-id=25 frag-id=2 frag-id=2 frag-index=0 frag-total=1 'x'
      DATA REQ_ACK FRAG msg-id=26 frag-id=256 frag-index=0 frag-total=1 'x'
      DATA REQ_ACK FRAG msg-id=27 frag-id=3 frag-index=00 frag-total=1 'x'
      PING REQ_ACK FRAG msg-id=28 frag-id=4 frag-index=0 frag-total=1 'x'
      """
    Then no datagram comes back

  @FLG-6 @case:flags/frag-over-tcp @tcp @hostile
  Scenario: A fragment over TCP is discarded and the connection goes on
    Given a greeted TCP connection
    When I send, in one write:
      """
      DATA FRAG msg-id=1 frag-id=1 frag-index=0 frag-total=2 'AA'
      DATA FRAG msg-id=1 frag-id=1 frag-index=1 frag-total=2 'BB'
      """
    Then it has not been delivered, and the connection is still in use

  @FLG-7 @case:flags/comp-on-ping @tcp
  Scenario: COMP on anything but DATA is ignored
    Given a greeted TCP connection
    When I send PING COMP 'notgzip'
    Then PONG 'notgzip' comes back

  @FLG-7 @case:flags/comp-on-ping-udp @udp
  Scenario: COMP on anything but DATA is ignored over UDP as well
    Given a served UDP socket
    When I send the datagram PING COMP 'notgzip'
    Then the datagram PONG 'notgzip' comes back
