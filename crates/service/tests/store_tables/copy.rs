//! Copies.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use runner_configuration_service::store::StoreError;
use runner_configuration_service::store::copy::{
    Copied, CopyError, CopyOptions, Progress, Side, Step, copy,
};
use runner_configuration_service::store::tables::{
    Answer, Mark, Row, TABLES, Table, Tables, Value,
};

use crate::places::{Place, number};

const BATCH: usize = 2;

async fn copy_all(from: &Place, to: &mut dyn Tables) -> Result<Copied, CopyError> {
    let options = CopyOptions {
        source: "the source".into(),
        batch: BATCH,
        progress: &mut |_| {},
    };
    copy(from.tables().await.as_mut(), to, options).await
}

#[tokio::test]
async fn everything_is_moved_between_stores_of_any_kind() {
    for (from, to) in Place::pairs() {
        let pair = format!("{from:?} to {to:?}");
        from.fill().await;
        // The newest records are forgotten: their numbers must not be given out again.
        from.change().await;
        from.sql("DELETE FROM changes WHERE sequence >= (SELECT max(sequence) FROM changes)");
        let copied = copy_all(&from, to.tables().await.as_mut()).await.unwrap();
        let there = to.rows().await;
        assert!(there == from.rows().await, "{pair}");
        let counts: Vec<u64> = there.iter().map(|rows| rows.len() as u64).collect();
        assert_eq!(
            copied.counts.iter().map(|it| it.1).collect::<Vec<_>>(),
            counts
        );
        assert!(counts.iter().all(|&count| count > 0), "{pair}: {counts:?}");
        assert_eq!(copied.added, counts.iter().sum::<u64>());

        assert!(to.refusal().await.is_none());
        let newest = number(there.last().unwrap().last().unwrap()).unsigned_abs();
        assert!(to.change().await > newest + 1, "{pair}");
    }
}

#[tokio::test]
async fn an_empty_store_is_moved() {
    for (from, to) in Place::pairs() {
        drop(from.tables().await);
        let copied = copy_all(&from, to.tables().await.as_mut()).await.unwrap();
        assert_eq!(copied.added, 0);
        assert_eq!(to.change().await, 1);
    }
}

#[tokio::test]
async fn a_copy_goes_on_from_wherever_it_was_interrupted() {
    for (from, to) in Place::pairs() {
        from.fill().await;
        let total: u64 = from.rows().await.iter().map(|rows| rows.len() as u64).sum();
        let mut interruptions = 0;
        // Each attempt comes one write further; every other one loses the answer, not the write.
        let copied = loop {
            let is_stored = interruptions % 2 == 1;
            let mut failing = Wrapped::new(to.tables().await, move |writes| {
                Box::pin(async move {
                    match writes {
                        1 => Ok(()),
                        _ if is_stored => Err(Lost::Answer),
                        _ => Err(Lost::Write),
                    }
                })
            });
            match copy_all(&from, &mut failing).await {
                Ok(copied) => break copied,
                Err(CopyError::Write { error, .. }) => {
                    assert!(matches!(error, StoreError::OutcomeUnknown { .. }));
                }
                Err(error) => panic!("{error}"),
            }
            let refusal = to.refusal().await.unwrap();
            assert!(
                matches!(refusal, StoreError::UnfinishedCopy { .. }),
                "{refusal}"
            );
            let refusal = refusal.to_string();
            assert!(
                refusal.contains("an unfinished copy of the source"),
                "{refusal}"
            );
            interruptions += 1;
        };
        assert!(interruptions >= 8, "{interruptions}");
        assert!(copied.added <= BATCH as u64, "{copied:?}");
        assert!(to.rows().await == from.rows().await);
        assert_eq!(copied.counts.iter().map(|it| it.1).sum::<u64>(), total);

        // Killed after the mark was gone, before it was said: it is said now.
        let again = copy_all(&from, to.tables().await.as_mut()).await.unwrap();
        assert_eq!((again.added, again.counts), (0, copied.counts));
    }
}

