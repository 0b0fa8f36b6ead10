@client
Feature: Acknowledgement and retransmission of clients
  What a client repeats, when, and how a send ends.

  @RTX-1 @udp @case:client-ack/at-least-three-at-most-five @wait:3s
  Scenario: An unacknowledged message is transmitted again three to five times
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then nothing is acknowledged until the send ends
    And it was transmitted 4 to 6 times

  @RTX-2 @udp @case:client-ack/exactly-three @wait:3s
  Scenario: An unacknowledged message is transmitted again exactly three times
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then nothing is acknowledged until the send ends
    And it was transmitted 4 to 4 times

  @RTX-2 @udp @case:client-ack/exactly-three-in-fragments @wait:3s
  Scenario: An unacknowledged fragmented message is transmitted again exactly three times
    Given a served client over UDP
    When the client sends with acknowledgement a DATA of 5000 different octets
    Then nothing is acknowledged until the send ends
    And it was transmitted 4 to 4 times

  @RTX-3 @udp @case:client-ack/intervals-within-reason @wait:3s
  Scenario: The intervals between transmissions are within the bounds of core
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then nothing is acknowledged until the send ends
    And the intervals keep RTX-3

  @RTX-4 @udp @case:client-ack/intervals-double @wait:3s
  Scenario: The intervals between transmissions are 100, 200 and 400 ms
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then nothing is acknowledged until the send ends
    And the intervals keep RTX-4

  @RTX-4 @udp @case:client-ack/intervals-of-fragments @wait:3s
  Scenario: The intervals count from the last fragment
    Given a served client over UDP
    When the client sends with acknowledgement a DATA of 200000 different octets
    Then nothing is acknowledged until the send ends
    And the intervals keep RTX-4

  @RTX-5 @udp @case:client-ack/timeout @wait:3s
  Scenario: A send that is never acknowledged ends with Timeout
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then nothing is acknowledged until the send ends
    And the send fails with Timeout, 2s after the last transmission

  @RTX-6 @udp @case:client-ack/same-msg-id @wait:3s
  Scenario: A retransmission has the msg-id of the original
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then nothing is acknowledged until the send ends
    And every transmission has the same msg-id

  @RTX-7 @udp @case:client-ack/same-fragments @wait:3s
  Scenario: A retransmission of a fragmented message has the same fragments
    Given a served client over UDP
    When the client sends with acknowledgement a DATA of 5000 different octets
    Then nothing is acknowledged until the send ends
    And every transmission has the same fragments

  @RTX-10 @udp @case:client-ack/same-octets @wait:3s
  Scenario: A retransmission repeats the datagrams octet for octet
    Given a served client over UDP
    When the client sends with acknowledgement DATA key=value 'x'
    Then nothing is acknowledged until the send ends
    And every transmission is the same, octet for octet

  @RTX-8 @udp @case:client-ack/ack-ends-it-at-once
  Scenario: An ACK of the first transmission ends the send
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then transmission 1 is acknowledged, and none before it
    And the send succeeds
    And nothing more is transmitted for 900ms on the client's clock

  @RTX-8 @udp @case:client-ack/ack-in-the-last-pause @wait:3s
  Scenario: An ACK of the last transmission ends the send
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then transmission 4 is acknowledged, and none before it
    And the send succeeds

  @RTX-8 @udp @case:client-ack/one-ack-for-all-fragments
  Scenario: One ACK ends the send of a fragmented message
    Given a served client over UDP
    When the client sends with acknowledgement a DATA of 5000 different octets
    Then transmission 1 is acknowledged, and none before it
    And the send succeeds
    And nothing more is transmitted for 900ms on the client's clock

  @RTX-9 @udp @case:client-ack/three-losses @wait:3s
  Scenario: A send survives the loss of three transmissions
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then transmission 4 is acknowledged, and none before it
    And the send succeeds

  @RTX-9 @udp @case:client-ack/two-losses
  Scenario: A send survives the loss of two transmissions
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then transmission 3 is acknowledged, and none before it
    And the send succeeds

  @RTX-13 @udp @case:client-ack/icmp-errors-do-not-end-it @wait:3s
  Scenario: A closed port does not end an acknowledged send
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    And nothing listens at the peer's port for 150ms on the client's clock
    Then the send has not ended
    And transmission 1 is acknowledged, and none before it
    And the send succeeds

  @RTX-12 @tcp @case:client-ack/no-retransmission-over-tcp @wait:3s
  Scenario: Over TCP nothing is transmitted again
    Given a greeted client over TCP
    When the client sends with acknowledgement DATA 'x'
    Then DATA REQ_ACK 'x' arrives
    And the send fails with Timeout within 2s on the client's clock
    And nothing but the client's next message arrives

  @ACK-8 @tcp @case:client-ack/matching-ack-over-tcp
  Scenario: Over TCP the matching ACK ends the send
    Given a greeted client over TCP
    When the client sends with acknowledgement DATA 'x'
    Then DATA REQ_ACK 'x' arrives
    When I send ACK msg-id=18446744073709551615
    Then the send goes on past a sentinel
    When I acknowledge the last DATA
    Then the send succeeds

  @ACK-8 @udp @case:client-ack/ack-from-elsewhere @hostile
  Scenario: An ACK that comes from another address is not accepted
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then transmission 1 arrives
    Given another peer B of the client
    When I send the ACK from there
    And I use peer A
    Then transmission 2 arrives
    And the send has not ended
    When I acknowledge the last DATA
    Then the send succeeds

  @ACK-8 @udp @case:client-ack/ack-from-another-port @hostile
  Scenario: An ACK that comes from another port is not accepted
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then transmission 1 arrives
    Given another peer B of the client on the same address
    When I send the ACK from there
    And I use peer A
    Then transmission 2 arrives
    And the send has not ended
    When I acknowledge the last DATA
    Then the send succeeds

  @ACK-9 @udp @case:client-ack/unknown-acks-are-ignored @hostile
  Scenario: ACKs without, with a malformed and with an unknown msg-id change nothing
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then transmission 1 arrives
    When I send these datagrams:
      """
      ACK
      ACK msg-id=''
      ACK msg-id=-1
      ACK msg-id=00
      ACK msg-id=x
      ACK msg-id=18446744073709551616
      ACK msg-id=999999999999999999
      """
    Then transmission 3 is acknowledged, and none before it
    And the send succeeds

  @ACK-9 @udp @case:client-ack/msg-id-with-a-leading-zero @hostile
  Scenario: An ACK whose msg-id has a leading zero is malformed
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then transmission 1 arrives
    When I send the ACK with a zero before its msg-id
    Then transmission 2 is acknowledged, and none before it
    And the send succeeds

  @ACK-9 @tcp @case:client-ack/unknown-acks-are-ignored-over-tcp @hostile
  Scenario: Over TCP other ACKs change nothing
    Given a greeted client over TCP
    When the client sends with acknowledgement DATA 'x'
    Then DATA REQ_ACK 'x' arrives
    When I send, in one write:
      """
      ACK
      ACK msg-id=00
      ACK msg-id=x
      ACK msg-id=999999999999999999
      """
    Then the send goes on past a sentinel
    When I acknowledge the last DATA
    Then the send succeeds

  @ACK-10 @udp @case:client-ack/data-while-it-waits
  Scenario: A client delivers what arrives while it waits for an ACK
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then transmission 1 arrives
    When I send the datagram DATA 'meanwhile'
    Then transmission 2 is acknowledged, and none before it
    And the send succeeds
    And the client receives DATA 'meanwhile'

  @ACK-10 @tcp @case:client-ack/data-while-it-waits-over-tcp
  Scenario: Over TCP as well
    Given a greeted client over TCP
    When the client sends with acknowledgement DATA 'x'
    Then DATA REQ_ACK 'x' arrives
    When I send DATA 'meanwhile'
    And I acknowledge the last DATA
    Then the send succeeds
    And the client receives DATA 'meanwhile'

  @ACK-11 @udp @case:client-ack/msg-ids-differ
  Scenario: Different messages have different msg-ids
    Given a served client over UDP
    When the client sends with acknowledgement 20 times DATA 'x'
    Then 20 messages arrive, each with a msg-id of its own

  @ACK-11 @tcp @case:client-ack/msg-ids-differ-over-tcp
  Scenario: Over TCP as well
    Given a greeted client over TCP
    When the client sends with acknowledgement 20 times DATA 'x'
    Then DATA arrive 20 times, each with another msg-id

  @ACK-16 @udp @case:client-ack/client-acknowledges
  Scenario: A client acknowledges what it receives while it waits
    Given a served client over UDP
    When the client waits for a message
    And I send the datagram DATA REQ_ACK msg-id=41 'x'
    Then the datagram ACK msg-id=41 arrives
    And the client receives DATA 'x'

  @ACK-16 @udp @case:client-ack/client-acknowledges-while-it-waits-for-an-ack
  Scenario: A client acknowledges what it receives while it waits for an ACK
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'y'
    Then transmission 1 arrives
    When I send the datagram DATA REQ_ACK msg-id=42 'x'
    Then the datagram ACK msg-id=42 arrives

  @ACK-16 @udp @case:client-ack/client-acknowledges-fragments
  Scenario: A client acknowledges a fragmented message once it is whole
    Given a served client over UDP
    When the client waits for a message
    And I send these datagrams:
      """
      DATA FRAG REQ_ACK msg-id=43 frag-id=7 frag-index=0 frag-total=2 'ab'
      DATA FRAG REQ_ACK msg-id=43 frag-id=7 frag-index=1 frag-total=2 'cd'
      """
    Then the datagram ACK msg-id=43 arrives
    And the client receives DATA 'abcd'

  @ACK-6 @udp @case:client-ack/client-delivers-once
  Scenario: A client delivers a repeated message once
    Given a served client over UDP
    When the client waits for a message
    And I send these datagrams:
      """
      DATA REQ_ACK msg-id=44 'x'
      DATA REQ_ACK msg-id=44 'x'
      DATA REQ_ACK msg-id=44 'x'
      """
    Then the client receives DATA 'x'
    And the client receives nothing but a sentinel

  @ACK-7 @udp @case:client-ack/client-acknowledges-no-responses @hostile
  Scenario: A client acknowledges no ACK, PONG, WELCOME or ERR
    Given a served client over UDP
    When the client waits for a message
    And I send these datagrams:
      """
      ACK REQ_ACK msg-id=1
      PONG REQ_ACK msg-id=2
      WELCOME REQ_ACK msg-id=3 session-id=1
      ERR REQ_ACK msg-id=4 err-code=15
      """
    Then no ACK datagram arrives

  @ACK-18 @udp @case:client-ack/form-of-an-ack
  Scenario: The ACK of a client has FLAGS 0, msg-id and nothing else
    Given a served client over UDP
    When the client waits for a message
    And I send the datagram DATA REQ_ACK CRC key=value msg-id=45 'x'
    Then the datagram ACK msg-id=45 only arrives
    And the client receives DATA 'x'
    And every datagram that has arrived by the client's next message keeps ACK-18

  @ACK-17 @udp @case:client-ack/err-ends-the-send
  Scenario: An ERR with the msg-id of a send ends it
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then transmission 1 arrives
    When I answer the last DATA with ERR code 15
    Then the send fails with the peer's ServerError
    And nothing more is transmitted for 900ms on the client's clock

  @ACK-17 @udp @case:client-ack/err-from-elsewhere-ends-nothing @hostile
  Scenario: An ERR from another address ends no send
    Given a served client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then transmission 1 arrives
    Given another peer B of the client
    When I answer the last DATA with ERR code 15
    And I use peer A
    Then transmission 2 is acknowledged, and none before it
    And the send succeeds

  @ACK-17 @tcp @case:client-ack/err-ends-the-send-over-tcp
  Scenario: Over TCP an ERR with the msg-id of a send ends it
    Given a greeted client over TCP
    When the client sends with acknowledgement DATA 'x'
    Then DATA REQ_ACK 'x' arrives
    When I answer the last DATA with ERR code 12
    Then the send fails with the peer's DeserializationError
