//! The adapter protocol, T-4 of the test contract, on the crate's codec and clients.

use std::collections::HashMap;
use std::io::{BufRead, Read, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use serde_json::{json, Map, Value};
use tokio::sync::{mpsc, Mutex};
use tokio::time::timeout;
use vstp::{
    encode_frame, try_decode_frame, Flags, Frame, FrameType, Header, VstpError, VstpTcpClient,
    VstpUdpClient,
};

const LONGEST_LINE: usize = 33_554_432;
const DEFAULT_LIMIT: u64 = 8_388_608;

/// A refusal: the name of an error and a text for people.
struct Refusal(&'static str, String);

type Answer = Result<Value, Refusal>;

impl From<VstpError> for Refusal {
    fn from(error: VstpError) -> Self {
        let name = match error {
            VstpError::Io(_) => "Io",
            VstpError::Protocol(_) => "Protocol",
            VstpError::InvalidVersion { .. } => "InvalidVersion",
            VstpError::InvalidFrameType(_) => "InvalidFrameType",
            VstpError::InvalidMagic(_) => "InvalidMagic",
            VstpError::CrcMismatch { .. } => "CrcMismatch",
            VstpError::Incomplete { .. } => "Incomplete",
            VstpError::FrameTooLarge { .. } => "FrameTooLarge",
            VstpError::Timeout => "Timeout",
            VstpError::InvalidAddress => "InvalidAddress",
            VstpError::SerializationError => "SerializationError",
            VstpError::DeserializationError => "DeserializationError",
            VstpError::UnexpectedFrameType => "UnexpectedFrameType",
            VstpError::ConnectionClosed => "ConnectionClosed",
            VstpError::ServerError(_) => "ServerError",
        };
        Refusal(name, error.to_string())
    }
}

fn malformed(what: &str) -> Refusal {
    Refusal(
        "Protocol",
        format!("the request cannot be understood: {what}"),
    )
}

fn unsupported(what: &str) -> Refusal {
    Refusal("Unsupported", format!("the crate has no {what}"))
}

/// A client of the crate. Its methods take it exclusively, so one operation waits for another.
#[derive(Clone)]
enum Client {
    Tcp(Arc<Mutex<VstpTcpClient>>),
    Udp(Arc<Mutex<VstpUdpClient>>, SocketAddr),
}

#[derive(Clone, Default)]
struct Clients(Arc<Mutex<HashMap<u64, Client>>>);

/// Answers requests until `stop` or the end of standard input.
pub async fn run() {
    let (lines, mut incoming) = mpsc::unbounded_channel();
    std::thread::spawn(move || read_lines(&lines));
    let clients = Clients::default();
    let mut opened = 0;
    while let Some(line) = incoming.recv().await {
        let request: Map<String, Value> = match parse(line) {
            Ok(Some(request)) => request,
            Ok(None) => continue,
            Err(refusal) => {
                write(&Map::new(), Err(refusal));
                continue;
            }
        };
        let operation = request
            .get("op")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_string();
        match operation.as_str() {
            "stop" => {
                close_all(&clients).await;
                write(&request, Ok(json!({})));
                std::process::exit(0);
            }
            "connect" | "send" | "send_ack" | "recv" | "close" | "local_addr" => {
                opened += u64::from(operation == "connect");
                tokio::spawn(carry_out(clients.clone(), operation, request, opened));
            }
            _ => {
                let answer = codec(&operation, &request);
                write(&request, answer);
            }
        }
    }
    close_all(&clients).await;
    std::process::exit(0);
}

/// Closes what is open, as far as no receive that is still waiting holds it.
async fn close_all(clients: &Clients) {
    for (_, client) in clients.0.lock().await.drain() {
        if let Client::Tcp(client) = client {
            if let Ok(mut client) = client.try_lock() {
                let _ = client.close().await; // the peer may have ended the connection already
            }
        }
    }
}

/// Hands over the lines, of an overlong one as much as shows that it is one.
fn read_lines(lines: &mpsc::UnboundedSender<Vec<u8>>) {
    let mut input = std::io::stdin().lock();
    let mut skipping = false;
    loop {
        let mut line = Vec::new();
        match (&mut input)
            .take(LONGEST_LINE as u64 + 1)
            .read_until(b'\n', &mut line)
        {
            Ok(octets) if octets > 0 => {}
            _ => return,
        }
        let whole = line.ends_with(b"\n");
        if !skipping && lines.send(line).is_err() {
            return;
        }
        skipping = !whole;
    }
}

fn parse(line: Vec<u8>) -> Result<Option<Map<String, Value>>, Refusal> {
    if line.len() > LONGEST_LINE {
        return Err(malformed("the line is too long"));
    }
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(&line)
        .map(Some)
        .map_err(|error| malformed(&error.to_string()))
}

fn write(request: &Map<String, Value>, answer: Answer) {
    let mut line = match answer {
        Ok(mut members) => {
            members["ok"] = Value::from(true);
            members
        }
        Err(Refusal(name, text)) => json!({ "ok": false, "error": name, "message": text }),
    };
    if let Some(id) = request.get("id") {
        line["id"] = id.clone();
    }
    let mut output = std::io::stdout().lock();
    if writeln!(output, "{line}")
        .and_then(|()| output.flush())
        .is_err()
    {
        std::process::exit(1); // nobody reads any more
    }
}

// --- the codec

fn codec(operation: &str, request: &Map<String, Value>) -> Answer {
    match operation {
        "start" => start(request),
        "decode" => decode(request),
        "encode" => {
            let frame = request
                .get("frame")
                .ok_or_else(|| malformed("frame is missing"))?;
            if frame.get("type").is_none() {
                return Err(malformed("type is missing"));
            }
            Ok(json!({ "hex": hex::encode(encode_frame(&frame_in(frame)?)?) }))
        }
        "decompress" => Err(unsupported("compression")),
        "varint_encode" | "varint_decode" => Err(unsupported("variable-length integers")),
        "string_encode" | "string_decode" => Err(unsupported("binary strings")),
        _ => Err(Refusal(
            "Unsupported",
            format!("the operation {operation:?} is not known"),
        )),
    }
}

fn start(request: &Map<String, Value>) -> Answer {
    if request.get("protocol") != Some(&Value::from(1)) {
        return Err(Refusal(
            "Unsupported",
            "only protocol 1 is spoken".to_string(),
        ));
    }
    Ok(json!({
        "name": "Rust crate vstp",
        "version": "0.2.1",
        "roles": ["client", "codec"],
        "capabilities": ["tcp", "udp"],
    }))
}

fn decode(request: &Map<String, Value>) -> Answer {
    let octets = octets(request.get("hex"))?;
    let limit = match request.get("limit") {
        None => DEFAULT_LIMIT,
        Some(limit) => limit.as_u64().ok_or_else(|| malformed("limit"))?,
    };
    let mut buffer = BytesMut::from(&octets[..]);
    match try_decode_frame(&mut buffer, limit as usize)? {
        Some(frame) => {
            Ok(json!({ "frame": frame_out(&frame), "consumed": octets.len() - buffer.len() }))
        }
        None => Err(Refusal("Incomplete", String::new())), // the crate does not say how much is missing
    }
}

fn octets(value: Option<&Value>) -> Result<Vec<u8>, Refusal> {
    let text = value
        .and_then(Value::as_str)
        .ok_or_else(|| malformed("octets are missing"))?;
    hex::decode(text).map_err(|error| malformed(&error.to_string()))
}

fn small(frame: &Value, member: &str, default: u8) -> Result<u8, Refusal> {
    match frame.get(member) {
        None => Ok(default),
        Some(value) => value
            .as_u64()
            .and_then(|number| u8::try_from(number).ok())
            .ok_or_else(|| malformed(member)),
    }
}

/// A frame of the crate's. A type that is none of the eight has no value there, and so is refused.
fn frame_in(fields: &Value) -> Result<Frame, Refusal> {
    let number = small(fields, "type", FrameType::Data as u8)?;
    let typ = FrameType::from_u8(number).ok_or_else(|| {
        Refusal(
            "Protocol",
            format!("the crate cannot express the type {number}"),
        )
    })?;
    let mut headers = Vec::new();
    for pair in fields
        .get("headers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        headers.push(Header::new(octets(pair.get(0))?, octets(pair.get(1))?));
    }
    Ok(Frame {
        version: small(fields, "version", 1)?,
        typ,
        flags: Flags::from_bits_retain(small(fields, "flags", 0)?),
        headers,
        payload: fields
            .get("payload")
            .map_or(Ok(Vec::new()), |payload| octets(Some(payload)))?,
    })
}

fn frame_out(frame: &Frame) -> Value {
    let headers: Vec<_> = frame
        .headers
        .iter()
        .map(|h| [hex::encode(&h.key), hex::encode(&h.value)])
        .collect();
    json!({
        "version": frame.version,
        "type": frame.typ as u8,
        "flags": frame.flags.bits(),
        "headers": headers,
        "payload": hex::encode(&frame.payload),
    })
}

// --- the clients

async fn carry_out(clients: Clients, operation: String, request: Map<String, Value>, number: u64) {
    let answer = match operation.as_str() {
        "connect" => connect(&clients, &request, number).await,
        _ => match clients.find(&request).await {
            Err(refusal) => Err(refusal),
            Ok(client) => match operation.as_str() {
                "send" => send(client, &request).await,
                "send_ack" => send_ack(client, &request).await,
                "recv" => receive(client, &request).await,
                "local_addr" => local_address(client).await,
                _ => close(&clients, client, &request).await,
            },
        },
    };
    write(&request, answer);
}

impl Clients {
    async fn find(&self, request: &Map<String, Value>) -> Result<Client, Refusal> {
        let number = request
            .get("conn")
            .and_then(Value::as_u64)
            .ok_or_else(|| malformed("conn is missing"))?;
        let clients = self.0.lock().await;
        clients
            .get(&number)
            .cloned()
            .ok_or_else(|| Refusal("Protocol", format!("there is no connection {number}")))
    }
}

fn address(value: Option<&Value>) -> Result<SocketAddr, Refusal> {
    let text = value
        .and_then(Value::as_str)
        .ok_or_else(|| malformed("addr is missing"))?;
    let found = text
        .to_socket_addrs()
        .map_err(|error| Refusal("InvalidAddress", error.to_string()))?
        .next();
    found.ok_or_else(|| Refusal("InvalidAddress", format!("{text} has no address")))
}

/// Opens a client. Over TCP it sends HELLO, for which the crate has a method and no mechanism.
async fn connect(clients: &Clients, request: &Map<String, Value>, number: u64) -> Answer {
    let peer = address(request.get("addr"))?;
    let client = match request.get("transport").and_then(Value::as_str) {
        Some("tcp") => {
            let mut client = VstpTcpClient::connect(&peer.to_string()).await?;
            client.send_hello().await?;
            Client::Tcp(Arc::new(Mutex::new(client)))
        }
        Some("udp") => {
            let local = match peer {
                SocketAddr::V4(peer) if peer.ip().is_loopback() => "127.0.0.1:0",
                SocketAddr::V4(_) => "0.0.0.0:0",
                SocketAddr::V6(_) => "[::]:0",
            };
            Client::Udp(
                Arc::new(Mutex::new(VstpUdpClient::bind(local).await?)),
                peer,
            )
        }
        _ => return Err(unsupported("such transport")),
    };
    clients.0.lock().await.insert(number, client);
    Ok(json!({ "conn": number }))
}

/// The message to be sent. Reserved flag bits have no counterpart in the crate and are left out.
fn message(request: &Map<String, Value>) -> Result<Frame, Refusal> {
    if request.get("compress") == Some(&Value::from(true)) {
        return Err(unsupported("compression"));
    }
    let fields = request
        .get("frame")
        .ok_or_else(|| unsupported("way to send a value but its Easy client"))?;
    let mut frame = frame_in(fields)?;
    frame.flags = Flags::from_bits_truncate(frame.flags.bits());
    Ok(frame)
}

async fn send(client: Client, request: &Map<String, Value>) -> Answer {
    let frame = message(request)?;
    match client {
        Client::Tcp(_) if request.contains_key("destination") => {
            return Err(unsupported("other destination over TCP"))
        }
        Client::Tcp(client) => client.lock().await.send(frame).await?,
        Client::Udp(client, peer) => {
            client
                .lock()
                .await
                .send(frame, destination(request, peer)?)
                .await?
        }
    }
    Ok(json!({}))
}

fn destination(request: &Map<String, Value>, peer: SocketAddr) -> Result<SocketAddr, Refusal> {
    if request.contains_key("destination") {
        return address(request.get("destination"));
    }
    Ok(peer)
}

async fn send_ack(client: Client, request: &Map<String, Value>) -> Answer {
    let frame = message(request)?;
    match client {
        Client::Tcp(_) => return Err(unsupported("acknowledged send of frames over TCP")),
        Client::Udp(client, peer) => {
            client
                .lock()
                .await
                .send_with_ack(frame, destination(request, peer)?)
                .await?
        }
    }
    Ok(json!({}))
}

/// The next frame, of whatever type: the crate hands all of them to its user.
async fn receive(client: Client, request: &Map<String, Value>) -> Answer {
    let wait = request
        .get("timeout_ms")
        .and_then(Value::as_u64)
        .ok_or_else(|| malformed("timeout_ms is missing"))?;
    let received = timeout(Duration::from_millis(wait), async {
        match client {
            Client::Tcp(client) => match client.lock().await.recv().await? {
                Some(frame) => Ok(json!({ "frame": frame_out(&frame) })),
                None => Err(Refusal(
                    "ConnectionClosed",
                    "the stream has ended".to_string(),
                )),
            },
            Client::Udp(client, _) => {
                let (frame, source) = client.lock().await.recv().await?;
                Ok(json!({ "frame": frame_out(&frame), "source": source.to_string() }))
            }
        }
    });
    received
        .await
        .unwrap_or_else(|_| Err(Refusal("Timeout", "nothing has arrived".to_string())))
}

async fn close(clients: &Clients, client: Client, request: &Map<String, Value>) -> Answer {
    if let Some(number) = request.get("conn").and_then(Value::as_u64) {
        clients.0.lock().await.remove(&number);
    }
    if let Client::Tcp(client) = client {
        let _ = client.lock().await.close().await; // to close what the peer has ended already is no fault
    }
    Ok(json!({}))
}

async fn local_address(client: Client) -> Answer {
    match client {
        Client::Tcp(_) => Err(unsupported(
            "way to learn the local address of a TCP client",
        )),
        Client::Udp(client, _) => {
            Ok(json!({ "addr": client.lock().await.local_addr()?.to_string() }))
        }
    }
}