#[tokio::test]
async fn a_destination_with_data_of_its_own_is_refused_and_left_alone() {
    for (from, to) in Place::pairs() {
        from.fill().await;
        to.change().await;
        let before = to.rows().await;
        let refused = copy_all(&from, to.tables().await.as_mut()).await;
        assert!(matches!(refused, Err(CopyError::NotEmpty)), "{refused:?}");
        assert!(to.rows().await == before);
        assert!(to.refusal().await.is_none());
    }
}

#[tokio::test]
async fn a_finished_copy_that_was_changed_is_not_empty() {
    let (from, to) = (Place::sqlite(), Place::sqlite());
    from.fill().await;
    copy_all(&from, to.tables().await.as_mut()).await.unwrap();
    to.sql("UPDATE environment_classes SET enabled = NOT enabled");
    let refused = copy_all(&from, to.tables().await.as_mut()).await;
    assert!(matches!(refused, Err(CopyError::NotEmpty)), "{refused:?}");
}

#[tokio::test]
async fn the_unfinished_copy_of_another_state_is_refused() {
    for (from, to) in Place::pairs() {
        from.fill().await;
        let mut failing = Wrapped::new(to.tables().await, |_| Box::pin(async { Err(Lost::Write) }));
        copy_all(&from, &mut failing).await.unwrap_err();
        from.change().await;
        let other = Place::sqlite();
        other.fill().await;
        for source in [from, other] {
            let refused = copy_all(&source, to.tables().await.as_mut()).await;
            let refused = refused.unwrap_err();
            assert!(matches!(refused, CopyError::OtherCopy { .. }), "{refused}");
            assert!(
                refused
                    .to_string()
                    .contains("copy of the source in another state")
            );
        }
    }
}

#[tokio::test]
async fn a_source_that_changes_meanwhile_is_found_out() {
    for (from, to) in Place::pairs() {
        from.fill().await;
        let (from, kind) = (Arc::new(from), format!("{to:?}"));
        let changed = Arc::clone(&from);
        let mut changing = Wrapped::new(to.tables().await, move |writes| {
            let changed = Arc::clone(&changed);
            Box::pin(async move {
                if writes == 3 {
                    changed.change().await;
                }
                Ok(())
            })
        });
        let refused = copy_all(&from, &mut changing).await.unwrap_err();
        assert!(
            matches!(refused, CopyError::SourceChanged),
            "{kind}: {refused}"
        );
        assert!(matches!(
            to.refusal().await,
            Some(StoreError::UnfinishedCopy { .. })
        ));
    }
}

#[tokio::test]
async fn a_destination_that_something_else_writes_to_is_found_out() {
    for (from, to) in Place::pairs() {
        let filled = from.fill().await;
        let to = Arc::new(to);
        let (written, class) = (Arc::clone(&to), filled.class);
        let mut changing = Wrapped::new(to.tables().await, move |writes| {
            let written = Arc::clone(&written);
            Box::pin(async move {
                if writes == 8 {
                    let sql = "UPDATE environment_classes SET enabled = NOT enabled";
                    written.sql(sql);
                }
                Ok(())
            })
        });
        let refused = copy_all(&from, &mut changing).await.unwrap_err();
        let CopyError::Different { kind, .. } = &refused else {
            panic!("{refused}: {class}");
        };
        assert_eq!(*kind, "environment classes");
        assert!(to.refusal().await.is_some());
    }
}

#[tokio::test]
async fn what_is_malformed_is_named_and_not_copied() {
    let (from, to) = (Place::sqlite(), Place::sqlite());
    let filled = from.fill().await;
    from.sql("UPDATE scm_integrations SET offers_pat = 7");
    let refused = copy_all(&from, to.tables().await.as_mut())
        .await
        .unwrap_err();
    let CopyError::Malformed { kind, id } = &refused else {
        panic!("{refused}");
    };
    assert_eq!((*kind, id), ("SCM integration", &filled.scm.to_string()));
    assert!(refused.to_string().contains("runnerconf store check"));
}

