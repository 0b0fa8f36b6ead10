@server
Feature: TLS
  The octet stream of TCP inside TLS 1.3, at a listener of its own: who is let in, who
  is not, and that nothing of VSTP is different once a client is in.

  # The handshake

  @TLS-2 @case:tls/version-1-3 @tls
  Scenario: A handshake in TLS 1.3 is completed
    When a handshake in TLS 1.3 succeeds
    And I send DATA 'x'
    Then DATA 'x' comes back

  @TLS-2 @case:tls/version-1-2-refused @tls
  Scenario: A client that offers TLS 1.2 and older versions is refused
    Given a greeted TLS connection
    Then a client that offers nothing above TLS 1.2 completes no handshake
    And a new connection is served

  @TLS-2 @case:tls/version-1-1-refused @tls
  Scenario: A client that offers TLS 1.1 and older versions is refused
    Given a greeted TLS connection
    Then a client that offers nothing above TLS 1.1 completes no handshake
    And a new connection is served

  @TLS-3 @case:tls/client-without-certificate @tls-verify
  Scenario: Where clients are verified, one without a certificate is refused
    Given a greeted TLS connection of a client with a trusted certificate
    When a client without a certificate connects and greets
    Then it is refused, and no frame comes back
    And a new connection is served

  @TLS-3 @case:tls/client-with-unknown-certificate @tls-verify
  Scenario: Where clients are verified, one with a certificate of an unknown root is refused
    Given a greeted TLS connection of a client with a trusted certificate
    When a client with a certificate that nobody trusts connects and greets
    Then it is refused, and no frame comes back
    And a new connection is served

  @TLS-4 @case:tls/handshake-never-begun @tls @hostile @wait:30s
  Scenario: A client that never begins the handshake is cut off after 30 s
    Given a greeted TLS connection
    And a TCP connection to the TLS listener
    Then the target closes the connection within 30s on its clock, and no frame comes back
    And a new connection is served

  @TLS-4 @case:tls/handshake-stalled @tls @hostile @wait:30s
  Scenario: A client that does not go on with the handshake is cut off after 30 s
    Given a greeted TLS connection
    And a TCP connection to the TLS listener
    When I send the first 20 octets of a TLS ClientHello
    Then the target closes the connection within 30s on its clock, and no frame comes back
    And a new connection is served

  @TLS-4 @case:tls/handshake-dribbled @tls @hostile @wait:30s
  Scenario: Octets that go on arriving do not put the end of the handshake off
    Given a greeted TLS connection
    And a TCP connection to the TLS listener
    When I send the first 20 octets of a TLS ClientHello, the last 10 of them one every 2s on the target's clock
    Then the target closes the connection within 10s on its clock, and no frame comes back
    And a new connection is served

  @TLS-4 @case:tls/handshake-after-20-s @tls @wait:20s
  Scenario: There is time for a handshake that begins after 20 s
    When a handshake in TLS 1.3 that begins 20s later on the target's clock succeeds
    And I send DATA 'x'
    Then DATA 'x' comes back

  # One listener, one protocol

  @TLS-5 @case:tls/plaintext-at-the-tls-listener @tls @hostile
  Scenario: Frames in plaintext are not accepted at a TLS listener
    Given a greeted TLS connection
    And a TCP connection to the TLS listener
    When I send, in one write:
      """
      HELLO
      DATA 'in plaintext'
      """
    And I end my sending direction
    Then the target closes the connection within 30s on its clock, and no frame comes back
    And a new connection is served

  @TLS-5 @case:tls/tls-at-the-plaintext-listener @tcp @hostile
  Scenario: Frames inside TLS are not accepted at a plaintext listener
    Given a greeted TCP connection
    Then a TLS handshake at the TCP listener does not succeed
    And a new connection is served

  @TCP-13 @case:tls/client-hello-is-a-wrong-magic @tcp @hostile
  Scenario: A TLS ClientHello at a plaintext listener is a wrong MAGIC
    Given a greeted TCP connection
    When I send a TLS ClientHello
    Then no DATA comes back before the target closes the connection
    And a new connection is served

  # The octet stream inside

  @TCP-1 @case:tls/hello-is-welcomed @tls
  Scenario: HELLO is answered with one WELCOME
    Given a greeted TLS connection
    When I send, in one write:
      """
      HELLO
      PING 'after'
      """
    Then these frames come back, in this order:
      """
      WELCOME
      PONG 'after'
      """

  @TCP-5 @case:tls/one-octet-in-a-record @tls
  Scenario: A frame may be spread over as many records as it has octets
    Given a greeted TLS connection
    When I send, one octet at a time:
      """
      DATA key=value 'in pieces'
      DATA 'and another'
      """
    Then these frames come back, in this order:
      """
      DATA key=value 'in pieces'
      DATA 'and another'
      """

  @LIM-1 @case:tls/largest-frame @tls
  Scenario: The largest frame passes through TLS
    Given a greeted TLS connection
    When I send DATA 8388593*'x'
    Then DATA 8388593*'x' comes back within 5s

  @TCP-8 @case:tls/bye-closes @tls
  Scenario: BYE ends the connection when everything owed was sent
    Given a greeted TLS connection
    When I send, in one write:
      """
      DATA x-delay-ms=100 'owed'
      BYE
      """
    Then these frames come back, and then the target closes the connection:
      """
      DATA 'owed'
      """

  @TCP-11 @case:tls/end-with-close-notify @tls
  Scenario: A client that ends its direction with close_notify gets its answers
    Given a greeted TLS connection
    When I send DATA x-delay-ms=100 'owed'
    And I end my sending direction
    Then these frames come back, and then the target closes the connection:
      """
      DATA 'owed'
      """

  @TCP-11 @case:tls/end-without-close-notify @tls
  Scenario: A client that ends its direction without close_notify gets its answers
    Given a greeted TLS connection
    When I send DATA x-delay-ms=100 'owed'
    And I end my sending direction without close_notify
    Then these frames come back, and then the target closes the connection:
      """
      DATA 'owed'
      """

  @TCP-12 @case:tls/cut-within-a-frame @tls @hostile
  Scenario: A frame that is cut off is not delivered, whatever TLS thinks of it
    Given a greeted TLS connection
    When I send first 20 octets of vector frame/guide-example
    And I end my sending direction without close_notify
    Then no DATA comes back before the target closes the connection
    And a new connection is served

  @TCP-16 @case:tls/err-is-the-last-frame @tls @hostile
  Scenario: A fatal error inside TLS is reported before the connection ends
    Given a greeted TLS connection
    When I send corrupt DATA 'x'
    Then the last frame before the target closes is ERR err-code=6
    And a new connection is served

  # Robustness

  @SEC-1 @case:tls/random-octets-for-a-handshake @tls @hostile
  Scenario: Random octets in place of a handshake crash and stop nothing
    Given another greeted TLS connection B
    When 40 connections to the TLS listener each send 2000 random octets
    Then a new connection is served
    When I use connection B
    Then the connection is still in use

  @SEC-1 @case:tls/mutated-client-hellos @tls @hostile
  Scenario: ClientHellos with random faults crash and stop nothing
    Given another greeted TLS connection B
    When 40 connections to the TLS listener each send a ClientHello with random faults
    Then a new connection is served
    When I use connection B
    Then the connection is still in use

  @SEC-1 @case:tls/random-octets-inside @tls @hostile
  Scenario: Random octets inside TLS crash and stop nothing
    Given another greeted TLS connection B
    And a greeted TLS connection
    When I send 2000 random octets
    Then a new connection is served
    When I use connection B
    Then the connection is still in use

  @TCP-19 @case:tls/unfinished-handshakes-hold-nobody-up @tls @hostile
  Scenario: Handshakes that are not completed hold nobody up
    Given another greeted TLS connection B
    When 20 connections to the TLS listener each send 0 random octets
    Then a new connection is served
    When I use connection B
    Then the connection is still in use
