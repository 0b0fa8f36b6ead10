@server @compression
Feature: Compression
  What comes under COMP is delivered plain or not at all; what does not, as it is.

  # What a server sends. The echo application asks for no compression, but a server
  # that compresses all the same has to say so.

  @CMP-1 @tcp @case:compression/answers-say-what-they-are
  Scenario: An answer is compressed if and only if COMP says so
    Given a greeted TCP connection
    When I send DATA COMP gz:3000*'ab'
    Then DATA 3000*'ab' comes back, as it is or compressed under COMP
    When I send DATA a=1 3000*'ab'
    Then DATA a=1 3000*'ab' comes back, as it is or compressed under COMP
    When I send DATA COMP gz:'short'
    Then DATA 'short' comes back, as it is or compressed under COMP

  @CMP-1 @udp @case:compression/answers-say-what-they-are-over-udp
  Scenario: An answer over UDP is compressed if and only if COMP says so
    Given a served UDP socket
    When I send the datagram DATA COMP gz:500*'ab'
    Then DATA 500*'ab' comes back, as it is or compressed under COMP
    When I send the datagram DATA 500*'ab'
    Then DATA 500*'ab' comes back, as it is or compressed under COMP

  @CMP-1 @tcp @case:compression/the-flag-decides
  Scenario: A payload that is a gzip file is delivered as it is where COMP is clear
    Given a greeted TCP connection
    When I send DATA x'1f8b08000000000000ff4b4c4a0600c241243503000000'
    Then DATA x'1f8b08000000000000ff4b4c4a0600c241243503000000' comes back, as it is or compressed under COMP

  @CMP-1 @udp @case:compression/the-flag-decides-over-udp
  Scenario: A datagram with a gzip file is delivered as it is where COMP is clear
    Given a served UDP socket
    When I send the datagram DATA x'1f8b08000000000000ff4b4c4a0600c241243503000000'
    Then DATA x'1f8b08000000000000ff4b4c4a0600c241243503000000' comes back, as it is or compressed under COMP

  # What a server delivers

  @CMP-4 @tcp @case:compression/delivered-plain
  Scenario: A compressed message is delivered decompressed
    Given a greeted TCP connection
    When I send, in one write:
      """
      DATA COMP gz:'compressed'
      DATA COMP test=value a=1 a=2 gz:5000*'with headers'
      DATA 'plain'
      DATA COMP gz:''
      """
    Then these frames come back, in this order:
      """
      DATA 'compressed'
      DATA test=value a=1 a=2 5000*'with headers'
      DATA 'plain'
      DATA ''
      """

  @CMP-4 @tcp @case:compression/any-member
  Scenario: Any level and any of the optional fields are fine
    Given a greeted TCP connection
    Then each of these vectors comes back as what it holds, if it comes under COMP:
      """
      vector gzip/level-1
      vector gzip/level-9
      vector gzip/stored-blocks
      vector gzip/flushed
      vector gzip/fname
      vector gzip/fextra-256
      vector gzip/all-fields
      vector gzip/fhcrc
      vector gzip/mtime-xfl-os
      vector gzip/gzip-inside
      vector gzip/window
      vector gzip/nine-hundredfold
      """

  @CMP-4 @udp @case:compression/delivered-plain-over-udp
  Scenario: A compressed datagram is delivered decompressed, and acknowledged
    Given a served UDP socket
    When I send these datagrams:
      """
      DATA COMP REQ_ACK msg-id=5 a=1 gz:'compressed'
      DATA COMP msg-id=6 gz:100*'abc'
      """
    Then only these datagrams come back, in any order:
      """
      ACK msg-id=5
      DATA a=1 'compressed'
      DATA 100*'abc'
      """

  @CMP-4 @udp @case:compression/any-member-over-udp
  Scenario: Any level and any of the optional fields are fine over UDP
    Given a UDP socket whose fragments are put together
    Then each of these vectors comes back as what it holds, if it comes under COMP:
      """
      vector gzip/level-0
      vector gzip/huffman-only
      vector gzip/fcomment
      vector gzip/all-fields
      vector gzip/stored-block
      """

  @CMP-4 @udp @case:compression/decompressed-after-reassembly
  Scenario: A compressed message in fragments is decompressed once it is whole
    Given a UDP socket whose fragments are put together
    When I send the fragments of DATA COMP REQ_ACK msg-id=5 a=1 gz:2000*'0123456789' in 7 pieces
    Then the datagram ACK msg-id=5 comes back
    And the message DATA a=1 2000*'0123456789' comes back

  # What a server does not deliver

  @CMP-6 @tcp @hostile @case:compression/no-member
  Scenario: What is no gzip member is neither delivered nor acknowledged
    Given a greeted TCP connection
    Then none of these vectors is delivered or acknowledged, if it comes under COMP:
      """
      vector gzip/not-gzip
      vector gzip/zlib-format
      vector gzip/raw-deflate
      vector gzip/method-9
      vector gzip/reserved-flag-20
      vector gzip/crc-wrong
      vector gzip/isize-one-more
      vector gzip/fhcrc-wrong
      vector gzip/cut-in-block
      vector gzip/no-trailer
      vector gzip/last-octet-missing
      vector gzip/block-type-3
      """

  @CMP-6 @udp @hostile @case:compression/no-member-over-udp
  Scenario: A datagram with no gzip member is neither delivered nor acknowledged
    Given a served UDP socket
    Then none of these vectors is delivered or acknowledged, if it comes under COMP:
      """
      vector gzip/not-gzip
      vector gzip/zlib-format
      vector gzip/raw-deflate
      vector gzip/reserved-flag-80
      vector gzip/crc-wrong
      vector gzip/isize-one-less
      vector gzip/no-trailer
      vector gzip/last-octet-missing
      """

  @CMP-6 @udp @hostile @case:compression/no-member-in-fragments
  Scenario: Fragments that make up no gzip member are neither delivered nor acknowledged
    Given a UDP socket whose fragments are put together
    When I put vector gzip/crc-wrong into DATA COMP REQ_ACK msg-id=5 and send its fragments
    Then no datagram comes back

  @CMP-7 @tcp @hostile @case:compression/exactly-one-member
  Scenario: An empty payload and octets behind the member are rejected
    Given a greeted TCP connection
    Then none of these vectors is delivered or acknowledged, if it comes under COMP:
      """
      vector gzip/empty-payload
      vector gzip/zero-behind
      vector gzip/octet-behind
      vector gzip/garbage-behind
      vector gzip/two-members
      vector gzip/two-members-second-empty
      vector gzip/frame-behind
      """

  @CMP-7 @udp @hostile @case:compression/exactly-one-member-over-udp
  Scenario: An empty datagram and octets behind the member are rejected over UDP
    Given a served UDP socket
    Then none of these vectors is delivered or acknowledged, if it comes under COMP:
      """
      vector gzip/empty-payload
      vector gzip/zero-behind
      vector gzip/garbage-behind
      vector gzip/two-members
      vector gzip/two-members-second-empty
      """

  # The echo of as much could not be sent: the answers asked for are short.
  @CMP-8 @tcp @case:compression/as-much-as-the-limit
  Scenario: A message that unfolds to 8,388,608 octets is delivered
    Given a greeted TCP connection
    When I send DATA COMP x-reply-size=7 gz:8388608*'x'
    Then DATA 'xxxxxxx' comes back

  @CMP-8 @tcp @hostile @case:compression/one-octet-too-many
  Scenario: A message that unfolds to 8,388,609 octets is rejected with ERR 8
    Given a greeted TCP connection
    When I put vector gzip/default-limit-one-more into DATA COMP REQ_ACK msg-id=7 x-reply-size=7 and send it
    Then ERR err-code=8 comes back
    And it has not been delivered

  @CMP-8 @tcp @hostile @CMP-9 @case:compression/bombs-over-tcp
  Scenario: Messages that unfold to 64 MiB, or do not end, are rejected with ERR 8
    Given a greeted TCP connection
    When I put vector gzip/bomb into DATA COMP x-reply-size=7 and send it
    Then ERR err-code=8 comes back
    When I put vector gzip/bomb-lying-isize into DATA COMP x-reply-size=7 and send it
    Then ERR err-code=8 comes back
    When I put vector gzip/bomb-without-end into DATA COMP x-reply-size=7 and send it
    Then ERR err-code=8 comes back
    And it has not been delivered

  @CMP-8 @udp @hostile @case:compression/bombs-over-udp
  Scenario: Messages that unfold beyond the limit are discarded over UDP
    Given a UDP socket whose fragments are put together
    When I put vector gzip/default-limit-one-more into DATA COMP REQ_ACK x-reply-size=7 msg-id=5 and send its fragments
    And I put vector gzip/bomb into DATA COMP REQ_ACK x-reply-size=7 msg-id=6 and send its fragments
    Then no datagram comes back

  @CMP-8 @tcp @hostile @memory @exclusive @case:compression/bombs-take-no-memory
  Scenario: 64 MiB out of 65,000 octets are not held
    Given a greeted TCP connection
    And the memory of the target is noted
    When I put vector gzip/bomb into DATA COMP x-reply-size=7 and send it
    Then ERR err-code=8 comes back
    And the memory of the target has grown by less than 32 MiB
    And a new connection is served

  @CMP-9 @tcp @hostile @case:compression/failure-leaves-the-connection-open
  Scenario: A connection outlives a failed decompression
    Given a greeted TCP connection
    When I send DATA COMP 'notgzip'
    Then the connection is still in use
    When I put vector gzip/crc-wrong into DATA COMP and send it
    Then the connection is still in use
    When I put vector gzip/two-members into DATA COMP and send it
    Then the connection is still in use

  @CMP-9 @tcp @hostile @case:compression/limit-leaves-the-connection-open
  Scenario: A connection outlives a stopped decompression
    Given a greeted TCP connection
    When I put vector gzip/default-limit-one-more into DATA COMP x-reply-size=7 and send it
    Then the connection is still in use

  @CMP-10 @tcp @hostile @case:compression/bad-payload-is-reported
  Scenario: What is not exactly one valid member is answered with ERR 18
    Given a greeted TCP connection
    Then each of these vectors draws ERR 18 and no echo, if it comes under COMP:
      """
      vector gzip/not-gzip
      vector gzip/empty-payload
      vector gzip/reserved-flag-20
      vector gzip/crc-wrong
      vector gzip/isize-zero
      vector gzip/last-octet-missing
      vector gzip/cut-in-block
      vector gzip/octet-behind
      vector gzip/two-members
      """

  @ERR-9 @tcp @hostile @case:compression/err-names-the-message
  Scenario: The ERR to a message that cannot be decompressed names its msg-id
    Given a greeted TCP connection
    When I send DATA COMP msg-id=7 'notgzip'
    Then at most one ERR comes back, and it is ERR msg-id=7
