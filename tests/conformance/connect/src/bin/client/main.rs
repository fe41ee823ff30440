//! The client under test: makes the calls that the runner asks for, and says what became of them.

mod call;
mod setup;

use std::error::Error;
use std::io::ErrorKind;
use std::sync::Arc;

use runner_configuration_conformance_connect::{frame, v1};
use tokio::sync::mpsc;

/// How many calls are on their way at a time.
const PARALLEL: usize = 8;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    v1::json::register_json_types();
    let (requests, mut waiting) = mpsc::channel(PARALLEL);
    let reader = std::thread::spawn(move || read(&requests));
    let channels = Arc::new(setup::Channels::default());
    let mut calls = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            Some(request) = waiting.recv(), if calls.len() < PARALLEL => {
                calls.spawn(answer(Arc::clone(&channels), request));
            }
            Some(response) = calls.join_next() => {
                frame::write(&mut std::io::stdout().lock(), &response?)?;
            }
            else => break,
        }
    }
    match reader.join() {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err("reading the requests failed".into()),
    }
}

fn read(requests: &mpsc::Sender<v1::ClientCompatRequest>) -> std::io::Result<()> {
    let mut stdin = std::io::stdin().lock();
    loop {
        match frame::read(&mut stdin) {
            Ok(request) => {
                if requests.blocking_send(request).is_err() {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

async fn answer(
    channels: Arc<setup::Channels>,
    request: v1::ClientCompatRequest,
) -> v1::ClientCompatResponse {
    use v1::client_compat_response::Result as Outcome;
    let test_name = request.test_name.clone();
    let result = match call::make(&channels, request).await {
        Ok(result) => Outcome::Response(result),
        Err(message) => Outcome::Error(v1::ClientErrorResult { message }),
    };
    v1::ClientCompatResponse {
        test_name,
        result: Some(result),
    }
}
