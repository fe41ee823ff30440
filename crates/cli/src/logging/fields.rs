//! The fields of spans and events, as the log has them.
//!
//! Every call has a span, whose fields are written when it begins and when it ends, whether anything is logged or not.
//! tracing-subscriber's own formats take a sixth of the instructions of a call for that; JSON's, which reads and writes
//! all fields again for each that is added, more.

use std::cell::Cell;
use std::fmt::{self, Debug, Display, Write as _};

use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FormatFields, FormattedFields};

/// `name="text" other=1`, as tracing-subscriber writes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextFields;

/// `{"name":"text","other":1}`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JsonFields;

impl<'w> FormatFields<'w> for TextFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        with_buffer(|buffer| {
            fields.record(&mut Text { buffer });
            writer.write_str(buffer)
        })
    }

    fn add_fields(
        &self,
        current: &'w mut FormattedFields<Self>,
        fields: &Record<'_>,
    ) -> fmt::Result {
        fields.record(&mut Text {
            buffer: &mut current.fields,
        });
        Ok(())
    }
}

impl<'w> FormatFields<'w> for JsonFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        with_buffer(|buffer| {
            buffer.push('{');
            fields.record(&mut Json { buffer });
            buffer.push('}');
            writer.write_str(buffer)
        })
    }

    fn add_fields(
        &self,
        current: &'w mut FormattedFields<Self>,
        fields: &Record<'_>,
    ) -> fmt::Result {
        let buffer = &mut current.fields;
        // The end of the object.
        if buffer.pop().is_none() {
            buffer.push('{');
        }
        fields.record(&mut Json { buffer });
        buffer.push('}');
        Ok(())
    }
}

/// A buffer of this thread, which is empty: what is written to `Writer` in small pieces makes that grow as often.
fn with_buffer<T>(write: impl FnOnce(&mut String) -> T) -> T {
    thread_local! {
        static BUFFER: Cell<String> = const { Cell::new(String::new()) };
    }
    // Taken: to format a value may log something, too.
    let mut buffer = BUFFER.take();
    buffer.clear();
    let written = write(&mut buffer);
    if buffer.capacity() <= KEPT {
        BUFFER.set(buffer);
    }
    written
}

/// The largest buffer that a thread keeps, in bytes.
const KEPT: usize = 4096;

/// Appends fields as text.
struct Text<'b> {
    buffer: &'b mut String,
}

impl Text<'_> {
    /// What stands before a value. An event's message has no name.
    fn begin(&mut self, field: &Field) {
        if !self.buffer.is_empty() {
            self.buffer.push(' ');
        }
        if field.name() != MESSAGE {
            self.buffer.push_str(field.name());
            self.buffer.push('=');
        }
    }
}

impl Visit for Text<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == MESSAGE {
            self.record_debug(field, &format_args!("{value}"));
        } else if is_plain(value) {
            self.begin(field);
            push_quoted(self.buffer, value);
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.begin(field);
        // Only a value's own implementation of Debug can fail; what it has written stays.
        let _ = write!(Printable(self.buffer), "{value:?}");
    }
}

/// Appends fields as the members of an object.
struct Json<'b> {
    buffer: &'b mut String,
}

impl Json<'_> {
    fn begin(&mut self, field: &Field) {
        if !self.buffer.ends_with('{') {
            self.buffer.push(',');
        }
        push_json(self.buffer, field.name());
        self.buffer.push(':');
    }

    fn display(&mut self, field: &Field, value: impl Display) {
        self.begin(field);
        let _ = write!(self.buffer, "{value}");
    }
}

