//! How SQLite goes about pages of every filter: what it counts while it answers.

use std::sync::{Arc, Mutex};

use runner_configuration::v1::{LlmIntegration, RunnerKind, RunnerProvider, ScmIntegration};
use rusqlite::StatementStatus;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use uuid::Uuid;

use super::*;
use crate::store::sqlite::{SqliteOptions, classes, open, tokens};
use crate::store::{EnvironmentClassFilter, HostAuthenticationTokenFilter, SubjectKey};

/// Ten thousand objects each: the first runner has all of the oldest, disabled are the newest, and one subject has every
/// second of the older tokens. The others share the rest evenly.
const OBJECTS: &str = "
    CREATE TEMP TABLE numbered AS
        WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 9999)
        SELECT n, unhex(printf('01a00000000070008000%012d', n)) AS id,
               unhex(printf('01a00000000070008000%012d', iif(n < 3000, 0, 1 + n % 99))) AS runner_id,
               unhex(printf('01a00000000070008000%012d', iif(n < 4000 AND n % 2 = 0, 0, 1 + n % 999))) AS subject_id
        FROM numbers;
    INSERT INTO runners (id, name, kind, provider, registered)
        SELECT id, '', iif(n % 5 = 4, 3, 2), iif(n = 50, 4, 1), n % 20 <> 19 FROM numbered WHERE n < 100;
    INSERT INTO environment_classes (id, runner_id, enabled, sealed_to, message)
        SELECT id, runner_id, n < 9000, NULL, x'' FROM numbered;
    INSERT INTO scm_integrations (id, runner_id, host, offers_oauth, offers_pat, sealed_to, message)
        SELECT id, runner_id, n, 1, 1, NULL, x'' FROM numbered;
    INSERT INTO llm_integrations (id, runner_id, enabled, api_key_sealed_to, headers_sealed_to, message)
        SELECT id, runner_id, 1, NULL, NULL, x'' FROM numbered;
    INSERT INTO host_authentication_tokens
            (id, runner_id, principal, subject_id, host, source, integration_id, message,
             token, token_key)
        SELECT id, runner_id, 2, subject_id, n, 1, NULL, x'', x'', x'' FROM numbered;
    ANALYZE;";

fn id(number: usize) -> Uuid {
    let id = format!("01a00000-0000-7000-8000-{number:012}");
    id.parse().unwrap()
}

const LARGE: usize = 0;
const SMALL: usize = 7;

fn runner_lists() -> [Vec<Uuid>; 4] {
    [
        vec![],
        vec![id(LARGE)],
        vec![id(SMALL)],
        vec![id(LARGE), id(SMALL), id(77)],
    ]
}

fn class_filters() -> Vec<EnvironmentClassFilter> {
    let mut filters = Vec::new();
    for runner_ids in runner_lists() {
        for enabled in [None, Some(true), Some(false)] {
            for runner_kinds in [vec![], vec![RunnerKind::LocalConfiguration]] {
                for runner_providers in [vec![], vec![RunnerProvider::Managed]] {
                    for usable_only in [false, true] {
                        filters.push(EnvironmentClassFilter {
                            runner_ids: runner_ids.clone(),
                            enabled,
                            runner_kinds: runner_kinds.clone(),
                            runner_providers: runner_providers.clone(),
                            usable_only,
                        });
                    }
                }
            }
        }
    }
    filters
}

fn token_filters() -> Vec<HostAuthenticationTokenFilter> {
    let mut filters = Vec::new();
    for runner_id in [None, Some(id(LARGE)), Some(id(SMALL))] {
        for subject in [None, Some(id(LARGE)), Some(id(SMALL))] {
            for (subject_id, user_id, owner) in [
                (subject, None, None),
                (None, subject, None),
                (None, None, subject),
            ] {
                filters.push(HostAuthenticationTokenFilter {
                    runner_id,
                    subject_id,
                    user_id,
                    owner: owner.map(SubjectKey::user),
                });
            }
        }
    }
    filters
}

/// The most instructions of SQLite's machine that a page takes; going through ten thousand rows takes more.
const STEPS: i32 = 5_000;

/// A statement, and what of each kind SQLite did for it.
type Counted = (String, [i32; 3]);

#[test]
fn every_filter_is_answered_along_an_index() {
    let mut connection = open::open_in_memory(&SqliteOptions::new()).unwrap();
    connection
        .execute_batch("PRAGMA foreign_keys = OFF")
        .unwrap();
    connection.execute_batch(OBJECTS).unwrap();
    let counted: Arc<Mutex<Vec<Counted>>> = Arc::default();
    let counts = Arc::clone(&counted);
    let count = move |event: TraceEvent<'_>| {
        if let TraceEvent::Profile(statement, _) = event {
            let status = [
                StatementStatus::FullscanStep,
                StatementStatus::Sort,
                StatementStatus::VmStep,
            ];
            let status = status.map(|status| statement.get_status(status));
            let sql = statement.sql().into_owned();
            counts.lock().unwrap().push((sql, status));
        }
    };
    connection
        .trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(count))
        .unwrap();

    for place in [0, 1500, 2990, 5000, 8990, 9990] {
        let after = (place > 0).then(|| id(place));
        let request = PageRequest {
            after,
            limit: 25,
            form: Form::Json,
        };
        // What is counted is counted from the preparation of a statement on.
        let page = |read: &dyn Fn(&Connection)| {
            connection.flush_prepared_statement_cache();
            read(&connection);
        };
        for filter in class_filters() {
            page(&|connection| drop(classes::page(connection, &filter, request).unwrap()));
        }
        for filter in token_filters() {
            page(&|connection| drop(tokens::page(connection, &filter, request).unwrap()));
        }
        for runners in runner_lists() {
            let runners = &Runners::from_filter(&runners);
            page(&|connection| {
                of_runners::<ScmIntegration>(connection, SCM_INTEGRATIONS, runners, None, request)
                    .unwrap();
            });
            page(&|connection| {
                of_runners::<LlmIntegration>(connection, LLM_INTEGRATIONS, runners, None, request)
                    .unwrap();
            });
        }
    }
    let counted = counted.lock().unwrap();
    // All runners, which are few, for filters that look at them.
    let (runners, selects): (Vec<_>, Vec<_>) = counted
        .iter()
        .filter(|(sql, _)| sql.starts_with("SELECT"))
        .partition(|(sql, _)| sql.contains("FROM runners"));
    // What goes through a whole table is found out.
    assert!(runners.iter().all(|(_, [full_scan, ..])| *full_scan > 0));
    assert!(!runners.is_empty());
    assert!(selects.len() > 500);
    for (sql, [full_scan, sorts, steps]) in selects {
        assert_eq!((*full_scan, *sorts), (0, 0), "{sql}");
        assert!(*steps < STEPS, "{steps} steps: {sql}");
    }
}
