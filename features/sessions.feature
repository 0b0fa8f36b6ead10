@server @tcp
Feature: Sessions
  The session identifier that a server gives each TCP connection.

  @SES-1 @case:sessions/unique-among-live-connections
  Scenario: Connections that live at the same time have different identifiers
    Given 20 connections that have said HELLO
    Then their session-ids are all different

  @SES-2 @case:sessions/welcome-carries-the-identifier
  Scenario: WELCOME carries the identifier in canonical decimal
    Given a TCP connection
    When I send HELLO
    Then WELCOME session-id=* comes back
    And nothing but the echo of a sentinel comes back
    And every frame that came back keeps SES-2
    And every frame that came back keeps HDR-9

  @SES-3 @case:sessions/repeated-hello
  Scenario: A second HELLO is answered with the same identifier
    Given a TCP connection
    When I send, in one write:
      """
      HELLO
      HELLO
      """
    Then two WELCOMEs with the same session-id come back

  @SES-4 @case:sessions/not-guessable
  Scenario: Identifiers are not drawn in a row
    Given 100 connections that have said HELLO
    Then their session-ids do not follow a fixed step
