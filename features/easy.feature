@server
Feature: Easy endpoints
  A server that takes and returns JSON values, over TCP and UDP. Its handler returns the
  value that it was given, waits on demand, and fails on demand.

  @EASY-1 @case:easy/values-over-tcp @easy-tcp
  Scenario: Every answer over TCP is one DATA with one JSON text
    Given a served Easy connection
    When I send DATA content-type=application/json '{"n":1,"list":[null,true,"ä",-2.5e3],"in":{"x-fail":false}}'
    Then the value {"n":1,"list":[null,true,"ä",-2500],"in":{"x-fail":false}} comes back
    When I send DATA content-type=application/json ' 42 '
    Then the value 42 comes back
    When I send DATA content-type=application/json 'null'
    Then the value null comes back
    When I send DATA content-type=application/json '"𝄞"'
    Then the value "𝄞" comes back
    When I send DATA content-type=application/json '[]'
    Then the value [] comes back
    And nothing but the value of a sentinel comes back

  @EASY-1 @case:easy/values-over-udp @easy-udp
  Scenario: Every answer over UDP is one DATA with one JSON text
    Given a served Easy socket
    When I send the datagram DATA content-type=application/json '{"n":1,"list":[null,true,"ä",-2.5e3],"in":{"x-fail":false}}'
    Then the value {"n":1,"list":[null,true,"ä",-2500],"in":{"x-fail":false}} comes back
    When I send the datagram DATA content-type=application/json 'null'
    Then the value null comes back
    When I send the datagram DATA content-type=application/json '"𝄞"'
    Then the value "𝄞" comes back
    And nothing but the value of a sentinel comes back

  @EASY-2 @case:easy/answers-are-labelled-over-tcp @easy-tcp
  Scenario: Answers over TCP have the content-type of JSON
    Given a served Easy connection
    When I send DATA '1'
    Then DATA content-type=application/json comes back

  @EASY-2 @case:easy/answers-are-labelled-over-udp @easy-udp
  Scenario: Answers over UDP have the content-type of JSON
    Given a served Easy socket
    When I send the datagram DATA '1'
    Then the datagram DATA content-type=application/json comes back

  # No one requires content-type: what a request says of itself makes no difference.
  @EASY-3 @case:easy/each-request-one-answer-over-tcp @easy-tcp
  Scenario: Each request over TCP has one answer, whatever its label says
    Given a served Easy connection
    When I send, in one write:
      """
      DATA '1'
      DATA content-type=text/plain '2'
      DATA content-type=application/json x=y '3'
      DATA msg-id=7 '4'
      """
    Then the value 1 comes back
    And the value 2 comes back
    And the value 3 comes back
    And the value 4 comes back
    And nothing but the value of a sentinel comes back

  @EASY-3 @case:easy/answers-in-order @easy-tcp
  Scenario: Answers over TCP come in the order of the requests, also behind a slow one
    Given a served Easy connection
    When I send, in one write:
      """
      DATA '{"x-delay-ms":400,"n":1}'
      DATA '{"n":2}'
      DATA '{"x-delay-ms":100,"n":3}'
      DATA '{"n":4}'
      """
    Then the value {"x-delay-ms":400,"n":1} comes back within 1400ms
    And the value {"n":2} comes back
    And the value {"x-delay-ms":100,"n":3} comes back within 1100ms
    And the value {"n":4} comes back

  @EASY-3 @case:easy/each-request-one-answer-over-udp @easy-udp
  Scenario: Each request over UDP has one answer
    Given a served Easy socket
    When I send these datagrams:
      """
      DATA '1'
      DATA content-type=text/plain '2'
      DATA msg-id=7 '3'
      """
    Then the value 1 comes back
    And the value 2 comes back
    And the value 3 comes back
    And nothing but the value of a sentinel comes back

  @PRI-3 @case:easy/errors-keep-their-place @easy-tcp
  Scenario: An ERR that answers a request does not overtake the answers before it
    Given a served Easy connection
    When I send, in one write:
      """
      DATA '{"x-delay-ms":300,"n":1}'
      DATA 'nope'
      DATA '{"n":2}'
      DATA '{"x-fail":true}'
      DATA '{"n":3}'
      """
    Then the value {"x-delay-ms":300,"n":1} comes back within 1300ms
    And ERR err-code=12 comes back
    And the value {"n":2} comes back
    And ERR err-code=15 comes back
    And the value {"n":3} comes back

  @EASY-4 @case:easy/unreadable-over-tcp @easy-tcp @hostile
  Scenario: What is no JSON is answered with ERR 12 over TCP, and serving goes on
    Given a served Easy connection
    When I send DATA 'nope'
    Then ERR err-code=12 comes back
    When I send DATA
    Then ERR err-code=12 comes back
    When I send DATA content-type=application/json '{"n":1'
    Then ERR err-code=12 comes back
    When I send DATA '1 2'
    Then ERR err-code=12 comes back
    When I send DATA x'22ff22'
    Then ERR err-code=12 comes back
    When I send DATA '{"n":1}'
    Then the value {"n":1} comes back
    And nothing but the value of a sentinel comes back

  @EASY-4 @case:easy/unreadable-over-udp @easy-udp @hostile
  Scenario: What is no JSON is answered with ERR 12 over UDP, and serving goes on
    Given a served Easy socket
    When I send the datagram DATA 'nope'
    Then the datagram ERR err-code=12 comes back
    When I send the datagram DATA
    Then the datagram ERR err-code=12 comes back
    When I send the datagram DATA x'22ff22'
    Then the datagram ERR err-code=12 comes back
    When I send the datagram DATA '{"n":1}'
    Then the value {"n":1} comes back
    And nothing but the value of a sentinel comes back

  @ERR-9 @case:easy/error-names-the-request-over-tcp @easy-tcp
  Scenario: An ERR that answers a request over TCP names its msg-id
    Given a served Easy connection
    When I send DATA msg-id=71 'nope'
    Then ERR err-code=12 msg-id=71 comes back
    When I send DATA msg-id=18446744073709551615 '{"x-fail":true}'
    Then ERR err-code=15 msg-id=18446744073709551615 comes back

  @ERR-9 @case:easy/error-names-the-request-over-udp @easy-udp
  Scenario: An ERR that answers a request over UDP names its msg-id
    Given a served Easy socket
    When I send the datagram DATA msg-id=71 'nope'
    Then the datagram ERR err-code=12 msg-id=71 comes back
    When I send the datagram DATA msg-id=72 '{"x-fail":true}'
    Then the datagram ERR err-code=15 msg-id=72 comes back

  # The datagram has 19 octets.
  @UDP-11 @case:easy/errors-do-not-amplify @easy-udp @hostile
  Scenario: The ERR for an unreadable request is at most three times as long
    Given a served Easy socket
    When I send the datagram DATA 'nope'
    Then all frames that answer it have at most 57 octets

  # The datagram has 28 octets.
  @UDP-11 @case:easy/errors-and-acks-do-not-amplify @easy-udp @hostile
  Scenario: ACK and ERR together are at most three times as long
    Given a served Easy socket
    When I send the datagram DATA REQ_ACK msg-id=5 'nope'
    Then all frames that answer it have at most 84 octets

  @EASY-5 @case:easy/failing-handler-over-tcp @easy-tcp
  Scenario: A request over TCP whose handler fails is answered with ERR 15
    Given a served Easy connection
    When I send DATA '{"x-fail":true}'
    Then ERR err-code=15 comes back
    When I send DATA '{"x-fail":true,"x-delay-ms":100}'
    Then ERR err-code=15 comes back within 1100ms
    When I send DATA '{"x-fail":false}'
    Then the value {"x-fail":false} comes back
    And nothing but the value of a sentinel comes back

  @EASY-5 @case:easy/failing-handler-over-udp @easy-udp
  Scenario: A request over UDP whose handler fails is answered with ERR 15
    Given a served Easy socket
    When I send the datagram DATA '{"x-fail":true}'
    Then the datagram ERR err-code=15 comes back
    When I send the datagram DATA '{"x-fail":true,"x-delay-ms":100}'
    Then the datagram ERR err-code=15 comes back within 1100ms
    When I send the datagram DATA '{"x-fail":false}'
    Then the value {"x-fail":false} comes back
    And nothing but the value of a sentinel comes back

  @EASY-6 @case:easy/other-frames-over-tcp @easy-tcp @hostile
  Scenario: No frame over TCP but DATA reaches the handler
    Given a served Easy connection
    When I send, in one write:
      """
      PING '42'
      HELLO '43'
      PONG '44'
      ACK msg-id=1 '45'
      WELCOME session-id=1 '46'
      ERR err-code=15 '47'
      """
    Then no value but that of a sentinel comes back

  @EASY-6 @case:easy/other-frames-over-udp @easy-udp @hostile
  Scenario: No frame over UDP but DATA reaches the handler
    Given a served Easy socket
    When I send these datagrams:
      """
      PING '42'
      HELLO '43'
      PONG '44'
      ACK msg-id=1 '45'
      WELCOME session-id=1 '46'
      ERR err-code=15 '47'
      BYE '48'
      """
    Then no value but that of a sentinel comes back

  @TCP-6 @case:easy/ping-is-answered @easy-tcp
  Scenario: PING on an Easy connection draws PONG, even if its payload is a value
    Given a served Easy connection
    When I send PING '42'
    Then PONG '42' comes back

  @UDP-8 @case:easy/ping-is-answered-over-udp @easy-udp
  Scenario: PING to an Easy address draws PONG, even if its payload is a value
    Given a served Easy socket
    When I send the datagram PING '42'
    Then the datagram PONG '42' comes back

  @EASY-7 @case:easy/slow-handler-over-udp @easy-udp
  Scenario: A handler that takes its time over UDP holds up no other client
    Given a served Easy socket
    And another served Easy socket B
    When I use socket A
    And I send these datagrams:
      """
      DATA '{"x-delay-ms":1600,"n":1}'
      DATA '{"x-delay-ms":1600,"n":2}'
      DATA '{"x-delay-ms":1600,"n":3}'
      DATA '{"x-delay-ms":1600,"n":4}'
      """
    And I use socket B
    And I send the datagram DATA '{"n":5}'
    Then the value {"n":5} comes back
    When I use socket A
    Then the value {"x-delay-ms":1600,"n":1} comes back within 2600ms
