@server @udp
Feature: UDP transport
  One frame to a datagram, no handshake, and silence for everything invalid.

  @UDP-1 @FRG-2 @case:udp/one-frame-per-datagram
  Scenario: Each datagram of a server holds one frame
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA REQ_ACK msg-id=1 'a'
      DATA REQ_ACK msg-id=2 'b'
      PING REQ_ACK msg-id=3 'p'
      DATA 1000*'c'
      """
    Then these datagrams come back, in any order:
      """
      ACK msg-id=1
      DATA 'a'
      ACK msg-id=2
      DATA 'b'
      PONG
      DATA 1000*'c'
      """

  @UDP-2 @case:udp/short-datagram-is-discarded @hostile
  Scenario: A datagram shorter than its frame is discarded
    Given a served UDP socket
    When I send these datagrams:
      """
      first 30 octets of vector frame/guide-example
      first 27 octets of vector frame/guide-example
      first 15 octets of vector frame/guide-example
      first 10 octets of vector frame/guide-example
      octets 56
      """
    Then no DATA datagram comes back

  # What lies in a receive buffer behind a datagram is the end of an earlier one.
  @UDP-2 @UDP-4 @case:udp/cut-copy-of-a-datagram @hostile
  Scenario: A datagram that is cut short is not completed by the one before it
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA 'one'
      first 16 octets of DATA 'one'
      DATA 'two'
      first 11 octets of DATA 'two'
      DATA 'three'
      first 1 octets of DATA 'three'
      """
    And I send an empty datagram
    Then only these datagrams come back, in any order:
      """
      DATA 'one'
      DATA 'two'
      DATA 'three'
      """

  # PAY_LEN is 5; the payload has 3 octets, and CRC32 is that of the octets sent.
  @UDP-2 @case:udp/short-payload-with-its-own-crc @hostile
  Scenario: PAY_LEN counts even where CRC32 fits the end of a shorter datagram
    Given a served UDP socket
    When I send these datagrams:
      """
      octets 5654010300000000000005637574bd6933b8
      octets 565401030109000000000506016d73672d696435637574dabae75b
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
    And I send in one datagram:
      """
      DATA REQ_ACK msg-id=6 'zeros'
      octets 0000000000000000
      """
    And I send in one datagram:
      """
      DATA REQ_ACK msg-id=7 'line'
      octets 0a
      """
    Then no datagram comes back

  # PAY_LEN is 5; the payload has 6 octets, and CRC32 is that of the octets sent.
  @UDP-3 @UDP-5 @case:udp/long-payload-with-its-own-crc @hostile
  Scenario: PAY_LEN counts even where CRC32 fits the end of a longer datagram
    Given a served UDP socket
    When I send the datagram octets 565401030109000000000506016d73672d6964356c6f6e676572aa98ff7a
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
      corrupt PING 'x'
      0x09 'x'
      0xff 65000*'x'
      vector frame/header-runs-into-payload
      vector frame/header-section-one-octet
      octets 56540103000000ffffffff
      octets 56
      first 4 octets of DATA 'x'
      first 11 octets of DATA 'x'
      first 15 octets of DATA 'x'
      """
    And I send in one datagram:
      """
      DATA 'x'
      DATA 'y'
      """
    And I send an empty datagram
    Then the socket is still served
    And another source is still served

  @UDP-4 @case:udp/many-invalid-datagrams @hostile
  Scenario: A source is served however many invalid datagrams it has sent
    Given a served UDP socket
    When I send 100 times the datagram corrupt DATA REQ_ACK msg-id=1 'x'
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
    Given another UDP socket B that says HELLO and is served
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
    When I send the datagram DATA REQ_ACK msg-id=2 'b'
    Then these datagrams come back, in any order:
      """
      ACK msg-id=2
      DATA 'b'
      """
    When I use socket A
    Then no datagram comes back

  @UDP-7 @case:udp/late-replies-go-to-the-exact-source
  Scenario: A reply goes to the port that asked, whoever has asked since
    Given a served UDP socket
    And another served UDP socket B on the same address
    When I use socket A
    And I send the datagram DATA x-delay-ms=300 'late'
    And I use socket B
    And I send the datagram DATA 'meanwhile'
    Then the datagram DATA 'meanwhile' comes back
    When I use socket A
    Then the datagram DATA 'late' comes back within 2s
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
    When I send these datagrams:
      """
      PING 'p'
      PING
      PING a=1 msg-id=5 'q'
      """
    Then these datagrams come back, in any order:
      """
      PONG
      PONG
      PONG
      """

  @UDP-8 @case:udp/ping-of-1200-octets
  Scenario: PING in a datagram of 1,200 octets is answered
    Given a served UDP socket
    When I send the datagram PING 1185*'p'
    Then the datagram PONG comes back

  # The answer carries x-reply-size and takes 33 octets beside its payload.
  @UDP-9 @FRG-1 @FRG-6 @case:udp/no-datagram-above-1200-octets
  Scenario: No datagram of a server exceeds 1,200 octets
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA x-reply-size=1167 'fits'
      DATA x-reply-size=1168 'one too many'
      DATA x-reply-size=1200 'with its headers too long'
      DATA x-reply-size=1400 'too long'
      DATA 2000*'x'
      """
    Then no datagram that breaks UDP-9 comes back

  @UDP-9 @case:udp/no-pong-above-1200-octets
  Scenario: A PING that would need a PONG above 1,200 octets draws none
    Given a served UDP socket
    When I send these datagrams:
      """
      PING 1186*'p'
      PING 5000*'p'
      """
    Then no datagram that breaks UDP-9 comes back

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

  @UDP-11 @case:udp/replies-to-ping-are-bounded
  Scenario: ACK and PONG for one PING count together
    Given a served UDP socket
    When I send the datagram PING REQ_ACK msg-id=18446744073709551615 1141*'p'
    Then the replies of the protocol are at most 3 times as long

  @UDP-11 @case:udp/replies-to-a-short-ping-are-bounded
  Scenario: The PONG for the shortest PING is at most three times as long
    Given a served UDP socket
    When I send the datagram PING
    Then the replies of the protocol are at most 3 times as long

  @UDP-11 @case:udp/acks-are-bounded
  Scenario: What acknowledges a message is at most three times as long
    Given a served UDP socket
    When I send the datagram DATA REQ_ACK msg-id=5
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
      PING a=1 msg-id=5 'one'
      PING x'6100ff'
      PING 1185*'p'
      PING
      """
    Then these datagrams come back, in any order:
      """
      PONG 'one'
      PONG x'6100ff'
      PONG 1185*'p'
      PONG ''
      """
    And every frame that came back keeps UDP-13

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

  @UDP-15 @case:udp/bye-stops-no-answer
  Scenario: BYE over UDP leaves the messages before it alone
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA x-delay-ms=300 'before'
      BYE
      """
    Then the datagram DATA 'before' comes back within 2s

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
      corrupt DATA 'x'
      vector frame/version-two
      vector frame/header-runs-into-payload
      """
    Then no datagram that breaks UDP-18 comes back

  @UDP-18 @case:udp/no-err-for-answers-too-long
  Scenario: An answer that cannot be sent over UDP draws no ERR
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA msg-id=1 x-reply-size=1200 'long'
      DATA msg-id=2 x-reply-size=400000 'too long for any number of fragments'
      PING 1186*'p'
      """
    Then no datagram that breaks UDP-18 comes back

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

  @ACK-1 @case:udp/ack-of-every-msg-id
  Scenario: A message is acknowledged whatever its msg-id and payload
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA REQ_ACK msg-id=0 'zero'
      DATA REQ_ACK msg-id=4294967296 '2^32'
      DATA REQ_ACK msg-id=9223372036854775808 '2^63'
      DATA REQ_ACK msg-id=18446744073709551615 '2^64 - 1'
      DATA REQ_ACK msg-id=6
      DATA REQ_ACK a=1 msg-id=7 b=2 'among others'
      """
    Then these datagrams come back, in any order:
      """
      ACK msg-id=0
      ACK msg-id=4294967296
      ACK msg-id=9223372036854775808
      ACK msg-id=18446744073709551615
      ACK msg-id=6
      ACK msg-id=7
      """

  @ACK-2 @case:udp/no-ack-of-a-single-fragment
  Scenario: A fragment whose message is not complete is not acknowledged
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA FRAG REQ_ACK msg-id=5 frag-id=1 frag-index=0 frag-total=2 'first'
      DATA FRAG REQ_ACK msg-id=6 frag-id=2 frag-index=1 frag-total=2 'last'
      """
    Then no ACK datagram comes back

  @ACK-3 @case:udp/no-ack-unasked
  Scenario: A DATA that does not ask for it is not acknowledged
    Given a served UDP socket
    When I send the datagram DATA msg-id=5 'x'
    Then only these datagrams come back, in any order:
      """
      DATA 'x'
      """

  @ACK-3 @case:udp/no-ack-of-other-types-unasked
  Scenario: HELLO, PING and BYE that do not ask for it are not acknowledged
    Given a served UDP socket
    When I send these datagrams:
      """
      HELLO msg-id=6
      PING msg-id=7 'p'
      BYE msg-id=8
      """
    Then no ACK datagram comes back

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
      DATA REQ_ACK msg-id=-0 'minus'
      DATA REQ_ACK msg-id=' 7' 'space'
      DATA REQ_ACK msg-id=x'370a' 'line'
      DATA REQ_ACK msg-id=0x7 'hexadecimal'
      DATA REQ_ACK msg-id=7.0 'point'
      DATA REQ_ACK msg-id=99999999999999999999 'twenty nines'
      DATA REQ_ACK msg-id=36893488147419103239 'seven modulo 2^64'
      """
    Then no ACK datagram comes back

  @ACK-4 @case:udp/no-ack-of-other-types-without-a-valid-msg-id @hostile
  Scenario: HELLO, PING and BYE without a valid msg-id are not acknowledged
    Given a served UDP socket
    When I send these datagrams:
      """
      HELLO REQ_ACK
      PING REQ_ACK 'p'
      BYE REQ_ACK
      PING REQ_ACK msg-id=007 'p'
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

  @ACK-12 @case:udp/ack-does-not-wait-for-its-turn
  Scenario: The ACK does not wait for what the application does with an earlier message
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA x-delay-ms=1500 'busy'
      DATA REQ_ACK msg-id=5 'next'
      """
    Then the datagram ACK msg-id=5 comes back within 500ms

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
    Then the datagram ACK msg-id=5 comes back
    And every frame that came back keeps ACK-18

  # Floods

  @SEC-1 @case:udp/flood-of-slow-requests @hostile @exclusive
  Scenario: A flood of requests from one source that keep the server busy stops nobody else
    Given a served UDP socket
    When I send 1500 times the datagram DATA x-delay-ms=3000 'slow'
    Then another source is still served

  @SEC-1 @case:udp/flood-of-sources @hostile @exclusive
  Scenario: A flood of sources leaves everybody served
    Given a served UDP socket
    When 600 other sources each send the datagram HELLO REQ_ACK msg-id=1
    Then another source is still served
    When I use socket A
    Then the socket is still served
