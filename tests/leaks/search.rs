//! Looks for markers.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::markers::PREFIX;

/// Somewhere a marker must not be.
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) content: String,
}

impl Place {
    pub(crate) fn new(name: &str, content: String) -> Self {
        Self {
            name: name.to_owned(),
            content,
        }
    }

    /// The files of a folder. What is no text in them stays in between.
    pub(crate) fn files(folder: &Path) -> Vec<Self> {
        let files = folder
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let places = files.map(|file| {
            let content = fs::read(&file).unwrap();
            Self::new(
                &file.display().to_string(),
                String::from_utf8_lossy(&content).into_owned(),
            )
        });
        places.collect()
    }

    /// The same with this in its middle.
    pub(crate) fn with_planted(&self, planted: &str) -> Self {
        let mut middle = self.content.len() / 2;
        while !self.content.is_char_boundary(middle) {
            middle += 1;
        }
        let (before, after) = self.content.split_at(middle);
        Self::new(&self.name, [before, planted, after].concat())
    }

    /// The markers in it: each form that was found, with the text before.
    pub(crate) fn leaks(&self) -> Vec<String> {
        let found = forms(PREFIX).into_iter().filter_map(|(form, text)| {
            let at = self.content.find(&text)?;
            let before: String = self.content[..at].chars().rev().take(200).collect();
            let before: String = before.chars().rev().collect();
            Some(format!("{}: {form} after {before:?}", self.name))
        });
        found.collect()
    }
}

/// What becomes of a text in logs and files: as it is, in hex, in base64 wherever it begins, and as `Debug` shows bytes.
pub(crate) fn forms(text: &str) -> Vec<(String, String)> {
    let bytes = text.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let list = format!("{bytes:?}");
    let mut forms = vec![
        ("raw".to_owned(), text.to_owned()),
        ("HEX".to_owned(), hex.to_uppercase()),
        ("hex".to_owned(), hex),
        ("a list".to_owned(), list[1..list.len() - 1].to_owned()),
    ];
    for before in 0..3 {
        let padded = [&vec![0; before], bytes].concat();
        let encoded = STANDARD_NO_PAD.encode(&padded);
        // Without the characters that also depend on what is beside it.
        let core = &encoded[(before * 8).div_ceil(6)..padded.len() * 8 / 6];
        // The markers have no bytes that the alphabet of URLs writes otherwise.
        assert!(!core.contains(['+', '/']), "{core}");
        forms.push((format!("base64 at {before}"), core.to_owned()));
    }
    forms
}
