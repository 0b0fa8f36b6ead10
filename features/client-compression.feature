@client @compression
Feature: Compression by clients
  What a client compresses says so; what it gets compressed, its application gets plain.

  # What a client sends when it is asked to compress. Whether it does is its choice.

  @CMP-1 @tcp @case:client-compression/messages-say-what-they-are
  Scenario: A message is compressed if and only if COMP says so
    Given a greeted client over TCP
    When the client sends compressed DATA 2000*'ab'
    Then it arrives, as it is or compressed under COMP
    When the client sends compressed DATA key=value 100000*'abc'
    Then it arrives, as it is or compressed under COMP
    When the client sends compressed a DATA of 50000 octets that gzip makes about half as long
    Then it arrives, as it is or compressed under COMP
    When the client sends compressed DATA 'short'
    Then it arrives, as it is or compressed under COMP

  @CMP-1 @tcp @case:client-compression/nobody-asked
  Scenario: What nobody asks to compress has no COMP, be it a gzip file
    Given a greeted client over TCP
    When the client sends DATA x'1f8b08000000000000ff4b4c4a0600c241243503000000'
    Then DATA flags=0x00 x'1f8b08000000000000ff4b4c4a0600c241243503000000' arrives

  @CMP-1 @udp @case:client-compression/messages-say-what-they-are-over-udp
  Scenario: A message over UDP is compressed if and only if COMP says so
    Given a served client over UDP
    When the client sends compressed DATA 550*'ab'
    Then it arrives, as it is or compressed under COMP
    When the client sends compressed DATA key=value 20000*'abc'
    Then it arrives, as it is or compressed under COMP
    When the client sends compressed a DATA of 20000 octets that gzip makes about half as long
    Then it arrives, as it is or compressed under COMP

  @CMP-2 @tcp @case:client-compression/headers-are-not-compressed
  Scenario: Compression leaves the headers as they are
    Given a greeted client over TCP
    When the client sends compressed a DATA of 5000 octets that gzip makes about half as long
    Then it arrives with its headers as they were

  @CMP-2 @udp @case:client-compression/headers-are-not-compressed-over-udp
  Scenario: Compression leaves the headers as they are over UDP
    Given a served client over UDP
    When the client sends compressed a DATA of 1800 octets that gzip makes about half as long
    Then it arrives with its headers as they were

  @CMP-3 @udp @case:client-compression/compressed-before-it-is-cut
  Scenario: A message is compressed first and cut then
    Given a served client over UDP
    When the client sends compressed a DATA of 40000 octets that gzip makes about half as long
    Then it arrives in fragments that were cut from one gzip member

  @CMP-5 @tcp @case:client-compression/short-payloads-are-not-compressed
  Scenario: A payload of 1,023 octets is not compressed
    Given a greeted client over TCP
    When the client sends compressed DATA 1023*'x'
    Then it arrives as it is
    When the client sends compressed DATA 500*'x'
    Then it arrives as it is
    When the client sends compressed DATA ''
    Then it arrives as it is

  @CMP-5 @udp @case:client-compression/short-payloads-are-not-compressed-over-udp
  Scenario: A payload of 1,023 octets is not compressed over UDP
    Given a served client over UDP
    When the client sends compressed DATA 1023*'x'
    Then it arrives as it is
    When the client sends compressed DATA 'x'
    Then it arrives as it is

  # What a client receives

  @CMP-4 @tcp @case:client-compression/received-plain
  Scenario: A compressed message is received decompressed
    Given a greeted client over TCP
    When I send, in one write:
      """
      DATA COMP gz:'compressed'
      DATA COMP test=value a=1 a=2 gz:5000*'with headers'
      DATA x'1f8b08000000000000ff4b4c4a0600c241243503000000'
      DATA COMP gz:''
      """
    Then the client receives, in this order:
      """
      DATA 'compressed'
      DATA test=value a=1 a=2 5000*'with headers'
      DATA x'1f8b08000000000000ff4b4c4a0600c241243503000000'
      DATA ''
      """

  @CMP-4 @tcp @case:client-compression/any-member
  Scenario: A client takes any level and any of the optional fields
    Given a greeted client over TCP
    Then each of these vectors reaches the client as what it holds, if it comes under COMP:
      """
      vector gzip/level-1
      vector gzip/stored-blocks
      vector gzip/fname
      vector gzip/fextra-256
      vector gzip/all-fields
      vector gzip/gzip-inside
      vector gzip/nine-hundredfold
      """

  @CMP-4 @udp @case:client-compression/received-plain-over-udp
  Scenario: A compressed datagram is received decompressed
    Given a served client over UDP
    Then each of these vectors reaches the client as what it holds, if it comes under COMP:
      """
      vector gzip/abc
      vector gzip/nothing-inside
      vector gzip/level-0
      vector gzip/huffman-only
      vector gzip/fcomment
      """

  @CMP-4 @udp @case:client-compression/decompressed-after-reassembly
  Scenario: A compressed message in fragments is decompressed once it is whole
    Given a served client over UDP
    When the client waits for a message
    And I send the fragments of DATA COMP REQ_ACK msg-id=5 a=1 gz:2000*'0123456789' in 7 pieces
    Then the datagram ACK msg-id=5 arrives
    And the client receives DATA a=1 2000*'0123456789'

  @CMP-6 @tcp @hostile @case:client-compression/no-member
  Scenario: A client neither delivers nor acknowledges what is no gzip member
    Given a greeted client over TCP
    Then none of these vectors reaches a client, or is acknowledged, if it comes under COMP:
      """
      vector gzip/not-gzip
      vector gzip/zlib-format
      vector gzip/raw-deflate
      vector gzip/crc-wrong
      vector gzip/isize-one-more
      vector gzip/last-octet-missing
      """

  @CMP-6 @udp @hostile @case:client-compression/no-member-over-udp
  Scenario: A client neither delivers nor acknowledges a datagram with no gzip member
    Given a served client over UDP
    When the client waits for a message
    Then none of these vectors reaches a client, or is acknowledged, if it comes under COMP:
      """
      vector gzip/not-gzip
      vector gzip/zlib-format
      vector gzip/raw-deflate
      vector gzip/reserved-flag-20
      vector gzip/crc-wrong
      vector gzip/isize-one-less
      vector gzip/last-octet-missing
      """

  @ERR-9 @tcp @hostile @case:client-compression/err-names-the-message
  Scenario: The ERR of a client to what it cannot decompress names its msg-id
    Given a greeted client over TCP
    When the client waits for a message
    And I send DATA COMP msg-id=7 'notgzip'
    Then at most one ERR arrives, and it is ERR msg-id=7
