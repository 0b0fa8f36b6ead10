@client
Feature: Easy clients
  A client that takes and yields JSON values in place of frames, over TCP and UDP.

  @EASY-1 @case:client-easy/values-over-tcp @easy-tcp
  Scenario: A client sends each value over TCP as one DATA with one JSON text
    Given an Easy client over TCP
    When the client sends the value {"n":1,"list":[null,true,"ä\u0001",-2.5e3],"in":{}}
    Then the value {"n":1,"list":[null,true,"ä\u0001",-2500],"in":{}} arrives
    When the client sends the value null
    Then the value null arrives
    When the client sends the value "𝄞"
    Then the value "𝄞" arrives
    When the client sends the value 42
    Then the value 42 arrives

  @EASY-1 @case:client-easy/values-over-udp @easy-udp
  Scenario: A client sends each value over UDP as one DATA with one JSON text
    Given an Easy client over UDP
    When the client sends the value {"n":1,"list":[null,true,"ä\u0001",-2.5e3],"in":{}}
    Then the value {"n":1,"list":[null,true,"ä\u0001",-2500],"in":{}} arrives
    When the client sends the value null
    Then the value null arrives

  @EASY-2 @case:client-easy/requests-are-labelled-over-tcp @easy-tcp
  Scenario: Requests over TCP have the content-type of JSON
    Given an Easy client over TCP
    When the client sends the value 1
    Then DATA content-type=application/json arrives

  @EASY-2 @case:client-easy/requests-are-labelled-over-udp @easy-udp
  Scenario: Requests over UDP have the content-type of JSON
    Given an Easy client over UDP
    When the client sends the value 1
    Then the datagram DATA content-type=application/json arrives

  # The text is the sender's: white space and escapes are its choice, and so is the label.
  @EASY-1 @case:client-easy/any-notation-is-read-over-tcp @easy-tcp
  Scenario: A client reads a response over TCP in any notation
    Given an Easy client over TCP
    When the client sends the value 1
    And I send DATA ' { "n" : 1.0e0 , "t" : "\u00e4" } '
    Then the client receives the value {"t":"ä","n":1}
    When the client sends the value 2
    And I send DATA content-type=text/plain 'null'
    Then the client receives the value null

  @EASY-1 @case:client-easy/any-notation-is-read-over-udp @easy-udp
  Scenario: A client reads a response over UDP in any notation
    Given an Easy client over UDP
    When the client sends the value 1
    And I send the datagram DATA ' { "n" : 1.0e0 , "t" : "\u00e4" } '
    Then the client receives the value {"t":"ä","n":1}

  @EASY-6 @case:client-easy/other-frames-over-tcp @easy-tcp @hostile
  Scenario: A client returns no frame over TCP but DATA as a response
    Given an Easy client over TCP
    When the client sends the value 1
    And the client waits for a message
    And I send, in one write:
      """
      PING '41'
      PONG '42'
      WELCOME session-id=1 '43'
      ACK msg-id=1 '44'
      DATA '45'
      """
    Then the client receives the value 45

  @EASY-6 @case:client-easy/other-frames-over-udp @easy-udp @hostile
  Scenario: A client returns no frame over UDP but DATA as a response
    Given an Easy client over UDP
    When the client sends the value 1
    And the client waits for a message
    And I send these datagrams:
      """
      PING '41'
      PONG '42'
      WELCOME session-id=1 '43'
      ACK msg-id=1 '44'
      HELLO '45'
      BYE '46'
      """
    And I send the datagram DATA '47'
    Then the client receives the value 47

  @ERR-7 @case:client-easy/errors-are-reported-over-tcp @easy-tcp
  Scenario: A client reports what an Easy server says over TCP has gone wrong, in its place
    Given an Easy client over TCP
    When the client sends the value 1
    And the client sends the value 2
    And the client sends the value 3
    And I send, in one write:
      """
      ERR err-code=12 'payload is not JSON'
      ERR err-code=15
      DATA '3'
      """
    Then the client reports the peer's DeserializationError
    And the client reports the peer's ServerError
    And the client receives the value 3

  @ERR-7 @case:client-easy/errors-are-reported-over-udp @easy-udp
  Scenario: A client reports what an Easy server says over UDP has gone wrong
    Given an Easy client over UDP
    When the client sends the value 1
    And I send the datagram ERR err-code=12 'payload is not JSON'
    Then the client reports the peer's DeserializationError
    When the client sends the value 2
    And I send the datagram ERR err-code=15
    Then the client reports the peer's ServerError

  @EASY-8 @case:client-easy/timeout-over-tcp @easy-tcp
  Scenario: A receive over TCP ends with Timeout when its time is over, and loses nothing
    Given an Easy client over TCP
    When the client sends the value 1
    Then a receive of the client that waits for 300ms fails with Timeout
    When I send DATA '1'
    Then the client receives the value 1

  @EASY-8 @case:client-easy/timeout-over-udp @easy-udp
  Scenario: A receive over UDP ends with Timeout when its time is over
    Given an Easy client over UDP
    When the client sends the value 1
    Then a receive of the client that waits for 300ms fails with Timeout
    When the client sends the value 2
    And I send the datagram DATA '2'
    Then the client receives the value 2

  @EASY-9 @case:client-easy/other-sources @easy-udp @hostile
  Scenario: A client ignores responses from any other address or port
    Given an Easy client over UDP
    And another peer C of the client on the same address
    And another peer B of the client
    When the client sends the value 1
    And I use peer B
    And I send the datagram DATA '"from B"'
    And I use peer C
    And I send the datagram DATA '"from C"'
    And I send the datagram ERR err-code=15
    And I use peer A
    And I send the datagram DATA '"from A"'
    Then the client receives the value "from A"
    And a receive of the client that waits for 300ms fails with Timeout
