@client @udp
Feature: Fragments of clients
  What a client cuts, a peer puts together; what a peer cuts, the client does.

  @FRG-1 @case:client-fragments/long-messages-are-cut
  Scenario: A client cuts a message with more than 1,200 octets of payload
    Given a served client over UDP
    When the client sends a DATA of 1201 different octets
    Then it arrives, whole or in fragments
    When the client sends a DATA of 5000 different octets
    Then it arrives, whole or in fragments
    And every datagram that has arrived by the client's next message keeps FRG-1

  @FRG-2 @case:client-fragments/short-messages-are-whole
  Scenario: A client sends a message that fits a datagram in one
    Given a served client over UDP
    When the client sends a DATA of 1177 different octets
    Then it arrives in one datagram
    When the client sends a DATA of 900 different octets
    Then it arrives in one datagram

  @FRG-3 @case:client-fragments/fragments-are-frames
  Scenario: Each fragment of a client is a frame with the three headers
    Given a served client over UDP
    When the client sends a DATA of 5000 different octets
    Then it arrives in fragments
    And every datagram that has arrived by the client's next message keeps FRG-3

  @FRG-4 @case:client-fragments/numbering
  Scenario: The fragments of a message share frag-id and frag-total and are numbered
    Given a served client over UDP
    When the client sends a DATA of 5000 different octets
    Then it arrives in fragments
    And every fragment that has arrived keeps FRG-4

  @FRG-5 @case:client-fragments/payload-is-whole
  Scenario: The fragments of a client make up its message
    Given a served client over UDP
    When the client sends a DATA of 40000 different octets
    Then it arrives, whole or in fragments

  @FRG-6 @case:client-fragments/at-most-1200-octets
  Scenario: No fragment of a client has more than 1,200 octets of payload
    Given a served client over UDP
    When the client sends a DATA of 20000 different octets
    Then it arrives in fragments
    And every datagram that has arrived by the client's next message keeps FRG-6

  @FRG-7 @case:client-fragments/too-many-fragments
  Scenario: A client refuses a message that would need more than 255 fragments
    Given a served client over UDP
    When the client is asked to send a DATA of 306001 octets
    Then it is refused
    And no datagram but the client's next message arrives

  @FRG-8 @case:client-fragments/frag-ids-differ
  Scenario: Consecutive messages of a client have different frag-ids
    Given a served client over UDP
    When the client sends a DATA of 3000 different octets
    Then it arrives, whole or in fragments
    And 20 such messages in turn have different frag-ids

  @FRG-9 @case:client-fragments/frag-ids-rest @wait:33s
  Scenario: A client leaves a frag-id alone for 30 s
    Given a served client over UDP
    Then no frag-id comes back within 30s when the client sends 257 messages in fragments

  @FRG-10 @case:client-fragments/headers-are-repeated
  Scenario: The fragments of a message have the same type, flags and headers
    Given a served client over UDP
    When the client sends a DATA of 5000 different octets
    Then it arrives in fragments
    And every fragment that has arrived keeps FRG-10

  @FRG-11 @case:client-fragments/msg-id-without-req-ack
  Scenario: A fragmented message has a msg-id even if it asks for no ACK
    Given a served client over UDP
    When the client sends a DATA of 5000 different octets
    Then it arrives in fragments
    And every datagram that has arrived by the client's next message keeps FRG-11

  @FRG-12 @case:client-fragments/data-only
  Scenario: A client cuts DATA only
    Given a served client over UDP
    When the client is asked to send PING 3000*'x'
    And the client sends a DATA of 3000 different octets
    Then it arrives in fragments
    And every datagram that has arrived by the client's next message keeps FRG-12

  @FRG-13 @case:client-fragments/pacing
  Scenario: A client paces its fragments
    Given a served client over UDP
    When the client sends a DATA of 250000 different octets
    Then it arrives in fragments
    And every fragment that has arrived keeps FRG-13

  @FRG-14 @case:client-fragments/largest-message
  Scenario: A client sends 284,325 octets
    Given a served client over UDP
    When the client sends a plain DATA of 284325 different octets
    Then it arrives, whole or in fragments

  @RAS-22 @case:client-fragments/put-together
  Scenario: A client puts fragments together
    Given a served client over UDP
    When I send the fragments of DATA msg-id=31 key=value 3000*'abc' in 8 pieces
    Then the client receives DATA key=value 3000*'abc'
    And the client receives nothing but a sentinel

  @RAS-22 @case:client-fragments/put-together-in-any-order
  Scenario: A client puts fragments together that come last first
    Given a served client over UDP
    When I send these datagrams:
      """
      DATA FRAG msg-id=8 frag-id=3 frag-index=2 frag-total=3 'three'
      DATA FRAG msg-id=8 frag-id=3 frag-index=1 frag-total=3 'two'
      DATA FRAG msg-id=8 frag-id=3 frag-index=0 frag-total=3 'one'
      """
    Then the client receives DATA 'onetwothree'
    And the client receives nothing but a sentinel
