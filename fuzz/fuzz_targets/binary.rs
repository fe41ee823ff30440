//! The binary form of every request and reply: as for JSON, and the message has the same JSON before and after.

#![no_main]

use libfuzzer_sys::fuzz_target;
use runner_configuration_fuzz::messages::choose;

fuzz_target!(|input: &[u8]| {
    if let Some((message, binary)) = choose(input) {
        (message.from_binary)(binary);
    }
});
