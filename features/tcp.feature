@server @tcp
Feature: TCP transport
  The life of a connection: greeting, exchange, faults and the end.

  @TCP-1 @SES-2 @case:tcp/hello-is-welcomed
  Scenario: HELLO is answered with WELCOME
    Given a TCP connection
    When I send HELLO
    Then WELCOME comes back
    And nothing but the echo of a sentinel comes back

  @TCP-1 @case:tcp/one-welcome-before-everything-else
  Scenario: One WELCOME comes, ahead of the answers to later frames
    Given a TCP connection
    When I send, in one write:
      """
      HELLO
      PING 'p'
      DATA 'a'
      """
    Then WELCOME comes back
    And these frames come back, in any order:
      """
      DATA 'a'
      PONG
      """
    And nothing but the echo of a sentinel comes back

  @TCP-1 @case:tcp/each-hello-is-welcomed
  Scenario: Each HELLO draws a WELCOME of its own
    Given a TCP connection
    When I send, in one write:
      """
      HELLO
      HELLO
      HELLO
      """
    Then these frames come back, in this order:
      """
      WELCOME
      WELCOME
      WELCOME
      """
    And nothing but the echo of a sentinel comes back

  @TCP-3 @case:tcp/data-before-hello
  Scenario: DATA before HELLO belongs to an implicit session
    Given another greeted TCP connection B
    And a TCP connection
    When I send DATA 'early'
    Then DATA 'early' comes back

  @TCP-4 @case:tcp/client-speaks-first
  Scenario: The server keeps silent until the client has spoken
    Given another greeted TCP connection B
    And a TCP connection
    Then nothing comes back for 500ms
    When I send PING 'p'
    Then PONG comes back

  @TCP-5 @case:tcp/one-octet-at-a-time
  Scenario: Frames that come one octet at a time are the same frames
    Given a greeted TCP connection
    When I send, one octet at a time:
      """
      DATA a=1 'one'
      DATA 'two'
      """
    Then these frames come back, in this order:
      """
      DATA a=1 'one'
      DATA 'two'
      """

  @TCP-5 @case:tcp/many-frames-in-one-write
  Scenario: Many frames in one segment are as many frames
    Given a greeted TCP connection
    When I send 5000 times DATA k=v 'coalesced'
    Then 5000 times DATA k=v 'coalesced' comes back
    And the connection is still in use

  @TCP-5 @case:tcp/cut-across-frames
  Scenario: Segments that end in the middle of a frame make no difference
    Given a greeted TCP connection
    When I send, 7 octets at a time, DATA key=value 100*'payload'
    Then DATA key=value 100*'payload' only comes back

  @TCP-5 @case:tcp/next-frame-begins-in-the-segment
  Scenario: A segment may end a few octets into the next frame
    Given a greeted TCP connection
    When I send, in one write:
      """
      DATA 'whole'
      first 5 octets of vector frame/guide-example
      """
    Then DATA 'whole' only comes back
    When I send octets 0b000000000504057465737476616c756548656c6c6f6dffe407
    Then DATA test=value 'Hello' only comes back

  @TCP-6 @case:tcp/ping-is-answered
  Scenario: Each PING draws one PONG
    Given a greeted TCP connection
    When I send, in one write:
      """
      PING
      PING
      PING
      """
    Then these frames come back, in this order:
      """
      PONG
      PONG
      PONG
      """
    And nothing but the echo of a sentinel comes back

  @TCP-7 @case:tcp/pong-repeats-the-payload
  Scenario: A PONG carries the payload of its PING
    Given a greeted TCP connection
    When I send, in one write:
      """
      PING 'a'
      PING x'00ff'
      PING
      PING 2000*'c'
      """
    Then these frames come back, in this order:
      """
      PONG 'a'
      PONG x'00ff'
      PONG ''
      PONG 2000*'c'
      """

  @TCP-8 @case:tcp/bye-closes
  Scenario: BYE ends the connection
    Given a greeted TCP connection
    When I send BYE
    Then the target closes the connection
    And a new connection is served

  @TCP-9 @case:tcp/bye-after-owed-answers
  Scenario: What came before BYE is answered, what comes after it is ignored
    Given a greeted TCP connection
    When I send, in one write:
      """
      DATA 'before'
      BYE
      DATA 'after'
      """
    Then these frames come back, and then the target closes the connection:
      """
      DATA 'before'
      """
    And a new connection is served

  @TCP-9 @case:tcp/bye-waits-for-a-slow-answer @wait:2500ms
  Scenario: BYE waits for an answer that takes its time
    Given a greeted TCP connection
    When I send, in one write:
      """
      DATA x-delay-ms=2500 'slow'
      BYE
      """
    Then DATA 'slow' comes back within 4s
    And the target closes the connection

  @TCP-11 @case:tcp/half-close-after-owed-answers
  Scenario: A client that only ends its sending direction gets its answers
    Given a greeted TCP connection
    When I send DATA x-delay-ms=300 'owed'
    And I end my sending direction
    Then these frames come back, and then the target closes the connection:
      """
      DATA 'owed'
      """

  @TCP-12 @case:tcp/partial-frame-at-the-end @hostile
  Scenario: A frame that the end of the stream cuts short is discarded
    Given a greeted TCP connection
    When I send first 30 octets of vector frame/guide-example
    And I end my sending direction
    Then no DATA comes back before the target closes the connection
    And a new connection is served

  @TCP-13 @case:tcp/wrong-magic-closes @hostile
  Scenario: Octets that are not VSTP end the connection
    Given a greeted TCP connection
    When I send octets 474554202f20485454502f312e310d0a0d0a
    Then no DATA comes back before the target closes the connection
    And a new connection is served

  @TCP-13 @case:tcp/tls-client-hello-closes @hostile
  Scenario: A TLS ClientHello at a plain listener ends the connection
    Given a greeted TCP connection
    When I send octets 16030100c8010000c40303000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
    Then no DATA comes back before the target closes the connection
    And a new connection is served

  @TCP-13 @case:tcp/wrong-version-closes @hostile
  Scenario: A frame of another version ends the connection
    Given a greeted TCP connection
    When I send vector frame/version-two
    Then no DATA comes back before the target closes the connection
    And a new connection is served

  @TCP-13 @case:tcp/declared-size-closes @hostile
  Scenario: A declared size above the limit ends the connection before the body comes
    Given a greeted TCP connection
    When I send octets 5654010300000010000000
    Then no DATA comes back before the target closes the connection
    And a new connection is served

  @TCP-14 @case:tcp/crc-mismatch-closes @hostile
  Scenario: A CRC mismatch ends the connection
    Given a greeted TCP connection
    When I send corrupt DATA 'x'
    Then no DATA comes back before the target closes the connection
    And a new connection is served

  @TCP-14 @case:tcp/malformed-headers-close @hostile
  Scenario: A malformed header section ends the connection
    Given a greeted TCP connection
    When I send vector frame/header-runs-into-payload
    Then no DATA comes back before the target closes the connection
    And a new connection is served

  @TCP-15 @case:tcp/answers-before-a-fault @hostile
  Scenario: Good frames ahead of a fault are delivered and answered
    Given a greeted TCP connection
    When I send, in one write:
      """
      DATA 'good'
      vector frame/version-two
      DATA 'late'
      """
    Then the only DATA before the target closes is DATA 'good'

  @TCP-15 @case:tcp/slow-answers-before-a-fault @hostile
  Scenario: An answer that takes its time still comes before the close
    Given a greeted TCP connection
    When I send, in one write:
      """
      DATA x-delay-ms=400 'good'
      vector frame/version-two
      """
    Then the only DATA before the target closes is DATA 'good'

  @TCP-16 @case:tcp/err-is-last-crc @hostile
  Scenario: A CRC mismatch is reported in the last frame
    Given a greeted TCP connection
    When I send, in one write:
      """
      DATA x-delay-ms=300 'good'
      corrupt DATA 'bad'
      DATA 'late'
      """
    Then these frames come back, and then the target closes the connection:
      """
      DATA 'good'
      ERR err-code=6
      """

  @TCP-16 @case:tcp/err-is-last-version @hostile
  Scenario: A wrong version is reported in the last frame
    Given a greeted TCP connection
    When I send vector frame/version-two
    Then these frames come back, and then the target closes the connection:
      """
      ERR err-code=3
      """

  @TCP-16 @case:tcp/err-is-last-size @hostile
  Scenario: An excessive size is reported in the last frame
    Given a greeted TCP connection
    When I send octets 5654010300000010000000
    Then these frames come back, and then the target closes the connection:
      """
      ERR err-code=8
      """

  @TCP-16 @case:tcp/err-is-last-headers @hostile
  Scenario: A malformed header section is reported in the last frame
    Given a greeted TCP connection
    When I send vector frame/header-runs-into-payload
    Then these frames come back, and then the target closes the connection:
      """
      ERR err-code=2
      """

  @TCP-17 @case:tcp/magic-judged-on-two-octets @hostile
  Scenario: Two wrong octets are enough to end the connection
    Given a greeted TCP connection
    When I send octets 4745
    Then no DATA comes back before the target closes the connection
    And a new connection is served

  @TCP-18 @case:tcp/stalled-frame @wait:33s @hostile
  Scenario: A frame that makes no progress for 30 s is cut
    Given a greeted TCP connection
    When I send first 12 octets of vector frame/guide-example
    And 31s pass on the target's clock
    Then the target closes the connection
    And a new connection is served

  @TCP-19 @case:tcp/other-connections-survive-a-fault @hostile
  Scenario: A fault on one connection is none on the others
    Given another greeted TCP connection B
    And a greeted TCP connection
    When I send corrupt DATA 'x'
    And I send octets 474554202f20485454502f312e310d0a0d0a
    Then the target closes the connection
    And a new connection is served
    When I use connection B
    Then the connection is still in use

  @TCP-19 @case:tcp/other-connections-survive-a-reset @hostile
  Scenario: A reset in the middle of a frame leaves the others alone
    Given another greeted TCP connection B
    And a greeted TCP connection
    When I send first 12 octets of vector frame/guide-example
    And I reset the connection
    Then a new connection is served
    When I use connection B
    Then the connection is still in use
    And a new connection is served

  @TCP-20 @case:tcp/order-of-data
  Scenario: DATA is delivered in the order in which it was sent
    Given a greeted TCP connection
    When I send 1000 numbered DATA frames
    Then 1000 numbered DATA frames come back in order

  @TCP-22 @case:tcp/delivered-at-the-last-octet
  Scenario: A frame is delivered when its last octet is there
    Given a greeted TCP connection
    When I send DATA
    Then DATA comes back

  @TCP-23 @case:tcp/ping-while-busy
  Scenario: PING is answered while the application is busy
    Given a greeted TCP connection
    When I send, in one write:
      """
      DATA x-delay-ms=1500 'busy'
      PING 'p'
      """
    Then PONG 'p' comes back within 1s
    And DATA 'busy' comes back within 3s

  @TCP-28 @case:tcp/version-judged-on-three-octets @hostile
  Scenario: An unsupported VERSION is enough to end the connection
    Given a greeted TCP connection
    When I send octets 565402
    Then no DATA comes back before the target closes the connection
    And a new connection is served

  @TCP-29 @case:tcp/err-survives-unread-input @hostile
  Scenario: The ERR that ends a connection is not destroyed by what the client still sends
    Given a greeted TCP connection
    When I send a frame that declares 10000000 octets, and 300000 octets of its body
    Then the last frame before the target closes is ERR err-code=8
    And the target still takes what is sent

  @TCP-30 @case:tcp/idle-is-legal @wait:32s
  Scenario: A connection that is idle between frames stays open
    Given a greeted TCP connection
    When 32s pass on the target's clock
    Then the connection is still in use

  # Acknowledgement over TCP

  @ACK-13 @case:tcp/ack-when-asked
  Scenario: A DATA that asks for it is acknowledged
    Given a greeted TCP connection
    When I send DATA REQ_ACK msg-id=5 'x'
    Then these frames come back, in any order:
      """
      ACK msg-id=5
      DATA 'x'
      """

  @ACK-14 @case:tcp/ack-before-the-answer
  Scenario: The acknowledgement comes before the answer
    Given a greeted TCP connection
    When I send DATA REQ_ACK msg-id=5 'x'
    Then any ACK that comes back comes before DATA 'x'

  @ACK-3 @case:tcp/no-ack-unasked
  Scenario: A DATA that does not ask for it is not acknowledged
    Given a greeted TCP connection
    When I send DATA msg-id=5 'x'
    Then DATA 'x' comes back
    And nothing but the echo of a sentinel comes back

  @ACK-7 @case:tcp/no-answer-to-answers
  Scenario: ERR, ACK and PONG draw nothing
    Given a greeted TCP connection
    When I send, in one write:
      """
      ERR REQ_ACK msg-id=9 err-code=4 'unknown'
      ACK REQ_ACK msg-id=9
      PONG REQ_ACK msg-id=9 'p'
      """
    Then nothing but the echo of a sentinel comes back

  # What a server sends, whatever it is about

  @TYP-2 @TYP-4 @ERR-5 @case:tcp/types-of-the-registry-only
  Scenario: A server sends no type that nobody knows
    Given a greeted TCP connection
    When I send, in one write:
      """
      HELLO
      PING 'p'
      0x09 'x'
      0xff 'x'
      WELCOME session-id=1
      """
    Then the connection is still in use
    And every frame that came back keeps TYP-2

  @FLG-8 @case:tcp/comp-on-data-only
  Scenario: A server sets COMP on DATA only
    Given a greeted TCP connection
    When I send, in one write:
      """
      HELLO COMP
      PING COMP 2000*'x'
      0x09 COMP 2000*'x'
      """
    Then the connection is still in use
    And every frame that came back keeps FLG-8

  @PRI-4 @TCP-20 @case:tcp/answers-stay-in-order
  Scenario: The DATA of a server stay in order, whatever their length
    Given a greeted TCP connection
    When I send, in one write:
      """
      DATA x-reply-size=300000 '1'
      DATA '2'
      PING 'p'
      DATA x-reply-size=70000 '3'
      DATA '4'
      """
    Then the DATA that come back are these, in this order:
      """
      DATA x-reply-size=300000 300000*'x'
      DATA '2'
      DATA x-reply-size=70000 70000*'x'
      DATA '4'
      """

  @PRI-3 @TCP-14 @TCP-15 @TCP-16 @PRI-4 @case:tcp/last-err-overtakes-nothing @hostile
  Scenario: The ERR that ends a connection overtakes no answer
    Given a greeted TCP connection
    When I send, in one write:
      """
      DATA x-reply-size=300000 '1'
      DATA '2'
      corrupt DATA '3'
      """
    Then any ERR comes back behind these, the last before the target closes:
      """
      DATA x-reply-size=300000 300000*'x'
      DATA '2'
      """

  @TCP-21 @case:tcp/answers-do-not-mix
  Scenario: Answers and responses that are sent at the same time do not mix
    Given a greeted TCP connection
    When I send 30 times, with a PING behind each, DATA x-reply-size=50000 'x'
    Then 30 answers of 50000 octets and 30 PONG come back whole

  @FRG-16 @case:tcp/no-frag-over-tcp
  Scenario: A server sets FRAG on no frame over TCP
    Given a greeted TCP connection
    When I send DATA x-reply-size=100000 'x'
    Then no frame with FRAG comes back before the echo of a sentinel
    When I send, in one write:
      """
      PING 'p'
      WELCOME session-id=1
      """
    Then no frame with FRAG comes back before the echo of a sentinel
