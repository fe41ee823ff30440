//! Keys that come and go under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::provider::{Provider, Signer};
use crate::support::{caller, config, start};

const REFRESH: Duration = Duration::from_millis(200);
/// How long a reading may take, as the documentation says.
const READING: Duration = Duration::from_secs(5);

/// One call: when it began and ended, and whether it was accepted.
struct Call {
    began: Instant,
    ended: Instant,
    accepted: bool,
}

/// `LOAD_ROUNDS=1000` for longer.
fn rounds() -> usize {
    std::env::var("LOAD_ROUNDS").map_or(3, |rounds| rounds.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_token_counts_after_its_key_was_removed_and_none_is_refused_before() {
    let signers: Vec<Signer> = (0..=rounds())
        .map(|id| Signer::es256(&id.to_string()))
        .collect();
    let provider = Provider::start(&[&signers[0]]);
    let bearer = Arc::new(start(config(&provider).refresh_every(REFRESH)));
    let mut calls = 0;
    for pair in signers.windows(2) {
        let [old, new] = pair else { unreachable!() };
        // First both, as providers do.
        provider.publish(&[old, new]);
        let tokens = [old, new].map(|signer| signer.token(&provider.claims("user")));
        let stop = Arc::new(AtomicBool::new(false));
        let callers: Vec<_> = (0..32)
            .map(|index| {
                let (bearer, stop) = (Arc::clone(&bearer), Arc::clone(&stop));
                let token = tokens[index % 2].clone();
                tokio::spawn(async move {
                    let mut calls = Vec::new();
                    loop {
                        // The last call begins after everything else.
                        let last = stop.load(Ordering::SeqCst);
                        let began = Instant::now();
                        let accepted = caller(&bearer, &token).await.is_ok();
                        let ended = Instant::now();
                        calls.push(Call {
                            began,
                            ended,
                            accepted,
                        });
                        if last {
                            break calls;
                        }
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                })
            })
            .collect();
        tokio::time::sleep(REFRESH * 2).await;
        let removing = Instant::now();
        provider.publish(&[new]);
        let removed = Instant::now();
        // The reading that begins next has ended when the one after it begins.
        let enough = provider.requests() + 2;
        while provider.requests() < enough {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let bound = Instant::now();
        assert!(bound < removed + (REFRESH + READING) * 2);
        tokio::time::sleep(REFRESH).await;
        stop.store(true, Ordering::SeqCst);
        let (mut accepted, mut refused) = (0, 0);
        for (index, task) in callers.into_iter().enumerate() {
            for call in task.await.unwrap() {
                calls += 1;
                if index % 2 == 1 {
                    assert!(call.accepted, "a token with the new key was refused");
                } else if call.accepted {
                    assert!(call.began < bound, "accepted after the bound");
                    accepted += 1;
                } else {
                    assert!(call.ended > removing, "refused before its key was removed");
                    refused += usize::from(call.began >= bound);
                }
            }
        }
        assert!(
            accepted > 0 && refused > 0,
            "{accepted} accepted, {refused} refused after the bound"
        );
    }
    println!("{calls} calls over {} rotations", signers.len() - 1);
}
