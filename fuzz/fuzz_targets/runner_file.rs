//! Runner files, YAML and JSON: each is read, or refused in one line.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

#[path = "../../crates/cli/src/document.rs"]
mod document;
#[path = "../../crates/cli/src/names.rs"]
#[expect(dead_code, reason = "the program has more uses for names")]
mod names;
#[path = "."]
mod runner {
    #[path = "../../crates/cli/src/runner/file.rs"]
    pub(crate) mod file;
    #[path = "../../crates/cli/src/runner/schema.rs"]
    mod schema;
}

fuzz_target!(|input: &[u8]| -> Corpus {
    // The program reads files as texts.
    let Ok(text) = std::str::from_utf8(input) else {
        return Corpus::Reject;
    };
    match runner::file::parse(text) {
        Ok(runners) => {
            assert!(!runners.is_empty());
            for file in runners {
                let id = file.id;
                let runner = file.over(None);
                assert_eq!(runner.id, id);
                // What is registered can be read again.
                if let Some(schema) = &runner.schema {
                    assert!(schema.decode().is_ok());
                }
            }
        }
        Err(error) => assert!(!error.is_empty() && !error.contains('\n'), "{error:?}"),
    }
    Corpus::Keep
});
