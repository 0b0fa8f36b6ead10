@server @tcp
Feature: Errors
  What a server reports, and what it never does.

  @ERR-1 @case:errors/code-is-carried @hostile
  Scenario: An ERR carries its code in err-code
    Given a greeted TCP connection
    When I send 0x09
    Then ERR err-code=4 comes back
    And every frame that came back keeps ERR-1

  @ERR-1 @case:errors/code-of-an-excessive-size @hostile
  Scenario: An excessive size has the code of FrameTooLarge
    Given a greeted TCP connection
    When I send octets 5654010300000010000000
    Then at most one ERR comes back, and it is ERR err-code=8

  @ERR-2 @case:errors/text-is-short-and-echoes-nothing @hostile
  Scenario: The text of an ERR is short UTF-8 and repeats nothing received
    Given a greeted TCP connection
    When I send 0x09 2000*'secret'
    Then ERR comes back
    And every frame that came back keeps ERR-2
    And no frame that came back contains 'secret'

  @ERR-2 @case:errors/text-repeats-no-payload @hostile
  Scenario: What is wrong with a frame is said without its payload
    Given a greeted TCP connection
    When I send WELCOME session-id=1 'secret'
    Then at most one ERR comes back, and it is ERR
    And no frame that came back contains 'secret'

  @ERR-3 @case:errors/no-err-for-an-err
  Scenario: ERR, ACK and PONG draw no ERR
    Given a greeted TCP connection
    When I send, in one write:
      """
      ERR err-code=4 'unknown type'
      ACK msg-id=3
      PONG 'p'
      """
    Then nothing but the echo of a sentinel comes back

  @ERR-5 @case:errors/welcome-at-a-server @hostile
  Scenario: WELCOME at a server is out of place
    Given a greeted TCP connection
    When I send WELCOME session-id=1
    Then ERR err-code=13 comes back
    And the connection is still in use

  @ERR-9 @case:errors/msg-id-is-repeated @hostile @no-compression
  Scenario: An ERR that answers a DATA names its msg-id
    Given a greeted TCP connection
    When I send DATA COMP msg-id=7 'notgzip'
    Then at most one ERR comes back, and it is ERR msg-id=7

  # Compression that is not offered

  @CMP-11 @case:errors/compression-not-offered @hostile @no-compression
  Scenario: A compressed message is not delivered by an endpoint without compression
    Given a greeted TCP connection
    When I send vector frame/comp-gzip
    Then it has not been delivered, and the connection is still in use

  @CMP-11 @case:errors/compressed-is-not-acknowledged @hostile @no-compression
  Scenario: A compressed message is not acknowledged by an endpoint without compression
    Given a greeted TCP connection
    When I send DATA REQ_ACK COMP msg-id=8 x'1f8b080000000000000373741c05a360148c5400001afb37b700040000'
    Then no ACK comes back

  @ERR-4 @case:errors/err-ends-no-connection
  Scenario: An ERR does not end a connection
    Given a greeted TCP connection
    When I send, in one write:
      """
      ERR err-code=15 'sorry'
      ERR err-code=6
      ERR 'no code'
      """
    Then the connection is still in use
