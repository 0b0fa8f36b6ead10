//! The published crate `vstp` 0.2.1 under test: `serve` runs the echo application on its servers, `adapter` puts its
//! codec and its clients behind the adapter protocol. Nothing here repairs what the crate does or leaves out.

mod adapter;
mod serve;

use std::process::ExitCode;

const USAGE: &str = "usage: vstp-adapter serve [--tcp HOST:PORT] [--udp HOST:PORT]
       vstp-adapter adapter

`serve` runs the echo application until its standard input, a pipe, is closed;
`adapter` takes the requests of the adapter protocol on its standard input.";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.first().map(String::as_str) {
        Some("serve") => match serve::Options::parse(&arguments[1..]) {
            Ok(options) => serve::run(options).await.map_err(|error| error.to_string()),
            Err(fault) => Err(format!("{fault}\n{USAGE}")),
        },
        Some("adapter") if arguments.len() == 1 => {
            adapter::run().await;
            Ok(())
        }
        _ => Err(USAGE.to_string()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}
