@server @udp
Feature: UDP transport
  One frame to a datagram, no handshake, and silence for everything invalid.

  @UDP-1 @case:udp/one-frame-per-datagram
  Scenario: Each datagram of a server holds one frame
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA REQ_ACK msg-id=1 'a'
      DATA REQ_ACK msg-id=2 'b'
      PING 'p'
      """
    Then these datagrams come back, in any order:
      """
      ACK msg-id=1
      DATA 'a'
      ACK msg-id=2
      DATA 'b'
      PONG
      """

  @UDP-2 @case:udp/short-datagram-is-discarded @hostile
  Scenario: A datagram shorter than its frame is discarded
    Given a served UDP socket
    When I send these datagrams:
      """
      first 30 octets of vector frame/guide-example
      first 15 octets of vector frame/guide-example
      first 10 octets of vector frame/guide-example
      octets 56
      """
    Then no DATA datagram comes back

  @UDP-3 @case:udp/long-datagram-is-discarded @hostile
  Scenario: A datagram with octets after its frame is discarded
    Given a served UDP socket
    When I send in one datagram:
      """
      DATA REQ_ACK msg-id=5 'x'
      octets 4a554e4b
      """
    Then no datagram comes back

  @UDP-3 @case:udp/two-frames-in-a-datagram @hostile
  Scenario: A datagram with two frames is discarded whole
    Given a served UDP socket
    When I send in one datagram:
      """
      DATA REQ_ACK msg-id=5 'x'
      DATA REQ_ACK msg-id=6 'y'
      """
    Then no datagram comes back

  @UDP-4 @case:udp/invalid-datagrams-stop-nobody @hostile
  Scenario: Invalid datagrams of every kind leave everybody served
    Given a served UDP socket
    When I send these datagrams:
      """
      octets 474554202f
      vector frame/version-two
      corrupt DATA 'x'
      0x09 'x'
      vector frame/header-runs-into-payload
      octets 56540103000000ffffffff
      """
    And I send an empty datagram
    Then the socket is still served
    And another source is still served

  @UDP-5 @case:udp/silence-for-what-is-invalid @hostile
  Scenario: Nothing is sent in answer to an invalid datagram
    Given a served UDP socket
    When I send these datagrams:
      """
      octets 58580103000000000000009acd5891
      vector frame/version-two
      octets 56540103000000ffffffff
      corrupt DATA REQ_ACK msg-id=1 'x'
      0x09 REQ_ACK msg-id=2 'x'
      vector frame/header-runs-into-payload
      """
    Then no datagram comes back

  @UDP-6 @case:udp/data-without-hello
  Scenario: DATA from a source that never said HELLO is served
    Given another served UDP socket B
    And a UDP socket
    When I send the datagram DATA 'stranger'
    Then the datagram DATA 'stranger' comes back

  @UDP-7 @case:udp/replies-go-to-the-exact-source
  Scenario: Replies go to the port that asked, and to no other
    Given a served UDP socket
    And another served UDP socket B on the same address
    When I use socket A
    And I send the datagram DATA REQ_ACK msg-id=1 'a'
    Then these datagrams come back, in any order:
      """
      ACK msg-id=1
      DATA 'a'
      """
    When I use socket B
    Then no datagram comes back

  @UDP-7 @case:udp/replies-go-to-the-exact-address
  Scenario: Replies go to the address that asked, and to no other
    Given a served UDP socket
    And another served UDP socket B at another address
    When I use socket A
    And I send the datagram DATA REQ_ACK msg-id=1 'a'
    Then these datagrams come back, in any order:
      """
      ACK msg-id=1
      DATA 'a'
      """
    When I use socket B
    Then no datagram comes back

  @UDP-8 @case:udp/ping-is-answered
  Scenario: PING is answered with PONG
    Given a served UDP socket
    When I send the datagram PING 'p'
    Then the datagram PONG comes back

  @UDP-8 @case:udp/ping-of-1200-octets
  Scenario: PING in a datagram of 1,200 octets is answered
    Given a served UDP socket
    When I send the datagram PING 1185*'p'
    Then the datagram PONG comes back

  @UDP-10 @case:udp/datagrams-of-2400-octets
  Scenario: Datagrams of up to 2,400 octets are accepted
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA REQ_ACK msg-id=1 1448*'x'
      DATA REQ_ACK msg-id=2 2376*'x'
      """
    Then these datagrams come back, in any order:
      """
      ACK msg-id=1
      ACK msg-id=2
      """

  @UDP-11 @case:udp/replies-are-bounded
  Scenario: The protocol's replies are at most three times as long as the request
    Given a served UDP socket
    When I send the datagram HELLO
    Then the replies of the protocol are at most 3 times as long

  @UDP-11 @case:udp/replies-are-bounded-with-ack
  Scenario: ACK and WELCOME for one datagram count together
    Given a served UDP socket
    When I send the datagram HELLO REQ_ACK msg-id=5
    Then the replies of the protocol are at most 3 times as long

  @UDP-12 @case:udp/datagrams-of-65507-octets
  Scenario: Datagrams of up to 65,507 octets are accepted
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA REQ_ACK msg-id=1 2377*'x'
      DATA REQ_ACK msg-id=2 20000*'x'
      DATA REQ_ACK msg-id=3 65483*'x'
      """
    Then these datagrams come back, in any order:
      """
      ACK msg-id=1
      ACK msg-id=2
      ACK msg-id=3
      """

  @UDP-13 @case:udp/pong-repeats-the-payload
  Scenario: A PONG carries the payload of its PING and no headers
    Given a served UDP socket
    When I send these datagrams:
      """
      PING a=1 'one'
      PING x'00ff'
      """
    Then these datagrams come back, in any order:
      """
      PONG 'one' only
      PONG x'00ff' only
      """

  @UDP-15 @case:udp/bye-changes-nothing
  Scenario: BYE over UDP changes nothing
    Given a served UDP socket
    When I send these datagrams:
      """
      BYE
      DATA REQ_ACK msg-id=4 'after'
      """
    Then these datagrams come back, in any order:
      """
      ACK msg-id=4
      DATA 'after'
      """

  @UDP-16 @case:udp/no-order-is-waited-for
  Scenario: A message is delivered whatever the numbers of others
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA msg-id=9 'nine'
      DATA msg-id=3 'three'
      """
    Then these datagrams come back, in any order:
      """
      DATA 'nine'
      DATA 'three'
      """

  @UDP-16 @case:udp/a-slow-answer-holds-nothing-up
  Scenario: An answer that takes its time holds up no other message
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA x-delay-ms=1500 'slow'
      DATA 'fast'
      """
    Then the datagram DATA 'fast' comes back within 1s
    And the datagram DATA 'slow' comes back within 3s

  @UDP-18 @case:udp/no-err-for-faults @hostile
  Scenario: Faults over UDP draw no ERR
    Given a served UDP socket
    When I send these datagrams:
      """
      0x09 msg-id=1 'x'
      WELCOME session-id=1
      DATA COMP REQ_ACK msg-id=31 'notgzip'
      DATA FRAG msg-id=2 'x'
      """
    Then no ERR datagram comes back

  # Acknowledgement

  @ACK-1 @case:udp/ack-when-asked
  Scenario: A DATA that asks for it is acknowledged with its msg-id
    Given a served UDP socket
    When I send the datagram vector frame/data-req-ack
    Then these datagrams come back, in any order:
      """
      ACK msg-id=5
      DATA 'x'
      """

  @ACK-1 @case:udp/one-ack-a-message
  Scenario: One message draws one ACK
    Given a served UDP socket
    When I send the datagram DATA REQ_ACK msg-id=11 'x'
    Then only these datagrams come back, in any order:
      """
      ACK msg-id=11
      DATA 'x'
      """

  @ACK-3 @case:udp/no-ack-unasked
  Scenario: A DATA that does not ask for it is not acknowledged
    Given a served UDP socket
    When I send the datagram DATA msg-id=5 'x'
    Then only these datagrams come back, in any order:
      """
      DATA 'x'
      """

  @ACK-4 @case:udp/no-ack-without-a-valid-msg-id @hostile
  Scenario: A msg-id that is absent or not canonical decimal is not acknowledged
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA REQ_ACK 'none'
      DATA REQ_ACK msg-id=+7 'plus'
      DATA REQ_ACK msg-id=007 'zeros'
      DATA REQ_ACK msg-id=abc 'letters'
      DATA REQ_ACK msg-id=18446744073709551616 'too great'
      DATA REQ_ACK msg-id='' 'empty'
      """
    Then no ACK datagram comes back

  @ACK-5 @case:udp/every-copy-is-acknowledged
  Scenario: Every copy of a message is acknowledged
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA REQ_ACK msg-id=5 'x'
      DATA REQ_ACK msg-id=5 'x'
      DATA REQ_ACK msg-id=5 'x'
      """
    Then these datagrams come back, in any order:
      """
      ACK msg-id=5
      ACK msg-id=5
      ACK msg-id=5
      """

  @ACK-7 @case:udp/no-ack-of-answers
  Scenario: ACK, PONG, WELCOME and ERR are not acknowledged
    Given a served UDP socket
    When I send these datagrams:
      """
      ACK REQ_ACK msg-id=9
      PONG REQ_ACK msg-id=9 'p'
      WELCOME REQ_ACK msg-id=9 session-id=1
      ERR REQ_ACK msg-id=9 err-code=4
      """
    Then no datagram comes back

  @ACK-12 @case:udp/ack-does-not-wait-for-the-application
  Scenario: The ACK does not wait for the application
    Given a served UDP socket
    When I send the datagram DATA REQ_ACK x-delay-ms=1500 msg-id=5 'busy'
    Then the datagram ACK msg-id=5 comes back within 500ms
    And the datagram DATA 'busy' comes back within 3s

  @ACK-15 @case:udp/hello-ping-and-bye-are-acknowledged
  Scenario: HELLO, PING and BYE are acknowledged as DATA is
    Given a served UDP socket
    When I send these datagrams:
      """
      HELLO REQ_ACK msg-id=7
      PING REQ_ACK msg-id=8 'p'
      BYE REQ_ACK msg-id=9
      """
    Then these datagrams come back, in any order:
      """
      ACK msg-id=7
      ACK msg-id=8
      PONG 'p'
      ACK msg-id=9
      """

  @ACK-18 @case:udp/ack-is-bare
  Scenario: An ACK has one header, no flags and no payload
    Given a served UDP socket
    When I send the datagram DATA REQ_ACK a=1 msg-id=5 'x'
    Then the datagram ACK msg-id=5 only comes back
