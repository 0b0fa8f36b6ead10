//! The echo application of the test contract on the crate's servers.
//!
//! The crate hands every frame that it can decode to the application, whatever its type, and answers none over TCP. The
//! application answers DATA and looks at nothing else, as the contract says of it.

use std::io::Read;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{json, Value};
use vstp::{Frame, FrameType, VstpError, VstpTcpServer, VstpUdpServer};

const PROTOCOL_KEYS: [&[u8]; 6] = [
    b"msg-id",
    b"frag-id",
    b"frag-index",
    b"frag-total",
    b"session-id",
    b"err-code",
];
const LONGEST_DELAY_MS: u64 = 600_000;
const LARGEST_REPLY: u64 = 8_388_608;

/// Where to listen.
pub struct Options {
    tcp: Option<String>,
    udp: Option<String>,
}

impl Options {
    pub fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Options {
            tcp: None,
            udp: None,
        };
        for pair in arguments.chunks(2) {
            let slot = match pair[0].as_str() {
                "--tcp" => &mut options.tcp,
                "--udp" => &mut options.udp,
                other => return Err(format!("{other} is not known")),
            };
            *slot = Some(
                pair.get(1)
                    .ok_or_else(|| format!("{} needs an address", pair[0]))?
                    .clone(),
            );
        }
        if options.tcp.is_none() && options.udp.is_none() {
            return Err("nothing to serve".to_string());
        }
        Ok(options)
    }
}

/// Listens, says where, and ends with the standard input if that is a pipe.
pub async fn run(options: Options) -> Result<(), VstpError> {
    let mut ready = json!({ "ready": true });
    if let Some(address) = options.tcp {
        let server = VstpTcpServer::bind(&address).await?;
        ready["tcp"] = Value::from(server.local_addr()?.to_string());
        tokio::spawn(serve_tcp(server));
    }
    if let Some(address) = options.udp {
        let server = VstpUdpServer::bind(&address).await?;
        ready["udp"] = Value::from(server.local_addr()?.to_string());
        tokio::spawn(serve_udp(Arc::new(server)));
    }
    println!("{ready}");
    if std::os::unix::fs::FileTypeExt::is_fifo(&std::fs::metadata("/dev/stdin")?.file_type()) {
        let ended = tokio::task::spawn_blocking(|| {
            let mut rest = [0; 4096];
            while matches!(std::io::stdin().read(&mut rest), Ok(octets) if octets > 0) {}
        });
        let _ = ended.await;
        std::process::exit(0);
    }
    std::future::pending().await
}

/// One connection after the other is accepted; each is read until the crate reports its end or an error, as the crate's
/// own `run` does. A connection's `send` and `recv` exclude each other, so an answer that waits holds the next frame up.
async fn serve_tcp(server: VstpTcpServer) {
    loop {
        let Ok(mut connection) = server.accept().await else {
            continue;
        };
        tokio::spawn(async move {
            while let Ok(Some(frame)) = connection.recv().await {
                if let Some(answer) = answer(frame).await {
                    if connection.send(answer).await.is_err() {
                        break;
                    }
                }
            }
        });
    }
}

/// Each message is answered by a task of its own. After an error the next datagram is received; the crate's own Easy
/// server would stop serving there.
async fn serve_udp(server: Arc<VstpUdpServer>) {
    loop {
        let Ok((frame, source)) = server.recv().await else {
            continue;
        };
        tokio::spawn(reply(server.clone(), frame, source));
    }
}

async fn reply(server: Arc<VstpUdpServer>, frame: Frame, source: SocketAddr) {
    if let Some(answer) = answer(frame).await {
        let _ = server.send(answer, source).await; // an answer that cannot be sent is dropped
    }
}

/// What the application answers (T-1, T-2), or nothing.
async fn answer(message: Frame) -> Option<Frame> {
    if message.typ != FrameType::Data {
        return None;
    }
    if let Some(delay) = number(&message, "x-delay-ms") {
        tokio::time::sleep(Duration::from_millis(delay.min(LONGEST_DELAY_MS))).await;
    }
    let payload = match number(&message, "x-reply-size") {
        Some(size) if size > LARGEST_REPLY => return None, // no transport would send it
        Some(size) => vec![b'x'; size as usize],
        None => message.payload,
    };
    let mut answer = Frame::new(FrameType::Data).with_payload(payload);
    answer.headers = message.headers;
    answer
        .headers
        .retain(|header| !PROTOCOL_KEYS.contains(&header.key.as_slice()));
    Some(answer)
}

/// The canonical decimal in the first header with this key.
fn number(message: &Frame, key: &str) -> Option<u64> {
    let digits = message.get_header(key)?;
    let canonical = digits.bytes().all(|digit| digit.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'));
    if !canonical || digits.is_empty() {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX)) // larger than any bound below
}