impl Visit for Json<'_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.display(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.display(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.display(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.begin(field);
        push_json(self.buffer, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// The name of the field that is an event's message.
const MESSAGE: &str = "message";

/// Appends a JSON string.
fn push_json(buffer: &mut String, text: &str) {
    match is_plain(text) {
        true => push_quoted(buffer, text),
        // A text always has a JSON form.
        false => buffer.push_str(&serde_json::Value::from(text).to_string()),
    }
}

/// Appends a plain text between quotation marks.
fn push_quoted(buffer: &mut String, text: &str) {
    buffer.push('"');
    buffer.push_str(text);
    buffer.push('"');
}

/// Whether a text is the same between quotation marks.
fn is_plain(text: &str) -> bool {
    // Without a branch for each byte, so that the compiler can look at many at once.
    let plain = |byte: &u8| matches!(byte, b' '..=b'~') & (*byte != b'"') & (*byte != b'\\');
    text.as_bytes()
        .iter()
        .fold(true, |all, byte| all & plain(byte))
}

/// Escapes what would move the cursor of a terminal, or end a line.
struct Printable<'a>(&'a mut String);

impl fmt::Write for Printable<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if is_plain(text) {
            self.0.push_str(text);
            return Ok(());
        }
        for letter in text.chars() {
            match letter.is_control() {
                true => self.0.extend(letter.escape_default()),
                false => self.0.push(letter),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing::field::{Empty, display};
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Lines {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    impl Lines {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    /// A call that is logged, with texts of every kind.
    fn log() {
        let span = tracing::info_span!(
            "rpc",
            rpc = "Get",
            request_id = "quoted \" and \\ and \u{1b}[31m",
            count = 7_u64,
            flag = true,
            subject = Empty,
            code = Empty,
            duration_us = Empty
        );
        span.record("subject", display("user/1"));
        tracing::record_all!(span, code = "ok", duration_us = 12_u64);
        let error = "two\nlines";
        tracing::info!(parent: &span, %error, less = -1, "answered \u{1b}[2J");
    }

    #[test]
    fn text_is_as_tracing_subscriber_writes_it_and_never_moves_the_cursor() {
        let (ours, theirs) = (Lines::default(), Lines::default());
        let builder = || tracing_subscriber::fmt().without_time().with_ansi(false);
        let subscriber = builder()
            .fmt_fields(TextFields)
            .with_writer(ours.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, log);
        tracing::subscriber::with_default(builder().with_writer(theirs.clone()).finish(), log);

        let line = ours.text();
        assert!(line.contains(r#"rpc{rpc="Get" request_id="quoted \" and \\ and \u{1b}[31m" count=7 flag=true subject=user/1 code="ok" duration_us=12}"#), "{line}");
        assert!(
            line.contains(r"answered \u{1b}[2J error=two\nlines less=-1"),
            "{line}"
        );
        assert_eq!(line.lines().count(), 1);
        assert!(!line.trim_end().contains(char::is_control));
        // But for the escapes, which it has for fewer characters.
        let (span, _) = line.split_once("}:").unwrap();
        assert!(theirs.text().starts_with(span), "{}", theirs.text());
    }

    #[test]
    fn json_has_the_fields_of_the_span_and_of_the_event() {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .fmt_fields(JsonFields)
            .with_writer(lines.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, log);

        let line: serde_json::Value = serde_json::from_str(&lines.text()).unwrap();
        let expected = serde_json::json!({
            "name": "rpc",
            "rpc": "Get",
            "request_id": "quoted \" and \\ and \u{1b}[31m",
            "count": 7,
            "flag": true,
            "subject": "user/1",
            "code": "ok",
            "duration_us": 12
        });
        assert_eq!(line["span"], expected);
        assert_eq!(line["message"], "answered \u{1b}[2J");
        assert_eq!(line["error"], "two\nlines");
        assert_eq!(line["less"], -1);
    }

    #[test]
    fn a_span_without_fields_gets_them_later() {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .fmt_fields(JsonFields)
            .with_writer(lines.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!("rpc", code = Empty);
            span.record("code", "ok");
            tracing::info!(parent: &span, "answered");
        });
        let line: serde_json::Value = serde_json::from_str(&lines.text()).unwrap();
        assert_eq!(line["span"]["code"], "ok");
    }
}
