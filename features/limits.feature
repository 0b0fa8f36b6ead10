@server
Feature: Limits and robustness
  Sizes at their edges, and peers that mean no good.

  @LIM-1 @case:limits/largest-frame @tcp
  Scenario: A frame of 8,388,608 octets in all is accepted
    Given a greeted TCP connection
    When I send DATA 8388593*'x'
    Then DATA 8388593*'x' comes back within 5s

  @LIM-2 @case:limits/frame-one-octet-too-large @tcp @hostile
  Scenario: A frame of 8,388,609 octets is refused
    Given a greeted TCP connection
    When I send a frame that declares 8388609 octets, and 1000 octets of its body
    Then no DATA comes back before the target closes the connection
    And a new connection is served

  @LIM-2 @case:limits/sum-that-wraps @tcp @hostile
  Scenario: A total that is small only in 32 bits is refused
    Given a greeted TCP connection
    When I send octets 56540103001000fffffff50e006b65798f29261a66757274686572
    Then no DATA comes back before the target closes the connection
    And a new connection is served

  @LIM-5 @case:limits/declared-lengths-reserve-nothing @tcp @hostile @memory @exclusive
  Scenario: Memory is not reserved for what is only declared
    Given the memory of the target is noted
    When 200 connections each declare a frame of 8388608 octets and send no more
    Then the memory of the target has grown by less than 64 MiB
    And a new connection is served

  @SEC-1 @case:limits/random-octets-over-tcp @tcp @hostile
  Scenario: Random octets over TCP crash and stop nothing
    Given another greeted TCP connection B
    When 50 connections each send 2000 random octets
    Then a new connection is served
    When I use connection B
    Then the connection is still in use

  @SEC-1 @case:limits/random-datagrams @udp @hostile
  Scenario: Random datagrams crash and stop nothing
    Given a served UDP socket
    When I send 500 random datagrams
    Then the socket is still served
    And another source is still served

  @SEC-1 @case:limits/mutated-frames-over-tcp @tcp @hostile
  Scenario: Frames with random faults crash and stop nothing
    Given another greeted TCP connection B
    When 100 connections each send a frame with random faults
    Then a new connection is served
    When I use connection B
    Then the connection is still in use

  @SEC-1 @case:limits/slow-octets @tcp @hostile
  Scenario: A client that stops in the middle of a frame holds nobody up
    Given a greeted TCP connection
    When I send first 20 octets of vector frame/guide-example
    Then a new connection is served
