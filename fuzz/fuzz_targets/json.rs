//! JSON of every request and reply: no text makes it panic, and what it takes comes back from what it writes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use runner_configuration_fuzz::messages::choose;

fuzz_target!(|input: &[u8]| {
    if let Some((message, text)) = choose(input) {
        (message.from_json)(text);
    }
});
