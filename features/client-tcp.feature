@client @tcp
Feature: TCP clients
  A client greets before it sends, delivers what it receives in order, answers while it
  waits, and ends a connection properly, whoever ends it.

  @TCP-2 @case:client-tcp/hello-before-data
  Scenario: HELLO comes before the first DATA
    Given a client connected over TCP
    When the client sends DATA 'x'
    Then HELLO arrives before any DATA

  @TCP-27 @case:client-tcp/does-not-wait-for-welcome
  Scenario: The first DATA does not wait for a WELCOME
    Given a client connected over TCP
    When the client sends DATA 'x'
    Then a DATA arrives within 1s, after HELLO or without

  @FRM-1 @case:client-tcp/frames-are-whole
  Scenario: What a client sends is frames, one behind the other
    Given a greeted client over TCP
    When the client sends, one after another:
      """
      DATA 'a'
      DATA key=value key=again ''=x 'b'
      DATA
      DATA 70000*'c'
      """
    Then these frames arrive, in this order:
      """
      DATA 'a'
      DATA key=value key=again ''=x 'b'
      DATA ''
      DATA 70000*'c'
      """

  @PRI-4 @case:client-tcp/data-stays-in-order
  Scenario: The DATA of a client stay in order
    Given a greeted client over TCP
    When the client sends, one after another:
      """
      DATA '1'
      DATA 200000*'2'
      DATA '3'
      DATA 70000*'4'
      DATA '5'
      """
    Then these frames arrive, in this order:
      """
      DATA '1'
      DATA 200000*'2'
      DATA '3'
      DATA 70000*'4'
      DATA '5'
      """

  @PRI-3 @TCP-10 @case:client-tcp/bye-does-not-overtake
  Scenario: BYE does not overtake what was sent before it
    Given a greeted client over TCP
    When the client sends, one after another:
      """
      DATA 300000*'a'
      DATA 'b'
      """
    And the client closes the connection
    Then these frames arrive, and then the client closes the connection:
      """
      DATA 300000*'a'
      DATA 'b'
      BYE
      """
    And closing succeeds

  @TCP-10 @case:client-tcp/bye-before-the-end
  Scenario: A client that ends a connection says BYE
    Given a greeted client over TCP
    When the client closes the connection
    Then the last frame before the client closes the connection is BYE
    And closing succeeds

  @TCP-21 @case:client-tcp/concurrent-sends-do-not-mix
  Scenario: Messages that are sent at the same time do not mix
    Given a greeted client over TCP
    When the client sends 40 messages of 30000 octets at the same time
    Then all 40 of them arrive whole

  @TCP-31 @case:client-tcp/receive-does-not-hold-up-send
  Scenario: A receive that waits does not hold up a send
    Given a greeted client over TCP
    When the client waits for a message
    And the client sends DATA 'meanwhile'
    Then DATA 'meanwhile' arrives
    When I send DATA 'at last'
    Then the client receives DATA 'at last'

  @TCP-20 @case:client-tcp/received-in-order
  Scenario: A client receives messages in the order in which they were sent
    Given a greeted client over TCP
    When I send, in one write:
      """
      DATA '1'
      DATA 100000*'2'
      DATA '3'
      DATA
      DATA '5'
      """
    Then the client receives, in this order:
      """
      DATA '1'
      DATA 100000*'2'
      DATA '3'
      DATA ''
      DATA '5'
      """

  @TCP-5 @case:client-tcp/one-octet-at-a-time
  Scenario: A client understands a stream however it is cut
    Given a greeted client over TCP
    When I send, one octet at a time:
      """
      WELCOME session-id=7
      DATA key=value 'abc'
      PONG 'x'
      DATA 'def'
      """
    Then the client receives, in this order:
      """
      DATA key=value 'abc'
      DATA 'def'
      """

  @TCP-22 @case:client-tcp/delivered-at-once
  Scenario: A client delivers a frame as soon as it is whole
    Given a greeted client over TCP
    When I send, in one write:
      """
      DATA 'whole'
      first 20 octets of DATA 'not yet, not yet'
      """
    Then the client receives DATA 'whole'

  @FRM-6 @case:client-tcp/magic-in-a-payload
  Scenario: MAGIC in a payload starts no frame for a client
    Given a greeted client over TCP
    When I send, in one write:
      """
      DATA x'565401030000000000000056540103'
      DATA 'next'
      """
    Then the client receives, in this order:
      """
      DATA x'565401030000000000000056540103'
      DATA 'next'
      """

  @HDR-8 @case:client-tcp/longest-header-section
  Scenario: A client accepts a header section of 65,535 octets
    Given a greeted client over TCP
    When I send a DATA whose header section fills 65535 octets
    Then the client receives these headers

  @HDR-5 @case:client-tcp/repeated-headers
  Scenario: A client delivers headers in order, repeated ones included
    Given a greeted client over TCP
    When I send DATA a=1 b=2 a=3 ''='' a=1 'x'
    Then the client receives DATA a=1 b=2 a=3 ''='' a=1 'x'

  @TCP-7 @case:client-tcp/pong-has-the-payload
  Scenario: The PONG of a client has the payload of the PING
    Given a greeted client over TCP
    When the client waits for a message
    And I send PING key=value x'00ff7f'
    Then PONG x'00ff7f' arrives

  @TCP-24 @case:client-tcp/pong-while-it-waits
  Scenario: A client that waits to receive answers PING
    Given a greeted client over TCP
    When the client waits for a message
    And I send, in one write:
      """
      PING 'one'
      PING
      PING 70000*'x'
      """
    Then these frames arrive, in this order:
      """
      PONG 'one'
      PONG ''
      PONG 70000*'x'
      """
    When I send DATA 'x'
    Then the client receives DATA 'x'

  @ERR-8 @case:client-tcp/hello-to-a-client @hostile
  Scenario: A client answers HELLO with ERR 13 and carries on
    Given a greeted client over TCP
    When the client waits for a message
    And I send HELLO
    Then ERR err-code=13 arrives
    When I send DATA 'x'
    Then the client receives DATA 'x'
    And nothing but the client's next message arrives

  @TYP-4 @case:client-tcp/unknown-type @hostile
  Scenario: A client answers a type that it does not know with ERR 4 and carries on
    Given a greeted client over TCP
    When the client waits for a message
    And I send 0x09 'x'
    Then ERR err-code=4 arrives
    When I send DATA 'x'
    Then the client receives DATA 'x'

  @TYP-3 @case:client-tcp/unknown-types-are-not-acted-on @hostile
  Scenario: A client delivers and acknowledges nothing of a type that it does not know
    Given a greeted client over TCP
    When the client waits for a message
    And I send, in one write:
      """
      0x09 REQ_ACK msg-id=1 'x'
      0x42 'y'
      0x13 REQ_ACK msg-id=2 'z'
      """
    Then the client receives nothing but a sentinel
    And no ACK arrives before the client's next message

  @ERR-1 @case:client-tcp/err-has-a-code @hostile
  Scenario: The ERR of a client has its code
    Given a greeted client over TCP
    When the client waits for a message
    And I send 0x09 'x'
    Then ERR err-code=4 arrives
    And every frame that has arrived by the client's next message keeps ERR-1

  @ERR-2 @case:client-tcp/err-text @hostile
  Scenario: The text of a client's ERR is short and repeats nothing
    Given a greeted client over TCP
    When the client waits for a message
    And I send 0x09 3000*'secret'
    Then ERR arrives
    And every frame that has arrived by the client's next message keeps ERR-2

  @ERR-3 @case:client-tcp/no-answer-to-responses @hostile
  Scenario: A client answers no ERR, ACK or PONG
    Given a greeted client over TCP
    When the client waits for a message
    And I send, in one write:
      """
      ACK msg-id=5
      PONG 'x'
      ACK
      """
    Then nothing but the client's next message arrives

  @ERR-4 @case:client-tcp/err-ends-nothing
  Scenario: An ERR does not end the connection of a client
    Given a greeted client over TCP
    When I send ERR err-code=15 'sorry'
    Then the client reports the peer's ServerError
    And nothing but the client's next message arrives
    When I send DATA 'x'
    Then the client receives DATA 'x'

  @ERR-7 @case:client-tcp/err-is-an-error
  Scenario: A client reports an ERR by its code, in its place
    Given a greeted client over TCP
    When I send, in one write:
      """
      DATA 'before'
      ERR err-code=4 'text'
      ERR err-code=16
      ERR 'no code'
      ERR err-code=x
      DATA 'after'
      """
    Then the client receives DATA 'before'
    And the client reports the peer's InvalidFrameType
    And the client reports the peer's RateLimited
    And the client reports the peer's ServerError
    And the client reports the peer's ServerError
    And the client receives DATA 'after'

  @FLG-2 @case:client-tcp/reserved-bits-are-zero
  Scenario: A client sends reserved bits as zero
    Given a greeted client over TCP
    When the client is asked to send DATA flags=0xcc 'x'
    Then every frame that has arrived by the client's next message keeps FLG-2

  @FLG-3 @case:client-tcp/reserved-bits-are-ignored
  Scenario: A client ignores reserved bits
    Given a greeted client over TCP
    When I send DATA flags=0xcc 'x'
    Then the client receives DATA 'x'

  @FLG-6 @case:client-tcp/frag-over-tcp @hostile
  Scenario: A client discards a frame with FRAG and carries on
    Given a greeted client over TCP
    When I send DATA FRAG msg-id=1 frag-id=1 frag-index=0 frag-total=1 'x'
    Then the client receives nothing but a sentinel
    And the client still receives and sends

  @FLG-7 @TCP-24 @case:client-tcp/comp-on-other-types-is-ignored @hostile
  Scenario: A client takes the payload of a PING with COMP as it stands
    Given a greeted client over TCP
    When the client waits for a message
    And I send PING COMP 'not gzip'
    Then PONG 'not gzip' arrives

  @FLG-8 @case:client-tcp/no-comp-on-other-types @hostile
  Scenario: A client sets COMP on DATA only
    Given a greeted client over TCP
    When the client is asked to send PING COMP 2000*'x'
    And the client waits for a message
    And I send, in one write:
      """
      PING COMP 2000*'x'
      0x09 COMP 2000*'x'
      """
    Then every frame that has arrived by the client's next message keeps FLG-8

  @FRG-16 @case:client-tcp/no-frag-over-tcp
  Scenario: A client sets FRAG on no frame over TCP
    Given a greeted client over TCP
    When the client is asked to send DATA FRAG 'x'
    And the client sends DATA 100000*'x'
    Then no frame with FRAG has arrived by the client's next message

  @TYP-2 @case:client-tcp/types-of-the-registry-only
  Scenario: A client sends no type that nobody knows
    Given a greeted client over TCP
    When the client is asked to send 0x09 'x'
    And the client is asked to send 0x00 'x'
    And the client is asked to send 0xff 'x'
    Then every frame that has arrived by the client's next message keeps TYP-2

  @HDR-2 @case:client-tcp/long-headers-are-refused
  Scenario: A client refuses keys and values of more than 255 octets
    Given a greeted client over TCP
    When the client is asked to send DATA key=256*'v' 'x'
    Then it is refused
    When the client is asked to send DATA 256*'k'=value 'x'
    Then it is refused
    And nothing but the client's next message arrives

  @FRM-8 @case:client-tcp/long-header-sections-are-refused
  Scenario: A client refuses a header section of more than 65,535 octets
    Given a greeted client over TCP
    When the client is asked to send a DATA with a header section of 65536 octets
    Then it is refused
    And nothing but the client's next message arrives

  @LIM-4 @case:client-tcp/large-frames-are-refused
  Scenario: A client refuses a frame above its limit
    Given a greeted client over TCP
    When the client is asked to send DATA 8388594*'x'
    Then it is refused
    And nothing but the client's next message arrives

  @HDR-9 @TYP-4 @case:client-tcp/numbers-are-canonical @hostile
  Scenario: A client writes msg-id and err-code as canonical numbers
    Given a greeted client over TCP
    When the client sends with acknowledgement DATA 'x'
    Then DATA REQ_ACK 'x' arrives
    When I acknowledge the last DATA
    Then the send succeeds
    When the client waits for a message
    And I send 0x09 'x'
    Then ERR arrives
    And every frame that has arrived by the client's next message keeps HDR-9

  @HDR-10 @ERR-7 @case:client-tcp/keys-are-octets
  Scenario: Err-Code is not err-code for a client
    Given a greeted client over TCP
    When I send ERR Err-Code=4 err-code=16
    Then the client reports the peer's RateLimited

  @HDR-11 @case:client-tcp/protocol-headers-are-not-for-applications
  Scenario: A client refuses or strips the protocol's headers from messages
    Given a greeted client over TCP
    When the client is asked to send DATA msg-id=7 'a'
    And the client is asked to send DATA frag-id=1 'b'
    And the client is asked to send DATA frag-index=0 'c'
    And the client is asked to send DATA frag-total=2 'd'
    And the client is asked to send DATA err-code=4 'e'
    And the client is asked to send DATA session-id=1 'f'
    And the client is asked to send DATA frag-id=1 frag-index=0 frag-total=2 'g'
    Then no protocol header arrives in a message over TCP

  @ACK-7 @case:client-tcp/acknowledges-no-responses @hostile
  Scenario: A client acknowledges no ACK, PONG, WELCOME or ERR over TCP
    Given a greeted client over TCP
    When the client waits for a message
    And I send, in one write:
      """
      ACK REQ_ACK msg-id=1
      PONG REQ_ACK msg-id=2
      WELCOME REQ_ACK msg-id=3 session-id=1
      """
    Then no ACK arrives before the client's next message

  @TCP-25 @case:client-tcp/bye-from-the-server
  Scenario: A client that receives BYE closes within 2 s
    Given a greeted client over TCP
    When I send DATA 'ahead'
    Then the client receives DATA 'ahead'
    When the client waits for a message
    And I send BYE
    Then the client has closed the connection

  @TCP-9 @TCP-25 @case:client-tcp/nothing-after-bye @hostile
  Scenario: A client pays what it owes before a BYE and takes no notice of what follows it
    Given a greeted client over TCP
    When the client waits for a message
    And I send, in one write:
      """
      PING 'owed'
      BYE
      DATA 'after'
      PING 'not owed'
      """
    Then these frames arrive, and then the client closes the connection:
      """
      PONG 'owed'
      """
    And the client reports ConnectionClosed

  @TCP-26 @case:client-tcp/messages-before-connection-closed
  Scenario: A client hands over all messages before it reports the end of the stream
    Given a greeted client over TCP
    When I send, in one write:
      """
      DATA '1'
      DATA 100000*'2'
      DATA '3'
      """
    And I end my sending direction
    Then the client receives, in this order:
      """
      DATA '1'
      DATA 100000*'2'
      DATA '3'
      """
    And the client reports ConnectionClosed
    And the client reports ConnectionClosed

  @TCP-12 @TCP-26 @case:client-tcp/cut-frame-is-discarded @hostile
  Scenario: A client discards a frame that the end of the stream cuts short
    Given a greeted client over TCP
    When I send, in one write:
      """
      DATA 'whole'
      first 20 octets of DATA 'cut short by the end'
      """
    And I end my sending direction
    Then the client receives DATA 'whole'
    And the client reports ConnectionClosed

  @TCP-13 @case:client-tcp/fatal-faults-end-the-connection @hostile
  Scenario: A client closes on a wrong MAGIC and delivers nothing further
    Given a greeted client over TCP
    When the client waits for a message
    And I send, in one write:
      """
      octets 4745540000000000000000000000000000
      DATA 'after'
      """
    Then the client has closed the connection
    And the client reports InvalidMagic
    And the client reports ConnectionClosed

  @TCP-13 @case:client-tcp/version-two @hostile
  Scenario: A client closes on a VERSION that it does not support
    Given a greeted client over TCP
    When the client waits for a message
    And I send, in one write:
      """
      vector frame/version-two
      DATA 'after'
      """
    Then the client has closed the connection
    And the client reports InvalidVersion

  @TCP-13 @case:client-tcp/declared-too-large @hostile
  Scenario: A client closes on a frame above its limit without waiting for the rest
    Given a greeted client over TCP
    When the client waits for a message
    And I send octets 5654010300000000800000
    Then the client has closed the connection
    And the client reports FrameTooLarge

  @TCP-14 @case:client-tcp/crc-mismatch @hostile
  Scenario: A client closes after a frame whose CRC32 does not match
    Given a greeted client over TCP
    When the client waits for a message
    And I send, in one write:
      """
      corrupt DATA 'x'
      DATA 'after'
      """
    Then the client has closed the connection
    And the client reports CrcMismatch
    And the client reports ConnectionClosed

  @TCP-14 @case:client-tcp/malformed-headers @hostile
  Scenario: A client closes after a frame whose header section is malformed
    Given a greeted client over TCP
    When the client waits for a message
    And I send vector frame/header-runs-into-payload
    Then the client has closed the connection
    And the client reports Protocol

  @TCP-15 @case:client-tcp/frames-before-the-fault @hostile
  Scenario: A client delivers and answers what came ahead of a fault
    Given a greeted client over TCP
    When I send, in one write:
      """
      DATA '1'
      DATA '2'
      octets 474554202f
      """
    Then the client receives, in this order:
      """
      DATA '1'
      DATA '2'
      """
    And the client reports InvalidMagic

  @TCP-16 @case:client-tcp/err-before-it-closes @hostile
  Scenario: A client says why before it closes
    Given a greeted client over TCP
    When the client waits for a message
    And I send corrupt DATA 'x'
    Then the last frame before the client closes the connection is ERR err-code=6

  @TCP-17 @case:client-tcp/two-octets-of-a-wrong-magic @hostile
  Scenario: A client closes once two octets show a wrong MAGIC
    Given a greeted client over TCP
    When I send DATA 'ahead'
    Then the client receives DATA 'ahead'
    When the client waits for a message
    And I send octets 4745
    Then the client has closed the connection

  @TCP-28 @case:client-tcp/three-octets-of-a-wrong-version @hostile
  Scenario: A client closes once three octets show a wrong VERSION
    Given a greeted client over TCP
    When I send DATA 'ahead'
    Then the client receives DATA 'ahead'
    When the client waits for a message
    And I send octets 565402
    Then the client has closed the connection

  @FRM-9 @CRC-5 @TCP-16 @ERR-1 @case:client-tcp/first-fault-counts @hostile
  Scenario: Of several faults a client reports the first in the order of the checks
    Given a greeted client over TCP
    When the client waits for a message
    And I send corrupt 0x09 'x'
    Then the last frame before the client closes the connection is ERR err-code=6
    And the client reports CrcMismatch

  @SEC-1 @case:client-tcp/random-octets @hostile
  Scenario: Random octets end a connection and not the client
    Given a greeted client over TCP
    When the client waits for a message
    And I send 2000 random octets
    Then a new connection of the client works
    And the client still receives and sends

  # Compression that is not offered

  @CMP-11 @case:client-tcp/compression-not-offered @hostile @no-compression
  Scenario: A client without compression does not deliver a compressed message
    Given a greeted client over TCP
    When I send DATA 'ahead'
    Then the client receives DATA 'ahead'
    When I send DATA COMP x'1f8b08000000000000034b4c4a0600c241243503000000'
    Then the client receives no message

  @ERR-9 @case:client-tcp/msg-id-is-repeated @hostile @no-compression
  Scenario: The ERR of a client that answers a DATA names its msg-id
    Given a greeted client over TCP
    When the client waits for a message
    And I send DATA COMP msg-id=7 'notgzip'
    Then at most one ERR arrives, and it is ERR msg-id=7
