@client @tls
Feature: TLS clients
  A client completes handshakes in TLS 1.3 alone, and only with a server that proves to
  be the one that it was asked to reach.

  @TLS-2 @case:client-tls/version-1-3
  Scenario: A handshake in TLS 1.3 is completed
    When a client connects to a server that speaks TLS 1.3 alone
    And the client sends DATA 'x'
    Then a DATA arrives within 1s, after HELLO or without

  @TLS-2 @case:client-tls/version-1-2-refused
  Scenario: A server that speaks TLS 1.2 and older versions is refused
    Given a greeted client over TLS
    When a client is asked to connect to a server that speaks nothing above TLS 1.2
    Then the client refuses the server
    And a new connection of the client works

  @TLS-2 @case:client-tls/version-1-1-refused
  Scenario: A server that speaks TLS 1.1 and older versions is refused
    Given a greeted client over TLS
    When a client is asked to connect to a server that speaks nothing above TLS 1.1
    Then the client refuses the server
    And a new connection of the client works

  @TLS-6 @case:client-tls/unknown-root
  Scenario: A server with a certificate of an unknown root is refused
    Given a greeted client over TLS
    When a client is asked to connect to a server whose certificate goes back to another root
    Then the client refuses the server with Io
    And a new connection of the client works

  @TLS-6 @case:client-tls/no-root-given
  Scenario: A client that was given no root does not trust everybody
    Given a greeted client over TLS
    When a client that was given no root is asked to connect to a server of the judge's
    Then the client refuses the server with Io
    And a new connection of the client works

  @TLS-6 @case:client-tls/another-host
  Scenario: A server with a certificate for other hosts is refused
    Given a greeted client over TLS
    When a client is asked to connect to a server whose certificate is for other hosts
    Then the client refuses the server with Io
    And a new connection of the client works

  @TLS-6 @case:client-tls/name-in-place-of-an-address
  Scenario: A server that is reached by its address has to be certified by it
    Given a greeted client over TLS
    When a client is asked to connect by address to a server whose certificate has a name alone
    Then the client refuses the server with Io
    And a new connection of the client works

  @TLS-6 @case:client-tls/expired
  Scenario: A server with a certificate that has expired is refused
    Given a greeted client over TLS
    When a client is asked to connect to a server whose certificate has expired
    Then the client refuses the server with Io
    And a new connection of the client works

  # The octet stream inside

  @TCP-2 @case:client-tls/hello-before-data
  Scenario: HELLO comes before the first DATA
    When a client connects to a server that speaks TLS 1.3 alone
    And the client sends DATA 'x'
    Then HELLO arrives before any DATA

  @TCP-10 @case:client-tls/bye-before-the-end
  Scenario: A client ends the conversation with BYE
    Given a greeted client over TLS
    When the client closes the connection
    Then the last frame before the client closes the connection is BYE
    And closing succeeds

  @TCP-24 @case:client-tls/ping-is-answered
  Scenario: A client that waits answers PING
    Given a greeted client over TLS
    When the client waits for a message
    And I send PING 'are you there'
    Then PONG 'are you there' arrives

  @TCP-12 @case:client-tls/cut-within-a-frame
  Scenario: A frame that is cut off is not delivered, whatever TLS thinks of it
    Given a greeted client over TLS
    When I send first 20 octets of vector frame/guide-example
    And I end my sending direction without close_notify
    Then the client reports ConnectionClosed
    And a new connection of the client works

  @TCP-26 @case:client-tls/messages-before-the-end
  Scenario: What came before the end of the stream is handed over first
    Given a greeted client over TLS
    When I send, in one write:
      """
      DATA 'one'
      DATA 'two'
      """
    And I end my sending direction without close_notify
    Then the client receives, in this order:
      """
      DATA 'one'
      DATA 'two'
      """
    And the client reports ConnectionClosed
