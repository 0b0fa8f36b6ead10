@client @udp
Feature: UDP clients
  A client over UDP has the duties of a peer: it acknowledges, answers and puts together
  whatever comes while it waits, and what it sends keeps the rules for senders.

  @UDP-1 @FRG-2 @case:client-udp/one-frame-per-datagram
  Scenario: Each datagram of a client holds one frame
    Given a served client over UDP
    When the client sends, one after another:
      """
      DATA 'a'
      DATA key=value 'b'
      DATA
      DATA 1000*'c'
      """
    Then these datagrams arrive, in any order:
      """
      DATA 'a'
      DATA key=value 'b'
      DATA ''
      DATA 1000*'c'
      """
    And every datagram that has arrived by the client's next message keeps FRM-1

  @UDP-17 @case:client-udp/any-destination
  Scenario: A client talks to several peers at a time and tells them apart
    Given a served client over UDP
    And another peer B of the client
    When the client sends to peer B
    And the client sends DATA 'for B'
    Then the datagram DATA 'for B' arrives
    When I send the datagram DATA 'from B'
    Then the client receives DATA 'from B'
    And its source is the peer in use
    When the client sends to peer A
    And I send the datagram DATA 'from A'
    Then the client receives DATA 'from A'
    And its source is the peer in use

  @UDP-4 @case:client-udp/invalid-datagrams-stop-nobody @hostile
  Scenario: Invalid datagrams of every kind leave a client at work
    Given a served client over UDP
    When the client waits for a message
    And I send these datagrams:
      """
      octets 474554202f
      vector frame/version-two
      corrupt DATA 'x'
      corrupt PING 'x'
      0x09 'x'
      vector frame/header-runs-into-payload
      octets 56540103000000ffffffff
      """
    And I send an empty datagram
    And I send the datagram DATA 'good'
    Then the client receives DATA 'good'
    And the client receives nothing but a sentinel

  @UDP-5 @case:client-udp/silence-for-invalid-datagrams @hostile
  Scenario: A client answers no invalid datagram
    Given a served client over UDP
    When the client waits for a message
    And I send these datagrams:
      """
      octets 474554202f
      vector frame/version-two
      corrupt DATA REQ_ACK msg-id=1 'x'
      corrupt PING 'x'
      0x09 REQ_ACK msg-id=2 'x'
      vector frame/header-runs-into-payload
      """
    Then no datagram but the client's next message arrives

  @UDP-2 @case:client-udp/short-datagram-is-discarded @hostile
  Scenario: A client discards a datagram that is shorter than its frame
    Given a served client over UDP
    When I send these datagrams:
      """
      first 30 octets of vector frame/guide-example
      first 15 octets of vector frame/guide-example
      octets 5654010300000000000005637574bd6933b8
      """
    Then the client receives nothing but a sentinel

  # What lies in a receive buffer behind a datagram is the end of an earlier one.
  @UDP-2 @case:client-udp/cut-copy-of-a-datagram @hostile
  Scenario: A client does not complete a datagram that is cut short by the one before it
    Given a served client over UDP
    When I send these datagrams:
      """
      DATA 'one'
      first 16 octets of DATA 'one'
      DATA 'two'
      first 11 octets of DATA 'two'
      DATA 'three'
      first 1 octets of DATA 'three'
      """
    Then the client receives, in this order:
      """
      DATA 'one'
      DATA 'two'
      DATA 'three'
      """
    And the client receives nothing but a sentinel

  @UDP-3 @case:client-udp/long-datagram-is-discarded @hostile
  Scenario: A client discards a datagram with octets after its frame
    Given a served client over UDP
    When I send in one datagram:
      """
      DATA 'x'
      octets 00
      """
    And I send in one datagram:
      """
      DATA 'x'
      DATA 'y'
      """
    Then the client receives nothing but a sentinel

  @UDP-9 @FRG-1 @FRG-6 @case:client-udp/no-datagram-above-1200-octets
  Scenario: No datagram of a client has more than 1,200 octets
    Given a served client over UDP
    When the client sends a DATA of 1200 different octets
    Then it arrives, whole or in fragments
    When the client sends a DATA of 9000 different octets
    Then it arrives, whole or in fragments
    And every datagram that has arrived by the client's next message keeps UDP-9

  @UDP-10 @case:client-udp/datagrams-of-2400-octets
  Scenario: A client accepts datagrams of 2,400 octets
    Given a served client over UDP
    When I send the datagram DATA 2385*'x'
    Then the client receives DATA 2385*'x'

  @UDP-12 @case:client-udp/largest-datagram
  Scenario: A client accepts the largest datagram
    Given a served client over UDP
    When I send the datagram DATA 65492*'x'
    Then the client receives DATA 65492*'x'

  @UDP-16 @case:client-udp/each-message-at-once
  Scenario: A client delivers a message without waiting for another
    Given a served client over UDP
    When I send the datagram DATA 'alone'
    Then the client receives DATA 'alone'
    When I send the datagram DATA FRAG msg-id=9 frag-id=1 frag-index=0 frag-total=2 'half'
    And I send the datagram DATA 'beside half a message'
    Then the client receives DATA 'beside half a message'

  @UDP-14 @case:client-udp/pong-while-it-waits-to-receive
  Scenario: A client that waits to receive answers PING
    Given a served client over UDP
    When the client waits for a message
    And I send the datagram PING 'are you there'
    Then the datagram PONG 'are you there' arrives
    When I send the datagram DATA 'x'
    Then the client receives DATA 'x'

  @UDP-14 @case:client-udp/pong-while-it-waits-for-an-ack
  Scenario: A client that waits for an ACK answers PING
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then transmission 1 arrives
    When I send the datagram PING 'are you there'
    Then the datagram PONG 'are you there' arrives

  @UDP-13 @case:client-udp/pong-without-headers
  Scenario: The PONG of a client has the payload of the PING and no headers
    Given a served client over UDP
    When the client waits for a message
    And I send the datagram PING key=value x'00ff10'
    Then the datagram PONG x'00ff10' only arrives
    And every datagram that has arrived by the client's next message keeps UDP-13

  @UDP-18 @case:client-udp/no-err-for-protocol-faults @hostile
  Scenario: A client sends no ERR for faults of the protocol
    Given a served client over UDP
    When the client waits for a message
    And I send these datagrams:
      """
      0x42 'x'
      HELLO
      WELCOME session-id=1
      BYE
      DATA REQ_ACK 'no msg-id'
      corrupt DATA 'x'
      """
    Then no ERR datagram arrives

  @ERR-7 @case:client-udp/err-is-an-error
  Scenario: A client reports a received ERR as an error
    Given a served client over UDP
    When I send the datagram ERR err-code=12 'no such thing'
    Then the client reports the peer's DeserializationError

  @ERR-3 @case:client-udp/no-answer-to-responses @hostile
  Scenario: A client answers no ERR, ACK or PONG
    Given a served client over UDP
    When the client waits for a message
    And I send these datagrams:
      """
      ACK msg-id=77
      ACK
      PONG 'x'
      """
    Then no datagram but the client's next message arrives

  @FLG-2 @case:client-udp/reserved-bits-are-zero
  Scenario: A client sends reserved bits as zero over UDP
    Given a served client over UDP
    When the client is asked to send DATA flags=0xcc 'x'
    And the client sends a DATA of 3000 different octets
    Then every datagram that has arrived by the client's next message keeps FLG-2

  @FLG-3 @case:client-udp/reserved-bits-are-ignored
  Scenario: A client ignores reserved bits over UDP
    Given a served client over UDP
    When the client waits for a message
    And I send the datagram DATA flags=0xcd msg-id=4 'x'
    Then the datagram ACK msg-id=4 arrives
    And the client receives DATA 'x'

  @FLG-4 @case:client-udp/frag-flag-alone-decides @hostile
  Scenario: A DATA without FRAG is a whole message for a client, whatever its headers
    Given a served client over UDP
    When I send the datagram DATA frag-id=1 frag-index=0 frag-total=2 'whole'
    Then the client receives DATA 'whole'

  @FLG-5 @case:client-udp/bad-fragments-are-discarded @hostile
  Scenario: A client discards fragments whose headers are missing, repeated or malformed
    Given a served client over UDP
    When the client waits for a message
    And I send these datagrams:
      """
      DATA FRAG REQ_ACK msg-id=1 frag-index=0 frag-total=1 'a'
      DATA FRAG REQ_ACK msg-id=2 frag-id=1 frag-index=0 'b'
      DATA FRAG REQ_ACK msg-id=3 frag-id=1 frag-id=1 frag-index=0 frag-total=1 'c'
      DATA FRAG REQ_ACK msg-id=4 frag-id=256 frag-index=0 frag-total=1 'd'
      DATA FRAG REQ_ACK msg-id=5 frag-id=1 frag-index=00 frag-total=1 'e'
      PING FRAG frag-id=1 frag-index=0 frag-total=1 'f'
      """
    Then no datagram but the client's next message arrives
    And the client receives nothing but a sentinel

  @FLG-7 @UDP-14 @case:client-udp/comp-on-other-types-is-ignored @hostile
  Scenario: A client takes the payload of a PING with COMP as it stands
    Given a served client over UDP
    When the client waits for a message
    And I send the datagram PING COMP 'not gzip'
    Then the datagram PONG 'not gzip' arrives

  @TYP-3 @UDP-5 @case:client-udp/unknown-types-are-not-acted-on @hostile
  Scenario: A client takes no notice of types that it does not know over UDP
    Given a served client over UDP
    When the client waits for a message
    And I send these datagrams:
      """
      0x09 REQ_ACK msg-id=1 'x'
      0x42 'x'
      0x13 REQ_ACK msg-id=3 'z'
      0xff REQ_ACK msg-id=2
      """
    Then no datagram but the client's next message arrives
    And the client receives nothing but a sentinel

  @HDR-10 @ACK-16 @ACK-18 @case:client-udp/keys-are-octets
  Scenario: Msg-Id is not msg-id for a client
    Given a served client over UDP
    When the client waits for a message
    And I send the datagram DATA REQ_ACK Msg-Id=5 'x'
    Then no datagram but the client's next message arrives
    When I send the datagram DATA REQ_ACK MSG-ID=5 msg-id=6 'y'
    Then the client receives DATA 'x'
    When the client waits for a message
    Then the datagram ACK msg-id=6 only arrives

  @HDR-9 @FRG-4 @case:client-udp/numbers-are-canonical
  Scenario: A client writes msg-id and the fragment headers as canonical numbers
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then transmission 1 is acknowledged, and none before it
    And the send succeeds
    When the client sends a DATA of 3000 different octets
    Then it arrives, whole or in fragments
    And every datagram that has arrived by the client's next message keeps HDR-9

  @HDR-11 @case:client-udp/protocol-headers-are-not-for-applications
  Scenario: A client refuses or strips the protocol's headers from messages over UDP
    Given a served client over UDP
    When the client is asked to send DATA msg-id=7 'a'
    And the client is asked to send DATA frag-id=1 'b'
    And the client is asked to send DATA frag-index=0 'c'
    And the client is asked to send DATA frag-total=2 'd'
    And the client is asked to send DATA err-code=4 'e'
    And the client is asked to send DATA session-id=1 'f'
    And the client is asked to send DATA frag-id=1 frag-index=0 frag-total=2 'g'
    Then no protocol header arrives in a message

  @SEC-1 @case:client-udp/random-datagrams @hostile
  Scenario: Random datagrams leave a client at work
    Given a served client over UDP
    When the client waits for a message
    And I send 400 random datagrams
    Then the client still receives and sends

  @CMP-11 @case:client-udp/compression-not-offered @hostile @no-compression
  Scenario: A client without compression neither delivers nor acknowledges a compressed message
    Given a served client over UDP
    When the client waits for a message
    And I send the datagram DATA COMP REQ_ACK msg-id=9 x'1f8b08000000000000034b4c4a0600c241243503000000'
    Then no ACK datagram arrives
    And the client receives nothing but a sentinel
