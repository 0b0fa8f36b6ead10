//! An adapter between vstp-conform and an implementation of VSTP in Rust.
//!
//! It reads one request a line on its standard input and writes one answer a line
//! on its standard output. Replace what `decode` and `encode` do by calls of your
//! implementation, and for a client what `connect` and `on_connection` do. What an operation has to answer stands in the test contract
//! (vstp-conform init wrote its address into README.md).

use std::io::{self, BufRead, Write};

const NAME: &str = "my-vstp";
const VERSION: &str = "0.0.1";

/// An error of the protocol, by its name in the specification, with a text for people.
struct Refused(&'static str, &'static str);

/// The text of a member of a request, such as `"hex":"5654"`, that holds no quotes.
fn find<'a>(request: &'a str, member: &str) -> Option<&'a str> {
    let after = &request[request.find(&format!("\"{member}\":\""))? + member.len() + 4..];
    Some(&after[..after.find('"')?])
}

/// The digits of a member of a request, such as `"id":7`.
fn number<'a>(request: &'a str, member: &str) -> Option<&'a str> {
    let after = &request[request.find(&format!("\"{member}\":"))? + member.len() + 3..];
    let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    Some(&after[..end]).filter(|digits| !digits.is_empty())
}

fn octets(hex: &str) -> Option<Vec<u8>> {
    if hex.len() % 2 != 0 || !hex.is_ascii() {
        return None;
    }
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).ok()).collect()
}

/// The members of the answer beside `ok` and `id`, each led by a comma.
fn start(request: &str) -> Result<String, Refused> {
    if number(request, "protocol") != Some("1") {
        return Err(Refused("Unsupported", "this adapter speaks version 1 of the protocol"));
    }
    // Add "varint" or "string" to the capabilities once you offer them, and leave out the
    // roles and transports that you do not have.
    Ok(format!(
        ",\"name\":\"{NAME}\",\"version\":\"{VERSION}\",\"roles\":[\"codec\",\"client\"],\"capabilities\":[\"tcp\",\"udp\"]"
    ))
}

fn decode(request: &str) -> Result<String, Refused> {
    let octets = find(request, "hex").and_then(octets).ok_or(Refused("Protocol", "hex is missing or malformed"))?;
    if octets.iter().zip(b"VT").any(|(a, b)| a != b) {
        return Err(Refused("InvalidMagic", ""));
    }
    if octets.len() >= 3 && octets[2] != 1 {
        return Err(Refused("InvalidVersion", ""));
    }
    if octets.len() < 11 {
        return Err(Refused("Incomplete", ""));
    }
    Err(Refused("Unsupported", "decode() in main.rs stops after the fixed part: call your decoder there"))
}

fn encode(_request: &str) -> Result<String, Refused> {
    Err(Refused("Unsupported", "encode() in main.rs does nothing yet: call your encoder there"))
}

fn connect(_request: &str) -> Result<String, Refused> {
    // Keep what you open under a number: the answer has the member `conn`.
    Err(Refused("Unsupported", "connect() in main.rs does nothing yet: open your client there"))
}

/// `send`, `send_ack`, `recv`, `close` and `local_addr`, on the connection `conn` of the
/// request. A `recv` or `send_ack` that waits must not hold up the requests behind it: once
/// they do something, answer each from a thread or task of its own.
fn on_connection(_request: &str) -> Result<String, Refused> {
    Err(Refused("Unsupported", "on_connection() in main.rs does nothing yet: call your client there"))
}

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let request = line?;
        if request.trim().is_empty() {
            continue;
        }
        let op = find(&request, "op").unwrap_or("");
        let reply = match op {
            "start" => start(&request),
            "decode" => decode(&request),
            "encode" => encode(&request),
            "connect" => connect(&request),
            "send" | "send_ack" | "recv" | "close" | "local_addr" => on_connection(&request),
            "stop" => Ok(String::new()),
            _ => Err(Refused("Unsupported", "this adapter does not know the operation")),
        };
        let id = number(&request, "id").map(|id| format!(",\"id\":{id}")).unwrap_or_default();
        match reply {
            Ok(members) => writeln!(out, "{{\"ok\":true{id}{members}}}")?,
            Err(Refused(name, message)) => writeln!(out, "{{\"ok\":false{id},\"error\":\"{name}\",\"message\":\"{message}\"}}")?,
        }
        // Without flush the answer stays in a buffer, and that looks like a hang.
        out.flush()?;
        if op == "stop" {
            break;
        }
    }
    Ok(())
}
