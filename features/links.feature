@server @link
Feature: Bad networks
  Between judge and target lies a link that loses, repeats, delays and alters. Scripts
  say which datagram meets what; profiles leave it to chance, the same chance in every run.

  # Lost, and sent again

  @udp @ACK-1 @case:links/retransmission-is-acknowledged
  Scenario: A message that only comes through the third time is acknowledged
    Given a served UDP socket
    And a link that does:
      """
      {"netem": 1, "both": {"delay": "1ms"}, "rules": [
        {"dir": "ab", "match": "DATA 'late'", "occurrence": "1-2", "do": "drop"}]}
      """
    And a UDP socket
    When I send these messages until they are acknowledged:
      """
      DATA REQ_ACK msg-id=1 'prompt'
      DATA REQ_ACK msg-id=2 'late'
      """
    Then every message that arrived whole is acknowledged
    And the link lost at least 2 datagrams

  @udp @ACK-5 @case:links/ack-again
  Scenario: A message whose first ACK is lost is acknowledged again
    Given a served UDP socket
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ba", "match": "ACK of DATA 'four'", "occurrence": "1", "do": "drop"}]}
      """
    And a UDP socket
    When I send these messages until they are acknowledged:
      """
      DATA REQ_ACK msg-id=1 'one'
      DATA REQ_ACK msg-id=2 'two'
      DATA REQ_ACK msg-id=3 'three'
      DATA REQ_ACK msg-id=4 'four'
      DATA REQ_ACK msg-id=5 'five'
      """
    Then every copy that arrived whole is acknowledged
    And the link lost at least 1 ACK

  @udp @ACK-5 @case:links/ack-four-times
  Scenario: A message of which all ACKs but the fourth are lost is acknowledged four times
    Given a served UDP socket
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ba", "match": "ACK *", "occurrence": "1-3", "do": "drop"}]}
      """
    And a UDP socket
    When I send these messages until they are acknowledged:
      """
      DATA REQ_ACK msg-id=1 'stubborn'
      """
    Then every copy that arrived whole is acknowledged
    And the link lost at least 3 ACKs

  @udp @ACK-5 @case:links/ack-again-of-fragments
  Scenario: A message in fragments whose ACK is lost is acknowledged again
    Given a served UDP socket
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ba", "match": "ACK *", "occurrence": "1-2", "do": "drop"}]}
      """
    And a UDP socket
    When I send in 5 pieces, until it is acknowledged, DATA REQ_ACK msg-id=1 'one two three four five'
    Then every copy that arrived whole is acknowledged
    And the link lost at least 2 ACKs

  @udp @ACK-6 @case:links/answered-once-though-acks-are-lost
  Scenario: A message whose ACK is lost is delivered once
    Given a served UDP socket
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ba", "match": "ACK *", "occurrence": "1-2", "do": "drop"}]}
      """
    And a UDP socket
    When I send these messages until they are acknowledged:
      """
      DATA REQ_ACK msg-id=1 'one'
      DATA REQ_ACK a=1 msg-id=2 'two'
      DATA REQ_ACK msg-id=3 'three'
      DATA REQ_ACK msg-id=4 'four'
      DATA REQ_ACK msg-id=5 'five'
      DATA REQ_ACK msg-id=6 'six'
      DATA REQ_ACK msg-id=7 'seven'
      DATA REQ_ACK msg-id=8 'eight'
      """
    Then every message that arrived whole is answered once
    And the link lost at least 8 ACKs

  @udp @ACK-6 @case:links/fragments-answered-once-though-acks-are-lost
  Scenario: A message in fragments whose ACK is lost is delivered once
    Given a served UDP socket
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ba", "match": "ACK *", "occurrence": "1-2", "do": "drop"}]}
      """
    And a UDP socket
    When I send in 5 pieces, until it is acknowledged, DATA REQ_ACK msg-id=1 'one two three four five'
    Then every message that arrived whole is answered once
    And the link lost at least 2 ACKs

  # Fragments

  @udp @RAS-4 @case:links/retransmissions-fill-the-gaps
  Scenario: Of each transmission other fragments are lost, and together they are enough
    Given a served UDP socket
    And a link that does:
      """
      {"netem": 1, "rules": [
        {"dir": "ab", "match": "DATA * frag 0", "occurrence": "1", "do": "drop"},
        {"dir": "ab", "match": "DATA * frag 3", "occurrence": "1-2", "do": "drop"},
        {"dir": "ab", "match": "DATA * frag 1", "occurrence": "2", "do": "drop"},
        {"dir": "ab", "match": "DATA * frag 2", "occurrence": "2-3", "do": "drop"}]}
      """
    And a UDP socket
    When I send in 5 pieces, until it is acknowledged, DATA REQ_ACK msg-id=1 'one two three four five'
    Then every message that arrived whole is answered
    And every message that arrived whole is acknowledged
    And at least 1 messages have arrived whole
    And the link lost at least 5 fragments

  @udp @RAS-4 @case:links/fragments-repeated
  Scenario: Fragments that the link repeats complete their message once
    Given a served UDP socket
    And a link that does:
      """
      {"netem": 1, "rules": [
        {"dir": "ab", "match": "DATA * frag 0", "do": "deliver", "copies": ["0ms", "1ms"]},
        {"dir": "ab", "match": "DATA * frag 2", "do": "deliver", "copies": ["1ms", "2ms"]},
        {"dir": "ab", "match": "DATA * frag 1", "do": "deliver", "delay": "50ms"}]}
      """
    And a UDP socket
    When I send in 3 pieces, until it is acknowledged, DATA REQ_ACK msg-id=1 'one two three'
    Then every message that arrived whole is answered
    And every answer is that to a message that was sent, octet for octet
    And at least 1 messages have arrived whole
    And the link repeated at least 2 fragments

  @udp @RAS-1 @case:links/fragments-overtake-each-other
  Scenario: Fragments that overtake each other on their way are put together in their order
    Given a served UDP socket
    And a link that does:
      """
      {"netem": 1, "rules": [
        {"dir": "ab", "match": "DATA * frag 0", "do": "deliver", "delay": "300ms"},
        {"dir": "ab", "match": "DATA * frag 1", "do": "deliver", "delay": "100ms"},
        {"dir": "ab", "match": "DATA * frag 2", "do": "deliver", "delay": "200ms"},
        {"dir": "ab", "match": "DATA * frag 3", "do": "deliver"}]}
      """
    And a UDP socket
    When I send in 4 pieces, until it is acknowledged, DATA REQ_ACK msg-id=1 'one two three four'
    Then every answer is that to a message that was sent, octet for octet
    And at least 1 answers have come back
    And the link brought at least 1 fragments out of their order

  @udp @ACK-2 @case:links/gap-is-not-acknowledged
  Scenario: A message of which one fragment never arrives is not acknowledged
    Given a served UDP socket
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ab", "match": "DATA * frag 3", "do": "drop"}]}
      """
    And a UDP socket
    When I send in 5 pieces, until it is acknowledged, DATA REQ_ACK msg-id=1 'one two three four five'
    Then no message is acknowledged or answered that did not arrive whole
    And at least 1 messages have not arrived whole
    And the link lost at least 4 fragments

  @udp @ACK-6 @case:links/late-fragments
  Scenario: Fragments that come once more after their message deliver nothing
    Given a served UDP socket
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ab", "match": "DATA * frag *", "do": "deliver", "copies": ["500ms"]}]}
      """
    And a UDP socket
    When I send in 3 pieces, until it is acknowledged, DATA REQ_ACK msg-id=1 'one two three'
    Then every message that arrived whole is answered once
    And every copy that arrived whole is acknowledged
    And the link repeated at least 3 fragments

  # Repeated and altered by the network

  @udp @ACK-6 @case:links/repeated-datagrams-are-not-delivered
  Scenario: What the network repeats is delivered once
    Given a served UDP socket
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ab", "match": "DATA *", "do": "deliver", "copies": ["0ms", "5ms", "400ms"]}]}
      """
    And a UDP socket
    When I send these messages until they are acknowledged:
      """
      DATA REQ_ACK msg-id=1 'one'
      DATA REQ_ACK msg-id=2 'two'
      DATA REQ_ACK msg-id=3 'three'
      """
    Then every message that arrived whole is answered once
    And the link repeated at least 3 datagrams

  @udp @ACK-5 @case:links/repeated-datagrams-are-acknowledged
  Scenario: What the network repeats is acknowledged each time
    Given a served UDP socket
    And a link that does:
      """
      {"netem": 1, "rules": [{"dir": "ab", "match": "DATA *", "do": "deliver", "copies": ["0ms", "5ms", "400ms"]}]}
      """
    And a UDP socket
    When I send these messages until they are acknowledged:
      """
      DATA REQ_ACK msg-id=1 'one'
      DATA REQ_ACK msg-id=2 'two'
      """
    Then every copy that arrived whole is acknowledged
    And the link repeated at least 2 datagrams

  @udp @UDP-4 @case:links/altered-datagrams
  Scenario: What the network has altered is as if it had never come
    Given a served UDP socket
    And a link that does:
      """
      {"netem": 1, "rules": [
        {"dir": "ab", "match": "DATA 'never'", "do": "deliver", "flips": ["27^01"]},
        {"dir": "ab", "match": "DATA 'twice'", "occurrence": "1", "do": "deliver", "flips": ["0^80"]},
        {"dir": "ab", "match": "DATA 'twice'", "occurrence": "2", "do": "deliver", "flips": ["20^02"]}]}
      """
    And a UDP socket
    When I send these messages until they are acknowledged:
      """
      DATA REQ_ACK msg-id=1 'whole'
      DATA REQ_ACK msg-id=2 'never'
      DATA REQ_ACK msg-id=3 'twice'
      """
    Then no message is acknowledged or answered that did not arrive whole
    And every message that arrived whole is acknowledged
    And every answer is that to a message that was sent, octet for octet
    And at least 2 messages have arrived whole
    And at least 1 messages have not arrived whole
    And the link altered at least 6 datagrams

  # Times and addresses

  @udp @ACK-1 @case:links/black-hole
  Scenario: After a black hole messages are acknowledged as before
    Given a served UDP socket
    And a link that does:
      """
      {"netem": 1, "phases": [
        {"on": {"dir": "ab", "match": "DATA 'before'"}, "for": "150ms", "both": {"blackhole": true}}]}
      """
    And a UDP socket
    When I send these messages until they are acknowledged:
      """
      DATA REQ_ACK msg-id=1 'before'
      DATA REQ_ACK msg-id=2 'during'
      DATA REQ_ACK msg-id=3 'as well'
      """
    Then every message that arrived whole is acknowledged
    And at least 3 messages have arrived whole
    And the link lost at least 2 datagrams

  @udp @RAS-2 @case:links/address-changes-between-fragments
  Scenario: A client whose address changes in the middle of a message begins it anew
    Given a served UDP socket
    And a link that does:
      """
      {"netem": 1, "rules": [
        {"dir": "ab", "match": "DATA * frag 1", "occurrence": "1", "do": "deliver", "rebind": true},
        {"dir": "ab", "match": "DATA * frag 0", "occurrence": "2-3", "do": "drop"}]}
      """
    And a UDP socket
    When I send in 2 pieces, until it is acknowledged, DATA REQ_ACK msg-id=1 'one two'
    Then no message is acknowledged or answered that did not arrive whole
    And every message that arrived whole is acknowledged
    And every message that arrived whole is answered
    And at least 1 messages have arrived whole

  @udp @UDP-7 @case:links/answer-goes-where-it-was-asked-for
  Scenario: The answer goes to the address of its request, and not to the latest one
    Given a served UDP socket
    And a link that does:
      """
      {"netem": 1, "rules": [
        {"dir": "ab", "match": "DATA 'moved'", "occurrence": "1", "do": "deliver", "rebind": true}]}
      """
    And a UDP socket
    When I send these messages until they are acknowledged:
      """
      DATA REQ_ACK x-delay-ms=300 msg-id=1 'slow'
      DATA REQ_ACK msg-id=2 'moved'
      """
    Then the answer to 'slow' goes to the address from which it was sent

  # Chance, the same in every run

  @udp @ACK-1 @case:links/chance-of-acks
  Scenario: With a fifth of all datagrams lost, whatever arrives is acknowledged
    Given a served UDP socket
    And the link lossy-20 with seed 7, or that of the run
    And a UDP socket
    When I send 60 messages of 60 octets until they are acknowledged
    Then every message that arrived whole is acknowledged
    And the link lost about as many as it says
    And the link lost at least 5 datagrams
    And the link lost at least 2 ACKs

  @udp @ACK-5 @case:links/chance-of-copies
  Scenario: With a fifth of all datagrams lost, every copy that arrives is acknowledged
    Given a served UDP socket
    And the link lossy-20 with seed 11, or that of the run
    And a UDP socket
    When I send 60 messages of 60 octets until they are acknowledged
    Then every copy that arrived whole is acknowledged
    And the link lost at least 2 ACKs

  @udp @ACK-6 @case:links/chance-of-answers
  Scenario: With a fifth of all datagrams lost, every message is delivered once
    Given a served UDP socket
    And the link lossy-20 with seed 13, or that of the run
    And a UDP socket
    When I send 60 messages of 60 octets until they are acknowledged
    Then every message that arrived whole is answered once
    And the link lost at least 2 ACKs

  @udp @ACK-2 @case:links/chance-of-gaps
  Scenario: With a fifth of all datagrams lost, nothing incomplete is acknowledged
    Given a served UDP socket
    And the link lossy-20 with seed 17, or that of the run
    And a UDP socket
    When I send 20 messages in 10 pieces of 40 octets until they are acknowledged
    Then no message is acknowledged or answered that did not arrive whole
    And every message that arrived whole is acknowledged
    And the link lost at least 5 fragments

  @udp @RAS-3 @case:links/chance-of-bursts
  Scenario: With bursts of loss, every answer is whole or not there
    Given a served UDP socket
    And the link bursty with seed 83, or that of the run
    And a UDP socket
    When I send 12 messages in 5 pieces of 1000 octets until they are acknowledged
    Then every answer is that to a message that was sent, octet for octet
    And at least 2 answers have come back
    And the link lost at least 3 fragments

  @udp @RAS-1 @case:links/chance-of-order
  Scenario: With a quarter of all datagrams early, messages are put together in their order
    Given a served UDP socket
    And the link reorder-heavy with seed 23, or that of the run
    And a UDP socket
    When I send 20 messages in 8 pieces of 40 octets until they are acknowledged
    Then every answer is that to a message that was sent, octet for octet
    And every message that arrived whole is answered
    And the link brought at least 5 fragments out of their order

  @udp @RAS-4 @case:links/chance-of-repetition
  Scenario: With a tenth of all datagrams repeated, messages are whole once
    Given a served UDP socket
    And the link dup with seed 29, or that of the run
    And a UDP socket
    When I send 20 messages in 6 pieces of 40 octets until they are acknowledged
    Then every message that arrived whole is answered
    And every answer is that to a message that was sent, octet for octet
    And the link repeated at least 3 fragments

  @udp @UDP-4 @RAS-1 @RAS-3 @RAS-4 @ACK-2 @case:links/chance-of-alteration
  Scenario: With some datagrams altered, nothing is delivered that was not sent
    Given a served UDP socket
    And the link corrupt with seed 31, or that of the run
    And a UDP socket
    When I send 60 messages in 4 pieces of 40 octets until they are acknowledged
    Then every answer is that to a message that was sent, octet for octet
    And every message that arrived whole is acknowledged
    And the link altered at least 2 fragments

  # Streams

  @tcp @TCP-5 @case:links/cut-at-every-boundary
  Scenario: HELLO and DATA are understood wherever they are cut
    Given a greeted TCP connection
    And a link that does:
      """
      {"netem": 1, "tcp": {"ab": {"sweep": 64}}}
      """
    When 64 connections in turn greet and are served
    Then the link ended at least 60 slices

  @tcp @TCP-5 @case:links/one-octet-at-a-time
  Scenario: Frames that come one octet at a time are understood
    Given a greeted TCP connection
    And a link that does:
      """
      {"netem": 1, "tcp": {"both": {"every": 1}}}
      """
    And a greeted TCP connection
    When I send, in one write:
      """
      DATA test=value 'Hello'
      PING 'p'
      DATA ''
      """
    Then these frames come back, in any order:
      """
      DATA test=value 'Hello'
      PONG
      DATA ''
      """
    And the link ended at least 60 slices

  @tcp @TCP-5 @case:links/many-frames-at-once
  Scenario: Frames that come many at once are understood
    Given a greeted TCP connection
    And a link that does:
      """
      {"netem": 1, "tcp": {"both": {"coalesce": {"octets": 4096, "for": "100ms"}}}}
      """
    And a greeted TCP connection
    When I send 300 numbered DATA frames
    Then 300 numbered DATA frames come back in order

  @tcp @TCP-20 @case:links/chance-of-cuts
  Scenario: Frames that are cut at random come in their order
    Given a greeted TCP connection
    And the link tcp-random with seed 37, or that of the run
    And a greeted TCP connection
    When I send 40 numbered DATA frames
    Then 40 numbered DATA frames come back in order

  @tcp @TCP-22 @case:links/nothing-follows
  Scenario: A frame after whose last octet the stream stands still is delivered
    Given a greeted TCP connection
    And a link that does:
      """
      {"netem": 1, "tcp": {"ab": {"stall": {"after": "64B"}}}}
      """
    When 1 connections in turn greet and are served
    Then the target is served beside the link

  @tcp @TCP-5 @case:links/stall-in-a-frame @wait:20s
  Scenario: A frame that stands still for 20 s in its middle is delivered
    Given a greeted TCP connection
    And a link that does:
      """
      {"netem": 1, "tcp": {"ab": {"stall": {"after": "20B", "for": "20s"}}}}
      """
    When 1 connections in turn greet and are served
    Then the target is served beside the link

  @tcp @TCP-18 @case:links/stall-beyond-the-limit @wait:33s
  Scenario: A frame that stands still for more than 30 s ends its connection
    Given a greeted TCP connection
    And a link that does:
      """
      {"netem": 1, "tcp": {"ab": {"stall": {"after": "80B"}}}}
      """
    And a greeted TCP connection
    When I send DATA 'cut off'
    And 33s pass on the target's clock
    Then the target closes the connection

  @tcp @TCP-11 @case:links/half-close
  Scenario: A stream that ends after a frame has its answer
    Given a greeted TCP connection
    And a link that does:
      """
      {"netem": 1, "tcp": {"ab": {"half_close": "64B"}}}
      """
    When 1 connections in turn greet and are served
    Then the target closes the connection

  @tcp @TCP-12 @case:links/half-close-in-a-frame
  Scenario: A frame that the end of the stream cuts short is not delivered
    Given a greeted TCP connection
    And a link that does:
      """
      {"netem": 1, "tcp": {"ab": {"half_close": "80B"}}}
      """
    And a greeted TCP connection
    When I send DATA 'cut off'
    Then no DATA comes back before the target closes the connection
    And the target is served beside the link

  @tcp @TCP-19 @case:links/reset-in-a-frame
  Scenario: A connection that is reset in the middle of a frame disturbs nobody
    Given a greeted TCP connection
    And a link that does:
      """
      {"netem": 1, "tcp": {"ab": {"reset": "80B"}}}
      """
    And a greeted TCP connection
    When I send DATA 'cut off'
    Then the target is served beside the link
