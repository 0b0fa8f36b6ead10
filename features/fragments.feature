@server @udp
Feature: Fragments
  A message too long for one datagram travels in pieces, and counts once it is whole.

  # What a server sends

  @FRG-1 @FRG-4 @FRG-5 @case:fragments/long-answers-are-split
  Scenario: An answer with more than 1,200 octets of payload is split
    Given a served UDP socket
    When I send a DATA of 1201 different octets
    Then its echo comes back, whole or in fragments
    And every frame that came back keeps FRG-1
    When I send a DATA of 2300 different octets
    Then its echo comes back, whole or in fragments
    And every frame that came back keeps FRG-1

  # With its header the answer takes 33 octets beside its payload, and up to 28 more
  # where the server numbers it.
  @FRG-2 @case:fragments/short-answers-are-not-split
  Scenario: An answer that fits a datagram is not split
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA 'short'
      DATA x-reply-size=0 'empty'
      DATA x-reply-size=600 'half'
      DATA x-reply-size=1000 'longer'
      DATA x-reply-size=1130 'just fits'
      """
    Then no message that fits a datagram comes back in fragments

  @FRG-3 @case:fragments/fragments-are-frames
  Scenario: Each fragment of an answer has each fragment header once
    Given a served UDP socket
    When I send a DATA of 2300 different octets
    Then its answer comes in fragments
    And every frame that came back keeps FRG-3

  @FRG-4 @case:fragments/numbers-of-fragments
  Scenario: The fragments of an answer are numbered without gap or repetition
    Given a served UDP socket
    When I send a DATA of 2300 different octets
    Then its answer comes in fragments
    And every fragment that came back keeps FRG-4

  @FRG-5 @case:fragments/fragments-make-up-the-payload
  Scenario: The fragments of an answer make up its payload
    Given a served UDP socket
    When I send a DATA of 2300 different octets
    Then its echo comes back, whole or in fragments

  @FRG-6 @case:fragments/fragments-of-1200-octets-at-most
  Scenario: No fragment of an answer has more than 1,200 octets of payload
    Given a served UDP socket
    When I send a DATA of 2300 different octets
    Then its answer comes in fragments
    And every frame that came back keeps FRG-6

  @FRG-7 @case:fragments/answers-too-long-are-refused
  Scenario: Of an answer that 255 fragments cannot hold nothing is sent
    Given a served UDP socket
    When I send the datagram DATA x-reply-size=306001 'too long'
    Then no DATA datagram comes back

  @FRG-8 @case:fragments/frag-id-changes
  Scenario: Consecutive answers have different frag-ids
    Given a served UDP socket
    When I send a DATA of 2300 different octets
    Then its echo comes back, whole or in fragments
    And the answers to 3 such messages in turn have different frag-ids

  @FRG-10 @case:fragments/fragments-are-alike
  Scenario: The fragments of an answer have TYPE, FLAGS and own headers in common
    Given a served UDP socket
    When I send a DATA of 20000 different octets
    Then its answer comes in fragments
    And every fragment that came back keeps FRG-10

  @FRG-11 @case:fragments/fragments-have-a-msg-id
  Scenario: Each fragment of an answer has a msg-id
    Given a served UDP socket
    When I send a DATA of 20000 different octets
    Then its answer comes in fragments
    And every frame that came back keeps FRG-11

  @FRG-12 @case:fragments/only-data-is-split
  Scenario: A PONG that would be too long is not split
    Given a served UDP socket
    When I send these datagrams:
      """
      PING 1186*'p'
      PING REQ_ACK msg-id=5 5000*'p'
      """
    Then no datagram that breaks FRG-12 comes back

  @FRG-13 @case:fragments/fragments-are-paced
  Scenario: The fragments of a long answer are paced
    Given a served UDP socket
    When I send a DATA of 60000 different octets
    Then its answer comes in fragments
    When I send a DATA of 60000 different octets
    Then its answer comes in fragments
    When I send a DATA of 60000 different octets
    Then its answer comes in fragments
    And every fragment that came back keeps FRG-13

  # What is put together

  @RAS-1 @case:fragments/last-fragment-first
  Scenario: Fragments are put together from the last to the first
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA FRAG msg-id=5 frag-id=1 frag-index=2 frag-total=3 'three'
      DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=3 'two '
      DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=3 'one '
      """
    Then the datagram DATA 'one two three' comes back

  @RAS-1 @case:fragments/any-order
  Scenario: Fragments are put together in whatever order they come
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA FRAG msg-id=5 frag-id=1 frag-index=3 frag-total=5 'd'
      DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=5 'a'
      DATA FRAG msg-id=5 frag-id=1 frag-index=4 frag-total=5 'e'
      DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=5 'b'
      DATA FRAG msg-id=5 frag-id=1 frag-index=2 frag-total=5 'c'
      """
    Then the datagram DATA 'abcde' comes back

  @RAS-1 @case:fragments/fragment-headers-anywhere
  Scenario: The fragment headers may stand anywhere among the headers
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA FRAG frag-id=1 frag-index=0 frag-total=3 a=1 msg-id=5 b=2 'one '
      DATA FRAG a=1 frag-total=3 msg-id=5 frag-index=1 b=2 frag-id=1 'two '
      DATA FRAG frag-total=3 a=1 msg-id=5 frag-id=1 b=2 frag-index=2 'three'
      """
    Then the datagram DATA a=1 b=2 'one two three' comes back

  @RAS-2 @case:fragments/fragments-from-another-port
  Scenario: Fragments from two ports of one address are not combined
    Given a UDP socket whose fragments are put together
    And another served UDP socket B on the same address
    When I use socket A
    And I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=2 'one '
    And I use socket B
    And I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=2 'two'
    Then no DATA datagram comes back
    When I use socket A
    Then no DATA datagram comes back
    When I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=2 'too'
    Then the datagram DATA 'one too' comes back

  @RAS-2 @case:fragments/fragments-from-another-address
  Scenario: Fragments from two addresses are not combined
    Given a UDP socket whose fragments are put together
    And another served UDP socket B at another address
    When I use socket A
    And I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=2 'one '
    And I use socket B
    And I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=2 'two'
    Then no DATA datagram comes back
    When I use socket A
    Then no DATA datagram comes back
    When I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=2 'too'
    Then the datagram DATA 'one too' comes back

  @RAS-19 @case:fragments/one-frag-id-two-messages
  Scenario: Two messages with one frag-id are kept apart
    Given a UDP socket whose fragments are put together
    When I send these datagrams:
      """
      DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=2 'a'
      DATA FRAG msg-id=6 frag-id=1 frag-index=0 frag-total=2 'c'
      DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=2 'b'
      DATA FRAG msg-id=6 frag-id=1 frag-index=1 frag-total=2 'd'
      """
    Then only these datagrams come back, in any order:
      """
      DATA 'ab'
      DATA 'cd'
      """

  @RAS-19 @case:fragments/remains-of-an-earlier-message
  Scenario: What is left of one message does not complete another
    Given a UDP socket whose fragments are put together
    When I send these datagrams:
      """
      DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=2 'old '
      DATA FRAG msg-id=6 frag-id=1 frag-index=1 frag-total=2 'new'
      DATA FRAG frag-id=1 frag-index=1 frag-total=2 'without msg-id'
      """
    Then no DATA datagram comes back

  @RAS-3 @case:fragments/one-message-without-fragment-headers
  Scenario: A completed set of fragments is one message with the headers of its own
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA FRAG a=1 msg-id=5 b=2 frag-id=1 frag-index=0 frag-total=3 'one '
      DATA FRAG a=1 msg-id=5 b=2 frag-id=1 frag-index=1 frag-total=3 'two '
      DATA FRAG a=1 msg-id=5 b=2 frag-id=1 frag-index=2 frag-total=3 'three'
      """
    Then only these datagrams come back, in any order:
      """
      DATA a=1 b=2 'one two three'
      """

  @RAS-3 @case:fragments/indexes-are-numbers
  Scenario: The order of fragments is that of numbers
    Given a served UDP socket
    When I send the fragments of DATA msg-id=5 'abcdefghijklmnopqrstuvwxyz' in 26 pieces
    Then the datagram DATA 'abcdefghijklmnopqrstuvwxyz' comes back

  @RAS-3 @case:fragments/message-of-10000-octets
  Scenario: A message of many fragments of some size is put together
    Given a served UDP socket
    When I send the fragments of DATA a=1 msg-id=5 5000*'ab' in 9 pieces
    Then the message DATA a=1 5000*'ab' comes back

  @RAS-21 @case:fragments/fragments-255-of-1200-octets
  Scenario: A message of 255 fragments with 1,200 octets each is put together
    Given a served UDP socket
    Then a message in 255 fragments of 1200 octets is acknowledged and answered

  @RAS-21 @case:fragments/fragments-255-echoed
  Scenario: A message of 255 fragments is put together octet for octet
    Given a served UDP socket
    Then the echo of a message in 255 fragments of 1100 octets comes back

  @RAS-17 @case:fragments/unequal-fragments
  Scenario: Fragments of unequal sizes are accepted
    Given a UDP socket whose fragments are put together
    When I send these datagrams:
      """
      DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=5 'x'
      DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=5
      DATA FRAG msg-id=5 frag-id=1 frag-index=2 frag-total=5 1000*'x'
      DATA FRAG msg-id=5 frag-id=1 frag-index=3 frag-total=5 7*'x'
      DATA FRAG msg-id=5 frag-id=1 frag-index=4 frag-total=5
      """
    Then the datagram DATA 1008*'x' comes back

  @RAS-17 @case:fragments/empty-fragments
  Scenario: A message of which every fragment is empty is accepted
    Given a UDP socket whose fragments are put together
    When I send these datagrams:
      """
      DATA FRAG a=1 msg-id=5 frag-id=1 frag-index=0 frag-total=2
      DATA FRAG a=1 msg-id=5 frag-id=1 frag-index=1 frag-total=2
      """
    Then the datagram DATA a=1 '' comes back

  @RAS-17 @case:fragments/fragments-of-1200-octets
  Scenario: A fragment of 1,200 octets is accepted beside one of none
    Given a UDP socket whose fragments are put together
    When I send these datagrams:
      """
      DATA FRAG x-reply-size=7 msg-id=5 frag-id=1 frag-index=0 frag-total=2 1200*'a'
      DATA FRAG x-reply-size=7 msg-id=5 frag-id=1 frag-index=1 frag-total=2
      """
    Then the datagram DATA 'xxxxxxx' comes back

  # What is not

  @RAS-6 @case:fragments/fragments-out-of-range-change-nothing @hostile
  Scenario: A fragment out of range leaves the session as it was
    Given a UDP socket whose fragments are put together
    When I send these datagrams:
      """
      DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=2 'one '
      DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=0 'zero'
      DATA FRAG msg-id=5 frag-id=1 frag-index=2 frag-total=2 'equal'
      DATA FRAG msg-id=5 frag-id=1 frag-index=255 frag-total=2 'above'
      DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=1 'one of one'
      DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=2 'two'
      """
    Then only these datagrams come back, in any order:
      """
      DATA 'one two'
      """

  @RAS-6 @case:fragments/fragments-out-of-range-open-nothing @hostile
  Scenario: A fragment out of range is no message and opens no session
    Given a UDP socket whose fragments are put together
    When I send these datagrams:
      """
      DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=0 'zero'
      DATA FRAG msg-id=6 frag-id=2 frag-index=1 frag-total=1 'one of one'
      DATA FRAG msg-id=7 frag-id=3 frag-index=255 frag-total=0 'zero'
      DATA FRAG msg-id=8 frag-id=4 frag-index=2 frag-total=2 'two'
      DATA FRAG msg-id=8 frag-id=4 frag-index=3 frag-total=2 'three'
      """
    Then no DATA datagram comes back

  @RAS-18 @case:fragments/fragments-of-1201-octets @hostile
  Scenario: A fragment with more than 1,200 octets of payload is discarded
    Given a UDP socket whose fragments are put together
    When I send these datagrams:
      """
      DATA FRAG x-reply-size=7 msg-id=5 frag-id=1 frag-index=0 frag-total=2 'one '
      DATA FRAG x-reply-size=7 msg-id=5 frag-id=1 frag-index=1 frag-total=2 1201*'x'
      DATA FRAG x-reply-size=7 msg-id=6 frag-id=2 frag-index=0 frag-total=1 1201*'x'
      DATA FRAG x-reply-size=7 msg-id=7 frag-id=3 frag-index=0 frag-total=1 20000*'x'
      """
    Then no DATA datagram comes back
    When I send the datagram DATA FRAG x-reply-size=7 msg-id=5 frag-id=1 frag-index=1 frag-total=2 'two'
    Then the datagram DATA 'xxxxxxx' comes back

  @RAS-7 @case:fragments/one-of-one
  Scenario: A fragment that is the only one is a message
    Given a UDP socket whose fragments are put together
    When I send these datagrams:
      """
      DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=1 'alone'
      DATA FRAG a=1 msg-id=6 frag-id=2 frag-index=0 frag-total=1 ''
      """
    Then only these datagrams come back, in any order:
      """
      DATA 'alone'
      DATA a=1 ''
      """

  @RAS-4 @case:fragments/copies-are-not-counted
  Scenario: A copy of a fragment does not stand for another
    Given a UDP socket whose fragments are put together
    When I send these datagrams:
      """
      DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=3 'one '
      DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=3 'one '
      DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=3 'two '
      DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=3 'two '
      """
    Then no DATA datagram comes back
    When I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=2 frag-total=3 'three'
    Then the datagram DATA 'one two three' comes back

  @RAS-4 @case:fragments/copies-keep-the-session
  Scenario: A copy of a fragment keeps what is stored
    Given a UDP socket whose fragments are put together
    When I send these datagrams:
      """
      DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=3 'one '
      DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=3 'two '
      DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=3 'one '
      DATA FRAG msg-id=5 frag-id=1 frag-index=2 frag-total=3 'three'
      """
    Then only these datagrams come back, in any order:
      """
      DATA 'one two three'
      """

  @RAS-5 @case:fragments/other-octets-start-anew @hostile
  Scenario: Other octets under a stored index drop all that is stored
    Given a UDP socket whose fragments are put together
    When I send these datagrams:
      """
      DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=3 'one '
      DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=3 'two '
      DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=3 'zwei '
      DATA FRAG msg-id=5 frag-id=1 frag-index=2 frag-total=3 'three'
      """
    Then no DATA datagram comes back
    When I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=3 'new '
    Then the datagram DATA 'new zwei three' comes back

  @RAS-5 @case:fragments/another-total-starts-anew @hostile
  Scenario: Another frag-total drops all that is stored
    Given a UDP socket whose fragments are put together
    When I send these datagrams:
      """
      DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=2 'one '
      DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=3 'two '
      DATA FRAG msg-id=5 frag-id=1 frag-index=2 frag-total=3 'three'
      """
    Then no DATA datagram comes back
    When I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=3 'new '
    Then the datagram DATA 'new two three' comes back

  @RAS-5 @case:fragments/other-flags-start-anew @hostile
  Scenario: Other FLAGS drop all that is stored
    Given a UDP socket whose fragments are put together
    When I send these datagrams:
      """
      DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=2 'one '
      DATA FRAG REQ_ACK msg-id=5 frag-id=1 frag-index=1 frag-total=2 'two'
      """
    Then no datagram comes back
    When I send the datagram DATA FRAG REQ_ACK msg-id=5 frag-id=1 frag-index=0 frag-total=2 'new '
    Then the datagram DATA 'new two' comes back

  @RAS-5 @case:fragments/other-headers-start-anew @hostile
  Scenario: Another header that is not a fragment header drops all that is stored
    Given a UDP socket whose fragments are put together
    When I send these datagrams:
      """
      DATA FRAG a=1 b=2 msg-id=5 frag-id=1 frag-index=0 frag-total=2 'value '
      DATA FRAG a=9 b=2 msg-id=5 frag-id=1 frag-index=1 frag-total=2 'value'
      DATA FRAG a=1 b=2 msg-id=6 frag-id=2 frag-index=0 frag-total=2 'order '
      DATA FRAG b=2 a=1 msg-id=6 frag-id=2 frag-index=1 frag-total=2 'order'
      DATA FRAG a=1 msg-id=7 frag-id=3 frag-index=0 frag-total=2 'more '
      DATA FRAG a=1 b=2 msg-id=7 frag-id=3 frag-index=1 frag-total=2 'more'
      """
    Then no DATA datagram comes back

  # Time

  @RAS-5 @case:fragments/contradiction-starts-the-deadline-anew @wait:33s
  Scenario: A session that a contradiction started anew has a deadline of its own
    Given a UDP socket whose fragments are put together
    When I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=2 'old '
    And 13s pass on the target's clock
    And I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=2 'new '
    And 20s pass on the target's clock
    And I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=2 'one'
    Then the datagram DATA 'new one' comes back

  @RAS-8 @case:fragments/incomplete-message-expires @wait:32s
  Scenario: A message that is incomplete for 30 s is forgotten
    Given a UDP socket whose fragments are put together
    When I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=2 'one '
    And 32s pass on the target's clock
    And I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=2 'two'
    Then no DATA datagram comes back
    When I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=2 'one '
    Then the datagram DATA 'one two' comes back

  @RAS-9 @case:fragments/deadline-is-not-extended @wait:32s
  Scenario: Further fragments give a message no further time
    Given a UDP socket whose fragments are put together
    When I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=3 'one '
    And 11s pass on the target's clock
    And I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=3 'one '
    And 11s pass on the target's clock
    And I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=3 'two '
    And 10s pass on the target's clock
    And I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=2 frag-total=3 'three'
    Then no DATA datagram comes back

  @RAS-10 @case:fragments/message-may-take-its-time @wait:26s
  Scenario: A message whose last fragment comes 26 s after its first is delivered
    Given a UDP socket whose fragments are put together
    When I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=2 'one '
    And 26s pass on the target's clock
    And I send the datagram DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=2 'two'
    Then the datagram DATA 'one two' comes back

  # Limits: a little less than the whole table is used where it has to be free, for
  # what earlier cases left incomplete may still be there.

  @RAS-11 @case:fragments/table-of-960-messages @exclusive @hostile
  Scenario: Very many messages from 16 sources are incomplete at once, and completed
    Given a UDP socket whose fragments are put together
    When 16 sources each send the first fragment of 60 messages
    Then the second fragment of each of the first 960 completes it

  @RAS-12 @case:fragments/table-has-an-end @exclusive @hostile
  Scenario: Of more messages than 1,000 no more are held
    Given a UDP socket whose fragments are put together
    When 20 sources each send the first fragment of 60 messages
    Then their second fragments complete at most 1000 of them
    And what is left of them is completed

  @RAS-13 @case:fragments/full-table-goes-on @exclusive @hostile
  Scenario: A message that is held is completed though the table is full
    Given a UDP socket whose fragments are put together
    When 20 sources each send the first fragment of 60 messages
    Then the second fragment of each of the first 60 completes it
    And what is left of them is completed

  @RAS-14 @case:fragments/full-table-keeps-what-it-has @exclusive @hostile
  Scenario: A message that finds the table full drives out none of another source
    Given a UDP socket whose fragments are put together
    When 20 sources each send the first fragment of 60 messages
    Then the second fragment of each of the first 900 completes it
    And what is left of them is completed

  @RAS-15 @case:fragments/source-has-a-share @exclusive @hostile
  Scenario: One source has at most 64 messages incomplete
    Given a UDP socket whose fragments are put together
    When 1 sources each send the first fragment of 80 messages
    Then their second fragments complete at most 64 of them
    And what is left of them is completed

  # A second copy of each first fragment comes late; then there are new messages.
  @RAS-23 @case:fragments/stragglers-take-no-share @exclusive
  Scenario: Stragglers of delivered messages do not shut their source out
    Given a UDP socket whose fragments are put together
    When 1 sources each send the first fragment of 40 messages
    Then the second fragment of each of the first 40 completes it
    When the first fragment of each of them comes once more
    And 1 sources each send the first fragment of 40 messages
    Then the second fragment of each of the first 80 completes it

  # 64 MiB hold 220 messages of 254 fragments with 1,200 octets each.
  @RAS-20 @case:fragments/payload-has-a-budget @exclusive @hostile @memory
  Scenario: Half-received messages hold at most 64 MiB of payload
    Given a UDP socket whose fragments are put together
    And the memory of the target is noted
    When 4 sources each send 60 messages in 255 fragments of 1200 octets, but for the last one
    Then the memory of the target has grown by less than 96 MiB
    And their last fragments complete at most 220 of these messages

  # Acknowledgement and copies

  @ACK-2 @case:fragments/one-ack-for-the-whole-message
  Scenario: A fragmented message is acknowledged once, when it is complete
    Given a UDP socket whose fragments are put together
    When I send these datagrams:
      """
      DATA FRAG REQ_ACK msg-id=5 frag-id=1 frag-index=0 frag-total=3 'one '
      DATA FRAG REQ_ACK msg-id=5 frag-id=1 frag-index=2 frag-total=3 'three'
      """
    Then no datagram comes back
    When I send the datagram DATA FRAG REQ_ACK msg-id=5 frag-id=1 frag-index=1 frag-total=3 'two '
    Then only these datagrams come back, in any order:
      """
      ACK msg-id=5
      DATA 'one two three'
      """

  @ACK-6 @case:fragments/copy-is-not-delivered
  Scenario: A copy of a message is acknowledged and not delivered
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA REQ_ACK a=1 msg-id=5 'x'
      DATA REQ_ACK a=1 msg-id=5 'x'
      DATA REQ_ACK a=1 msg-id=5 'x'
      """
    Then only these datagrams come back, in any order:
      """
      ACK msg-id=5
      ACK msg-id=5
      ACK msg-id=5
      DATA a=1 'x'
      """

  @ACK-6 @case:fragments/copy-without-ack-is-not-delivered
  Scenario: A copy of a message that asks for no ACK is not delivered
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA msg-id=5 'x'
      DATA msg-id=5 'x'
      """
    Then only these datagrams come back, in any order:
      """
      DATA 'x'
      """

  @ACK-6 @case:fragments/copy-in-fragments-is-not-delivered
  Scenario: A second set of the same fragments is not delivered
    Given a UDP socket whose fragments are put together
    When I send these datagrams:
      """
      DATA FRAG msg-id=5 frag-id=1 frag-index=0 frag-total=2 'one '
      DATA FRAG msg-id=5 frag-id=1 frag-index=1 frag-total=2 'two'
      DATA FRAG msg-id=5 frag-id=9 frag-index=0 frag-total=2 'one '
      DATA FRAG msg-id=5 frag-id=9 frag-index=1 frag-total=2 'two'
      """
    Then only these datagrams come back, in any order:
      """
      DATA 'one two'
      """

  @ACK-6 @case:fragments/late-copy-is-not-delivered @wait:24s
  Scenario: A copy that comes 24 s later is not delivered
    Given a served UDP socket
    When I send the datagram DATA msg-id=5 'x'
    Then the datagram DATA 'x' comes back
    When 24s pass on the target's clock
    And I send the datagram DATA msg-id=5 'x'
    Then no DATA datagram comes back

  # Answers that ask for no ACK have a msg-id all the same [FRG-11].
  @ACK-11 @case:fragments/msg-ids-of-answers-differ
  Scenario: Different fragmented answers have different msg-ids
    Given a served UDP socket
    When I send a DATA of 2300 different octets
    Then its echo comes back, whole or in fragments
    And the answers to 10 such messages in turn have different msg-ids
