//! Spans, from where they end to the collector.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::SpanId;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter, SpanProcessor};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::SpanCounts;
use super::collector::Reports;
use super::conventions::{self, OPERATION};

/// How many spans wait to be sent; further ones are dropped.
const QUEUE: usize = 4096;

/// How many are sent together.
const BATCH: usize = 512;

/// For how long others are waited for before fewer are sent.
const DELAY: Duration = Duration::from_secs(1);

/// A place for spans that ended, and where they are taken from.
pub(super) fn queue(counts: SpanCounts) -> (Queue, mpsc::Receiver<SpanData>) {
    let (spans, receiver) = mpsc::channel(QUEUE);
    (Queue { spans, counts }, receiver)
}

/// Takes spans that ended, and waits for nothing.
#[derive(Debug)]
pub(super) struct Queue {
    spans: mpsc::Sender<SpanData>,
    counts: SpanCounts,
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        // Looking whether the store is there, for example, is part of no call.
        let is_alone = span.parent_span_id == SpanId::INVALID && span.name == OPERATION;
        if is_alone || !span.span_context.is_sampled() {
            return;
        }
        if self.spans.try_send(span).is_err() {
            self.counts.dropped();
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    /// Whoever sends the spans stops by itself.
    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// What sends them.
pub(super) struct Sending<E> {
    pub(super) spans: mpsc::Receiver<SpanData>,
    pub(super) exporter: E,
    /// The kind of database that the store is in.
    pub(super) database: &'static str,
    pub(super) counts: SpanCounts,
    /// How long a batch may take. The exporter tries again by itself, within its own time.
    pub(super) patience: Duration,
    pub(super) stopping: watch::Receiver<bool>,
}

impl<E: SpanExporter> Sending<E> {
    /// Until it is told to stop, and then until all are sent.
    pub(super) async fn run(mut self) {
        let reports = Reports::default();
        let mut told = 0;
        let mut batch = Vec::with_capacity(BATCH);
        while self.gather(&mut batch).await {
            for span in &mut batch {
                conventions::apply(self.database, span);
            }
            let spans = batch.len();
            let sent = self.exporter.export(std::mem::take(&mut batch));
            match timeout(self.patience, sent).await {
                Ok(Ok(())) => self.counts.sent(spans),
                _ => self.counts.failed(spans),
            }
            let lost = self.counts.lost();
            if lost > told && reports.is_due() {
                told = lost;
                tracing::warn!(lost, "spans were not sent, in all since the start");
            }
        }
    }

    /// Fills a batch; `false` if there is nothing more to come.
    async fn gather(&mut self, batch: &mut Vec<SpanData>) -> bool {
        if !*self.stopping.borrow() {
            let spans = &mut self.spans;
            let full = async {
                if spans.recv_many(batch, BATCH).await == 0 {
                    return;
                }
                let more = async {
                    while batch.len() < BATCH {
                        if spans.recv_many(batch, BATCH - batch.len()).await == 0 {
                            break;
                        }
                    }
                };
                let _ = timeout(DELAY, more).await;
            };
            tokio::select! {
                () = full => return !batch.is_empty(),
                _ = self.stopping.wait_for(|stopping| *stopping) => {}
            }
        }
        self.spans.close();
        while batch.len() < BATCH {
            let Some(span) = self.spans.recv().await else {
                break;
            };
            batch.push(span);
        }
        !batch.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Future, pending, ready};
    use std::sync::{Arc, Mutex};

    use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
    use opentelemetry_sdk::error::OTelSdkError;
    use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

    use super::*;

    fn tracer(queue: Queue) -> SdkTracer {
        let provider = SdkTracerProvider::builder().with_span_processor(queue);
        provider.build().tracer("test")
    }

    fn end_spans(tracer: &SdkTracer, number: usize) {
        for _ in 0..number {
            tracer.start("rpc").end();
        }
    }

    fn counts(counts: &SpanCounts) -> String {
        format!("{counts:?}").replace(' ', "")
    }

    #[derive(Clone, Debug, Default)]
    struct Recorded(Arc<Mutex<Vec<usize>>>);

    impl SpanExporter for Recorded {
        fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
            self.0.lock().unwrap().push(batch.len());
            ready(Ok(()))
        }
    }

    /// Never answers, or at once with an error.
    #[derive(Debug)]
    struct Broken {
        hangs: bool,
    }

    impl SpanExporter for Broken {
        async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
            if self.hangs {
                pending::<()>().await;
            }
            Err(OTelSdkError::InternalFailure("as asked".into()))
        }
    }

    #[tokio::test]
    async fn what_is_queued_at_the_end_is_sent() {
        let numbers = SpanCounts::default();
        let (queue, spans) = queue(numbers.clone());
        let tracer = tracer(queue);
        let (stop, stopping) = watch::channel(false);
        let exporter = Recorded::default();
        let sending = Sending {
            spans,
            exporter: exporter.clone(),
            database: "sqlite",
            counts: numbers.clone(),
            patience: Duration::from_secs(60),
            stopping,
        };
        let sending = tokio::spawn(sending.run());
        end_spans(&tracer, 3);
        // Together, or one after another.
        while exporter.0.lock().unwrap().iter().sum::<usize>() < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        end_spans(&tracer, BATCH + 1);
        stop.send_replace(true);
        sending.await.unwrap();
        assert_eq!(exporter.0.lock().unwrap().iter().sum::<usize>(), BATCH + 4);
        let shown = counts(&numbers);
        assert!(
            shown.contains(&format!("sent:{},failed:0,dropped:0", BATCH + 4)),
            "{shown}"
        );
    }

    #[tokio::test]
    async fn a_collector_that_fails_loses_spans_that_are_counted() {
        for hangs in [false, true] {
            let numbers = SpanCounts::default();
            let (queue, spans) = queue(numbers.clone());
            let tracer = tracer(queue);
            let (stop, stopping) = watch::channel(false);
            let sending = Sending {
                spans,
                exporter: Broken { hangs },
                database: "sqlite",
                counts: numbers.clone(),
                patience: Duration::from_millis(1),
                stopping,
            };
            let sending = tokio::spawn(sending.run());
            // None of these waits for anything.
            end_spans(&tracer, QUEUE + 5);
            stop.send_replace(true);
            sending.await.unwrap();
            let shown = counts(&numbers);
            assert!(
                shown.contains(&format!("sent:0,failed:{QUEUE},dropped:5")),
                "{shown}"
            );
            assert_eq!(numbers.lost(), QUEUE as u64 + 5);
        }
    }

    #[test]
    fn work_on_the_store_outside_a_call_is_not_sent() {
        let (queue, mut spans) = queue(SpanCounts::default());
        let tracer = tracer(queue);
        tracer.start("store").end();
        assert!(spans.try_recv().is_err());
        tracer.start("rpc").end();
        assert_eq!(spans.try_recv().unwrap().name, "rpc");
    }
}