#[tokio::test]
async fn what_a_destination_cannot_hold_is_named() {
    let Some(to) = Place::postgres() else { return };
    let from = Place::sqlite();
    let filled = from.fill().await;
    from.sql("UPDATE runners SET name = 'a' || char(0)");
    let refused = copy_all(&from, to.tables().await.as_mut())
        .await
        .unwrap_err();
    let text = refused.to_string();
    assert!(matches!(refused, CopyError::Write { .. }), "{text}");
    assert!(
        text.contains(&filled.runner.to_string()) && text.contains("NUL"),
        "{text}"
    );
}

#[tokio::test]
async fn progress_is_told_of_every_kind_up_to_the_total() {
    let (from, to) = (Place::sqlite(), Place::sqlite());
    from.fill().await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let options = CopyOptions {
        source: String::new(),
        batch: BATCH,
        progress: &mut move |progress: Progress| tell.lock().unwrap().push(progress),
    };
    let (mut from, mut to) = (from.tables().await, to.tables().await);
    copy(from.as_mut(), to.as_mut(), options).await.unwrap();
    let told = told.lock().unwrap();
    for step in [Step::Copy, Step::VerifySource, Step::VerifyDestination] {
        for table in TABLES {
            let mut of_table = told
                .iter()
                .filter(|it| it.step == step && it.kind == table.title());
            let last = of_table.next_back().unwrap();
            assert_eq!(last.done, last.total, "{last:?}");
        }
    }
    assert_eq!(Side::Source.to_string(), "the source");
}

// --- A destination that something happens to ---

/// Which part of a write is lost.
#[derive(PartialEq)]
enum Lost {
    Write,
    Answer,
}

type Event = Pin<Box<dyn Future<Output = Result<(), Lost>> + Send>>;

/// Tables to which something happens before each write.
struct Wrapped<F> {
    tables: Box<dyn Tables>,
    writes: u32,
    event: F,
}

impl<F: FnMut(u32) -> Event + Send> Wrapped<F> {
    fn new(tables: Box<dyn Tables>, event: F) -> Self {
        Self {
            tables,
            writes: 0,
            event,
        }
    }
}

impl<F: FnMut(u32) -> Event + Send> Tables for Wrapped<F> {
    fn write<'a>(&'a mut self, table: &'static Table, rows: &'a [Row]) -> Answer<'a, ()> {
        self.writes += 1;
        let event = (self.event)(self.writes);
        Box::pin(async move {
            let failure = event.await.err();
            if failure != Some(Lost::Write) {
                self.tables.write(table, rows).await?;
            }
            match failure {
                None => Ok(()),
                Some(_) => Err(StoreError::OutcomeUnknown {
                    reason: "a test lost it".into(),
                }),
            }
        })
    }

    fn begin_snapshot(&mut self) -> Answer<'_, ()> {
        self.tables.begin_snapshot()
    }

    fn end_snapshot(&mut self) -> Answer<'_, ()> {
        self.tables.end_snapshot()
    }

    fn columns(&mut self) -> Answer<'_, Vec<(String, String)>> {
        self.tables.columns()
    }

    fn count<'a>(&'a mut self, table: &'static Table) -> Answer<'a, u64> {
        self.tables.count(table)
    }

    fn last<'a>(&'a mut self, table: &'static Table) -> Answer<'a, Option<Row>> {
        self.tables.last(table)
    }

    fn read<'a>(
        &'a mut self,
        table: &'static Table,
        after: Option<Value>,
        limit: usize,
    ) -> Answer<'a, Vec<Row>> {
        self.tables.read(table, after, limit)
    }

    fn counter(&mut self) -> Answer<'_, i64> {
        self.tables.counter()
    }

    fn raise_counter(&mut self, at_least: i64) -> Answer<'_, ()> {
        self.tables.raise_counter(at_least)
    }

    fn mark(&mut self) -> Answer<'_, Option<Mark>> {
        self.tables.mark()
    }

    fn set_mark<'a>(&'a mut self, mark: &'a Mark) -> Answer<'a, ()> {
        self.tables.set_mark(mark)
    }

    fn clear_mark(&mut self) -> Answer<'_, ()> {
        self.tables.clear_mark()
    }

    fn damage(&mut self) -> Answer<'_, Vec<String>> {
        self.tables.damage()
    }
}
