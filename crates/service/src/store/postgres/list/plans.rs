//! How PostgreSQL goes about pages.

use runner_configuration::v1::{LlmIntegration, RunnerKind, RunnerProvider, ScmIntegration};

use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::*;
use crate::store::postgres::connect::Connector;
use crate::store::postgres::options::Limits;
use crate::store::postgres::test_server::Database;
use crate::store::postgres::{PostgresOptions, classes, tokens};
use crate::store::{EnvironmentClassFilter, HostAuthenticationTokenFilter, SubjectKey};

/// Ten thousand objects each, as they trap a planner: the first runner has all of the oldest, disabled are the newest,
/// and one subject has every second of the older tokens. The others share the rest evenly.
const OBJECTS: &str = "
    CREATE FUNCTION id(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
        SELECT ('01a00000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
    INSERT INTO runners
        SELECT id(n), '', CASE n % 5 WHEN 4 THEN 3 ELSE 2 END, CASE n WHEN 50 THEN 4 ELSE 1 END, n % 20 <> 19
        FROM generate_series(0, 99) n;
    CREATE TEMPORARY TABLE numbered AS
        SELECT id(n) AS id, id(CASE WHEN n < 3000 THEN 0 ELSE 1 + n % 99 END) AS runner_id, n
        FROM generate_series(0, 9999) n;
    INSERT INTO environment_classes (id, runner_id, enabled, sealed_to, message)
        SELECT id, runner_id, n < 9000, NULL, '' FROM numbered;
    INSERT INTO scm_integrations (id, runner_id, host, offers_oauth, offers_pat, sealed_to, message)
        SELECT id, runner_id, n::text, true, true, NULL, '' FROM numbered;
    INSERT INTO llm_integrations (id, runner_id, enabled, api_key_sealed_to, headers_sealed_to, message)
        SELECT id, runner_id, true, NULL, NULL, '' FROM numbered;
    INSERT INTO host_authentication_tokens
            (id, runner_id, principal, subject_id, host, source, integration_id, message,
             token, token_key)
        SELECT id, runner_id, 2, id(CASE WHEN n < 4000 AND n % 2 = 0 THEN 0 ELSE 1 + n % 999 END), n::text, 1, NULL,
               '', '', ''
        FROM numbered;
    ANALYZE;";

fn id(number: usize) -> Uuid {
    let id = format!("01a00000-0000-7000-8000-{number:012}");
    id.parse().unwrap()
}

/// The first page, and those that reach the end of what the large runner has, and of what is enabled.
fn pages() -> impl Iterator<Item = PageRequest> {
    let places = [0, 2990, 8990];
    let after = places.map(|place| (place > 0).then(|| id(place)));
    after.into_iter().map(|after| PageRequest {
        after,
        limit: 25,
        form: Form::Json,
    })
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
            for (kind, provider, usable_only) in [
                (None, None, false),
                (Some(RunnerKind::LocalConfiguration), None, false),
                (None, Some(RunnerProvider::Managed), true),
            ] {
                filters.push(EnvironmentClassFilter {
                    runner_ids: runner_ids.clone(),
                    enabled,
                    runner_kinds: Vec::from_iter(kind),
                    runner_providers: Vec::from_iter(provider),
                    usable_only,
                });
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

/// How the database goes about a statement, with what it meets on its way, under the settings of the store.
async fn plan(client: &Client, mode: &str, sql: &str, values: &[String]) -> String {
    let values: Vec<String> = values
        .iter()
        .map(|value| format!("'{}'", value.replace('[', "{").replace(']', "}")))
        .collect();
    let explain = format!(
        "SET plan_cache_mode = {mode}; PREPARE page AS {sql};
         EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) EXECUTE page ({});
         DEALLOCATE page",
        values.join(", ")
    );
    let mut plan = String::new();
    for message in client.simple_query(&explain).await.unwrap() {
        if let SimpleQueryMessage::Row(line) = message {
            plan += line.get(0).unwrap();
            plan.push('\n');
        }
    }
    plan
}

async fn connect(database: &Database) -> Client {
    let (client, connection) = tokio_postgres::connect(&database.url(), NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let settings = Limits::default().settings();
    client.batch_execute(&settings).await.unwrap();
    client
}

/// Whether nothing is read that is not on the page, but for what several runners have in the same place.
fn check(plan: &str) {
    for unwanted in ["Seq Scan", "Bitmap", "Hash", "Merge", "Incremental Sort"] {
        assert!(!plan.contains(unwanted), "{plan}");
    }
    assert!(!plan.contains("Rows Removed"), "{plan}");
    let scans = plan.matches("Scan using").count();
    assert!(scans > 0, "{plan}");
    assert_eq!(plan.matches("Index Cond").count(), scans, "{plan}");
    let is_of_several = plan.contains("Function Scan on unnest");
    assert_eq!(plan.contains("Sort"), is_of_several, "{plan}");
}

#[tokio::test]
async fn every_filter_is_answered_along_an_index() {
    let Some(database) = Database::create() else {
        return;
    };
    let options = PostgresOptions::from_url(&database.url()).unwrap();
    options.open().await.unwrap();
    database.sql(OBJECTS);
    let session = Connector::new(&options).unwrap().connect().await.unwrap();

    for request in pages() {
        for filter in class_filters() {
            classes::page(&session, &filter, request).await.unwrap();
        }
        for filter in token_filters() {
            tokens::page(&session, &filter, request).await.unwrap();
        }
        for runners in runner_lists() {
            let runners = Runners::from_filter(&runners);
            let pages = (
                of_runners::<ScmIntegration>(&session, SCM_INTEGRATIONS, &runners, None, request),
                of_runners::<LlmIntegration>(&session, LLM_INTEGRATIONS, &runners, None, request),
            );
            pages.0.await.unwrap();
            pages.1.await.unwrap();
        }
    }
    let mut looked_up = std::mem::take(&mut *session.looked_up.lock().unwrap());
    // All runners, which are few, for filters that look at them.
    looked_up.retain(|(sql, _)| !sql.ends_with("FROM runners"));
    looked_up.sort_unstable();
    looked_up.dedup();
    assert!(looked_up.len() > 60, "{}", looked_up.len());
    let client = connect(&database).await;
    for (sql, values) in looked_up {
        for mode in ["force_generic_plan", "force_custom_plan"] {
            check(&plan(&client, mode, &sql, &values).await);
        }
    }
}

#[tokio::test]
async fn a_store_is_read_along_indexes_from_its_first_object_on() {
    let Some(database) = Database::create() else {
        return;
    };
    let options = PostgresOptions::from_url(&database.url()).unwrap();
    options.open().await.unwrap();
    let client = connect(&database).await;
    // A plan that is made while a table is empty may be used when it is large.
    let nothing = [id(0).to_string(), "26".into()];
    for (table, index, value) in [
        (CLASSES, &[][..], ""),
        (CLASSES, &[ENABLED], "true"),
        (CLASSES, &[RUNNER], &nothing[0]),
        (TOKENS, &[], ""),
        (TOKENS, &[RUNNER], &nothing[0]),
        (TOKENS, &[SUBJECT], &nothing[0]),
        (SCM_INTEGRATIONS, &[RUNNER], &nothing[0]),
        (LLM_INTEGRATIONS, &[RUNNER], &nothing[0]),
    ] {
        let mut values = nothing.to_vec();
        values.extend(index.iter().map(|_| value.to_owned()));
        let sql = page_sql(Form::Json, table, index, None);
        check(&plan(&client, "force_generic_plan", &sql, &values).await);
    }
}
