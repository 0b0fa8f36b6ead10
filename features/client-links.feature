@client @link
Feature: Bad networks between a client and its server
  The judge is the server, and the link lies between: direction ab is what the client
  sends, and ba what comes back to it. Scripts say which datagram meets what; profiles
  leave it to chance, the same chance in every run.

  # What the client sends is lost, or its ACK

  @udp @RTX-9 @case:client-links/three-transmissions-lost
  Scenario: A send whose first three transmissions are lost succeeds
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ab", "match": "DATA 'late'", "occurrence": "1-3", "do": "drop"}]}
      """
    And a client over UDP
    When the client sends these until they are acknowledged:
      """
      DATA 'prompt'
      DATA a=1 'late'
      """
    Then every send ends as the fates of its ACKs say
    And at least 2 sends have succeeded
    And the link lost at least 3 datagrams

  @udp @RTX-9 @case:client-links/three-acks-lost
  Scenario: A send whose first three ACKs are lost succeeds
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ba", "match": "ACK of DATA 'four'", "occurrence": "1-3", "do": "drop"}]}
      """
    And a client over UDP
    When the client sends these until they are acknowledged:
      """
      DATA 'one'
      DATA 'two'
      DATA 'three'
      DATA 'four'
      """
    Then every send ends as the fates of its ACKs say
    And at least 4 sends have succeeded
    And the link lost at least 3 ACKs

  @udp @RTX-9 @case:client-links/losses-both-ways
  Scenario: A send that loses a transmission, an ACK and a transmission succeeds
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "both": {"delay": "1ms"}, "rules": [
        {"dir": "ab", "match": "DATA 'x'", "occurrence": "1", "do": "drop"},
        {"dir": "ba", "match": "ACK *", "occurrence": "1", "do": "drop"},
        {"dir": "ab", "match": "DATA 'x'", "occurrence": "3", "do": "drop"}]}
      """
    And a client over UDP
    When the client sends these until they are acknowledged:
      """
      DATA 'x'
      """
    Then every send ends as the fates of its ACKs say
    And at least 1 sends have succeeded
    And the link lost at least 3 datagrams

  @udp @RTX-9 @case:client-links/fragments-and-acks-lost
  Scenario: A send in fragments succeeds though a fragment and two ACKs are lost
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [
        {"dir": "ab", "match": "DATA * frag 1", "occurrence": "1", "do": "drop"},
        {"dir": "ba", "match": "ACK *", "occurrence": "1-2", "do": "drop"}]}
      """
    And a client over UDP
    When the client sends 1 messages of 5000 octets until they are acknowledged
    Then every send ends as the fates of its ACKs say
    And at least 1 sends have succeeded
    And the link lost at least 2 ACKs

  @udp @RTX-5 @case:client-links/nothing-comes-back
  Scenario: A send of which every ACK is lost fails with Timeout
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ba", "match": "ACK of DATA 'lost'", "do": "drop"}]}
      """
    And a client over UDP
    When the client sends these until they are acknowledged:
      """
      DATA 'found'
      DATA 'lost'
      """
    Then every send keeps RTX-5
    And at least 1 sends have succeeded
    And at least 1 sends have failed
    And the link lost at least 4 ACKs

  @udp @RTX-2 @case:client-links/four-transmissions-into-nothing
  Scenario: A message that never gets through is transmitted four times
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ab", "match": "DATA 'never'", "do": "drop"}]}
      """
    And a client over UDP
    When the client sends these until they are acknowledged:
      """
      DATA 'ever'
      DATA 'never'
      """
    Then every send keeps RTX-2
    And at least 1 sends have failed
    And the link lost at least 4 datagrams

  # The same again, at its times

  @udp @RTX-10 @case:client-links/same-datagram-again
  Scenario: When ACKs are lost the same datagram comes again
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ba", "match": "ACK *", "occurrence": "1-3", "do": "drop"}]}
      """
    And a client over UDP
    When the client sends these until they are acknowledged:
      """
      DATA a=1 b=2 'one'
      DATA 'two'
      """
    Then every send keeps RTX-10
    And at least 2 sends were transmitted again
    And the link lost at least 6 ACKs

  @udp @RTX-6 @case:client-links/same-msg-id-again
  Scenario: When transmissions and ACKs are lost the msg-id stays
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [
        {"dir": "ab", "match": "DATA 'x'", "occurrence": "1", "do": "drop"},
        {"dir": "ba", "match": "ACK *", "occurrence": "1-2", "do": "drop"}]}
      """
    And a client over UDP
    When the client sends these until they are acknowledged:
      """
      DATA 'x'
      """
    Then every send keeps RTX-6
    And at least 1 sends were transmitted again

  @udp @RTX-4 @case:client-links/times-when-acks-are-lost
  Scenario: When ACKs are lost the message comes again after 100, 200 and 400 ms
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ba", "match": "ACK *", "occurrence": "1-3", "do": "drop"}]}
      """
    And a client over UDP
    When the client sends these until they are acknowledged:
      """
      DATA 'x'
      """
    Then every send keeps RTX-4
    And at least 1 sends were transmitted again
    And the link lost at least 3 ACKs

  @udp @RTX-7 @case:client-links/same-fragments-again
  Scenario: Of each transmission another fragment is lost, and together they are enough
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [
        {"dir": "ab", "match": "DATA * frag 0", "occurrence": "1", "do": "drop"},
        {"dir": "ab", "match": "DATA * frag 2", "occurrence": "1-2", "do": "drop"},
        {"dir": "ab", "match": "DATA * frag 1", "occurrence": "2", "do": "drop"}]}
      """
    And a client over UDP
    When the client sends 1 messages of 4000 octets until they are acknowledged
    Then every send keeps RTX-7
    And at least 1 messages of the client have come whole, each octet for octet
    And at least 1 sends were transmitted again
    And the link lost at least 4 fragments

  # What comes late

  @udp @RTX-8 @case:client-links/late-ack-ends-the-send
  Scenario: An ACK that is late by more than a retransmission ends the send when it comes
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ba", "match": "ACK *", "do": "deliver", "delay": "450ms"}]}
      """
    And a client over UDP
    When the client sends these until they are acknowledged:
      """
      DATA 'one'
      DATA 'two'
      """
    Then every send ends as the fates of its ACKs say
    And every send keeps RTX-8
    And at least 2 sends have succeeded

  @udp @ACK-8 @case:client-links/acks-of-an-earlier-send
  Scenario: ACKs that come again, late, end no later send
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [
        {"dir": "ba", "match": "ACK of DATA 'first'", "do": "deliver", "copies": ["20ms", "150ms", "500ms"]},
        {"dir": "ba", "match": "ACK of DATA 'second'", "do": "drop"}]}
      """
    And a client over UDP
    When the client sends these until they are acknowledged, one after another:
      """
      DATA 'first'
      DATA 'second'
      """
    Then every send ends as the fates of its ACKs say
    And at least 1 sends have succeeded
    And at least 1 sends have failed

  @udp @ACK-10 @case:client-links/data-while-acks-are-lost
  Scenario: What comes while the ACKs of a send are lost is delivered
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ba", "match": "ACK *", "occurrence": "1-2", "do": "drop"}]}
      """
    And a client over UDP
    When the client sends with acknowledgement DATA 'x'
    Then transmission 1 is acknowledged, and none before it
    When I send the datagram DATA 'meanwhile'
    Then transmission 2 arrives
    When I acknowledge the last DATA
    Then transmission 3 is acknowledged, and none before it
    And the send succeeds
    And the client receives DATA 'meanwhile'
    And the link lost at least 2 ACKs

  # What the client receives

  @udp @ACK-6 @case:client-links/repeated-datagrams-are-received-once
  Scenario: What the network repeats is received once
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ba", "match": "DATA *", "do": "deliver", "copies": ["0ms", "5ms", "400ms"]}]}
      """
    And a client over UDP
    When I send these messages until they are acknowledged:
      """
      DATA REQ_ACK msg-id=1 'one'
      DATA REQ_ACK a=1 msg-id=2 'two'
      DATA REQ_ACK msg-id=3 'three'
      """
    Then every message that arrived whole is received once
    And the link repeated at least 3 datagrams

  @udp @ACK-6 @case:client-links/received-once-though-acks-are-lost
  Scenario: A message whose ACK is lost is received once
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ab", "match": "ACK *", "occurrence": "1-2", "do": "drop"}]}
      """
    And a client over UDP
    When I send these messages until they are acknowledged:
      """
      DATA REQ_ACK msg-id=1 'one'
      DATA REQ_ACK msg-id=2 'two'
      DATA REQ_ACK msg-id=3 'three'
      DATA REQ_ACK msg-id=4 'four'
      DATA REQ_ACK msg-id=5 'five'
      DATA REQ_ACK msg-id=6 'six'
      """
    Then every message that arrived whole is received once

  @udp @ACK-6 @case:client-links/fragments-received-once-though-acks-are-lost
  Scenario: A message in fragments whose ACK is lost is received once
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ab", "match": "ACK *", "occurrence": "1-2", "do": "drop"}]}
      """
    And a client over UDP
    When I send in 5 pieces, until it is acknowledged, DATA REQ_ACK msg-id=1 'one two three four five'
    Then every message that arrived whole is received once

  @udp @ACK-16 @case:client-links/retransmission-is-acknowledged
  Scenario: A message that only comes through the third time is acknowledged
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "both": {"delay": "1ms"}, "rules": [
        {"dir": "ba", "match": "DATA 'late'", "occurrence": "1-2", "do": "drop"}]}
      """
    And a client over UDP
    When I send these messages until they are acknowledged:
      """
      DATA REQ_ACK msg-id=1 'prompt'
      DATA REQ_ACK msg-id=2 'late'
      """
    Then every message that arrived whole is acknowledged
    And at least 2 messages have arrived whole
    And the link lost at least 2 datagrams

  @udp @ACK-16 @case:client-links/whole-though-gaps-are-filled-late
  Scenario: A message in fragments is acknowledged when its retransmissions have filled the gaps
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [
        {"dir": "ba", "match": "DATA * frag 0", "occurrence": "1", "do": "drop"},
        {"dir": "ba", "match": "DATA * frag 3", "occurrence": "1-2", "do": "drop"}]}
      """
    And a client over UDP
    When I send in 5 pieces, until it is acknowledged, DATA REQ_ACK msg-id=1 'one two three four five'
    Then no message is acknowledged or received that did not arrive whole
    And every message that arrived whole is acknowledged
    And at least 1 messages have arrived whole

  @udp @RAS-22 @case:client-links/retransmissions-fill-the-gaps
  Scenario: Of each transmission other fragments are lost, and together they are received
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [
        {"dir": "ba", "match": "DATA * frag 0", "occurrence": "1", "do": "drop"},
        {"dir": "ba", "match": "DATA * frag 3", "occurrence": "1-2", "do": "drop"},
        {"dir": "ba", "match": "DATA * frag 1", "occurrence": "2", "do": "drop"},
        {"dir": "ba", "match": "DATA * frag 2", "occurrence": "2-3", "do": "drop"}]}
      """
    And a client over UDP
    When I send in 5 pieces, until it is acknowledged, DATA REQ_ACK msg-id=1 'one two three four five'
    Then every message that arrived whole is received
    And every message that the client receives is one that was sent, octet for octet
    And at least 1 messages have arrived whole
    And the link lost at least 5 fragments

  @udp @RAS-22 @case:client-links/fragments-overtake-each-other
  Scenario: Fragments that overtake each other on their way are received in their order
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [
        {"dir": "ba", "match": "DATA * frag 0", "do": "deliver", "delay": "300ms"},
        {"dir": "ba", "match": "DATA * frag 1", "do": "deliver", "delay": "100ms"},
        {"dir": "ba", "match": "DATA * frag 2", "do": "deliver", "delay": "200ms"},
        {"dir": "ba", "match": "DATA * frag 3", "do": "deliver"}]}
      """
    And a client over UDP
    When I send in 4 pieces, until it is acknowledged, DATA REQ_ACK msg-id=1 'one two three four'
    Then every message that the client receives is one that was sent, octet for octet
    And the client has received at least 1 messages
    And the link brought at least 1 fragments out of their order

  @udp @RAS-22 @case:client-links/fragments-repeated
  Scenario: Fragments that the link repeats complete their message
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [
        {"dir": "ba", "match": "DATA * frag 0", "do": "deliver", "copies": ["0ms", "1ms"]},
        {"dir": "ba", "match": "DATA * frag 2", "do": "deliver", "copies": ["1ms", "2ms"]},
        {"dir": "ba", "match": "DATA * frag 1", "do": "deliver", "delay": "50ms"}]}
      """
    And a client over UDP
    When I send in 3 pieces, until it is acknowledged, DATA REQ_ACK msg-id=1 'one two three'
    Then every message that arrived whole is received
    And every message that the client receives is one that was sent, octet for octet
    And at least 1 messages have arrived whole
    And the link repeated at least 2 fragments

  @udp @UDP-4 @case:client-links/altered-datagrams
  Scenario: What the network has altered is as if it had never come
    Given a served client over UDP
    And a link that does:
      """
      {"netem": 1, "rules": [
        {"dir": "ba", "match": "DATA 'never'", "do": "deliver", "flips": ["27^01"]},
        {"dir": "ba", "match": "DATA 'twice'", "occurrence": "1", "do": "deliver", "flips": ["0^80"]},
        {"dir": "ba", "match": "DATA 'twice'", "occurrence": "2", "do": "deliver", "flips": ["20^02"]}]}
      """
    And a client over UDP
    When I send these messages until they are acknowledged:
      """
      DATA REQ_ACK msg-id=1 'whole'
      DATA REQ_ACK msg-id=2 'never'
      DATA REQ_ACK msg-id=3 'twice'
      """
    Then no message is acknowledged or received that did not arrive whole
    And every message that arrived whole is received
    And at least 2 messages have arrived whole
    And at least 1 messages have not arrived whole
    And the link altered at least 6 datagrams

  # Chance, the same in every run

  @udp @RTX-9 @case:client-links/chance-of-sends @wait:30s
  Scenario: With a fifth of all datagrams lost, every send succeeds of which an ACK comes back
    Given a served client over UDP
    And the link lossy-20 with seed 7, or that of the run
    And a client over UDP
    When the client sends 20 messages of 60 octets until they are acknowledged
    Then every send ends as the fates of its ACKs say
    And at least 2 sends have succeeded
    And the link lost about as many as it says
    And the link lost at least 4 datagrams
    And the link lost at least 1 ACKs

  @udp @RTX-10 @case:client-links/chance-of-repetitions @wait:30s
  Scenario: With a fifth of all datagrams lost, whatever is sent again is the same
    Given a served client over UDP
    And the link lossy-20 with seed 11, or that of the run
    And a client over UDP
    When the client sends 20 messages of 60 octets until they are acknowledged
    Then every send keeps RTX-10
    And at least 2 sends were transmitted again

  @udp @RTX-8 @case:client-links/chance-of-ends @wait:30s
  Scenario: With a fifth of all datagrams lost, nothing is sent again once its ACK has come
    Given a served client over UDP
    And the link lossy-20 with seed 13, or that of the run
    And a client over UDP
    When the client sends 20 messages of 60 octets until they are acknowledged
    Then every send keeps RTX-8
    And at least 2 sends have succeeded
    And the link lost at least 4 datagrams

  @udp @FRG-5 @case:client-links/chance-of-bursts @wait:30s
  Scenario: With bursts of loss, what comes whole of the client's fragments is what was sent
    Given a served client over UDP
    And the link bursty with seed 11, or that of the run
    And a client over UDP
    When the client sends 12 messages of 5000 octets until they are acknowledged
    Then at least 2 messages of the client have come whole, each octet for octet
    And the link lost at least 3 fragments

  @udp @ACK-16 @case:client-links/chance-of-acks
  Scenario: With a fifth of all datagrams lost, the client acknowledges whatever arrives
    Given a served client over UDP
    And the link lossy-20 with seed 17, or that of the run
    And a client over UDP
    When I send 40 messages of 60 octets until they are acknowledged
    Then every message that arrived whole is acknowledged
    And the link lost about as many as it says
    And the link lost at least 5 datagrams

  @udp @ACK-6 @case:client-links/chance-of-copies
  Scenario: With a fifth of all datagrams lost, the client receives every message once
    Given a served client over UDP
    And the link lossy-20 with seed 19, or that of the run
    And a client over UDP
    When I send 40 messages of 60 octets until they are acknowledged
    Then every message that arrived whole is received once
    And the link lost at least 2 ACKs

  @udp @RAS-22 @case:client-links/chance-of-gaps
  Scenario: With a fifth of all datagrams lost, the client puts together what arrives
    Given a served client over UDP
    And the link lossy-20 with seed 23, or that of the run
    And a client over UDP
    When I send 20 messages in 10 pieces of 40 octets until they are acknowledged
    Then no message is acknowledged or received that did not arrive whole
    And every message that arrived whole is received
    And the link lost at least 5 fragments

  @udp @RAS-22 @case:client-links/chance-of-order
  Scenario: With a quarter of all datagrams early, the client puts messages together in their order
    Given a served client over UDP
    And the link reorder-heavy with seed 29, or that of the run
    And a client over UDP
    When I send 20 messages in 8 pieces of 40 octets until they are acknowledged
    Then every message that the client receives is one that was sent, octet for octet
    And every message that arrived whole is received
    And the link brought at least 5 fragments out of their order

  @udp @ACK-6 @case:client-links/chance-of-duplicates
  Scenario: With a tenth of all datagrams repeated, the client receives every message once
    Given a served client over UDP
    And the link dup with seed 31, or that of the run
    And a client over UDP
    When I send 20 messages in 6 pieces of 40 octets until they are acknowledged
    Then every message that arrived whole is received once
    And the link repeated at least 3 fragments

  @udp @UDP-4 @case:client-links/chance-of-alteration
  Scenario: With some datagrams altered, the client receives nothing that was not sent
    Given a served client over UDP
    And the link corrupt with seed 37, or that of the run
    And a client over UDP
    When I send 60 messages in 4 pieces of 40 octets until they are acknowledged
    Then every message that the client receives is one that was sent, octet for octet
    And every message that arrived whole is received
    And the link altered at least 2 fragments

  # Streams

  @tcp @TCP-5 @case:client-links/cut-at-every-boundary
  Scenario: WELCOME and DATA are understood wherever they are cut
    Given a greeted client over TCP
    And a link that does:
      """
      {"netem": 1, "tcp": {"ba": {"sweep": 64}}}
      """
    When 64 connections of the client in turn are greeted
    Then the link ended at least 60 slices

  @tcp @TCP-5 @case:client-links/one-octet-at-a-time
  Scenario: Frames that come to a client one octet at a time are understood
    Given a greeted client over TCP
    And a link that does:
      """
      {"netem": 1, "tcp": {"both": {"every": 1}}}
      """
    And a greeted client over TCP
    When I send, in one write:
      """
      DATA test=value 'Hello'
      DATA ''
      """
    Then the client receives, in this order:
      """
      DATA test=value 'Hello'
      DATA ''
      """
    And the link ended at least 60 slices

  @tcp @TCP-20 @case:client-links/chance-of-cuts
  Scenario: Frames that are cut at random are received in their order
    Given a greeted client over TCP
    And the link tcp-random with seed 41, or that of the run
    And a greeted client over TCP
    When I send 40 numbered DATA frames
    Then the client receives 40 numbered DATA frames in order

  @tcp @TCP-12 @case:client-links/half-close-in-a-frame
  Scenario: A frame that the end of the stream cuts short is not received
    Given a greeted client over TCP
    And a link that does:
      """
      {"netem": 1, "tcp": {"ba": {"half_close": "150B"}}}
      """
    And a greeted client over TCP
    When I send, in one write:
      """
      DATA 'whole'
      DATA 200*'x'
      """
    Then the client receives DATA 'whole'
    And the client reports the end of the connection, and no message before it

  @tcp @TCP-26 @case:client-links/half-close-behind-a-frame
  Scenario: What came before the end of the stream is received before ConnectionClosed
    Given a greeted client over TCP
    And a link that does:
      """
      {"netem": 1, "tcp": {"ba": {"half_close": "150B"}}}
      """
    And a greeted client over TCP
    When I send, in one write:
      """
      DATA 'last'
      DATA 200*'x'
      """
    Then the client receives DATA 'last'
    And the client reports the end of the connection, and no message before it
