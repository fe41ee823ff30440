//! A whole request, of any protocol: it is answered, and never with the server's own fault.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use runner_configuration_fuzz::http_text;
use runner_configuration_fuzz::server::Server;

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some(request) = http_text::parse(input) else {
        return Corpus::Reject;
    };
    // A new one each time: what an input finds must not depend on those before.
    Server::new().answer(request).check();
    Corpus::Keep
});
