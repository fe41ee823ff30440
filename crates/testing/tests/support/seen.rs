//! What a server says that it saw: its span of each call.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// A call as a server saw it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) rpc: String,
    pub(crate) protocol: String,
}

/// By their request ids.
static SEEN: LazyLock<Mutex<HashMap<String, Seen>>> = LazyLock::new(|| {
    tracing::subscriber::set_global_default(Spans).unwrap();
    Mutex::default()
});

/// Servers of this process are watched from here on.
pub(crate) fn watch() {
    LazyLock::force(&SEEN);
}

/// The call with this request id.
pub(crate) fn seen(request_id: &str) -> Seen {
    SEEN.lock().unwrap().get(request_id).unwrap().clone()
}

struct Spans;

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.name() == "rpc"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        span.record(&mut fields);
        SEEN.lock().unwrap().insert(fields.request_id, fields.seen);
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}
    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}
    fn event(&self, _event: &Event<'_>) {}
    fn enter(&self, _span: &Id) {}
    fn exit(&self, _span: &Id) {}
}

#[derive(Default)]
struct Fields {
    request_id: String,
    seen: Seen,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "rpc" => self.seen.rpc = value.to_owned(),
            "protocol" => self.seen.protocol = value.to_owned(),
            "request_id" => self.request_id = value.to_owned(),
            _ => {}
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn std::fmt::Debug) {}
}
