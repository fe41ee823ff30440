//! Filling stores: the runners through the store itself, the rest past it, since creating millions of objects one
//! transaction each takes long. Nothing is synced meanwhile. What comes out is what the store would have made, without
//! the record of changes; [`measure`](super::measure) compares what is read with what was meant.

use std::path::Path;
use std::pin::pin;
use std::time::SystemTime;

use runner_configuration_service::ADMIN_SUBJECT;
use runner_configuration_service::store::postgres::PostgresOptions;
use runner_configuration_service::store::sqlite::SqliteStore;
use runner_configuration_service::store::{Change, Store};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, NoTls};

use super::Failure;
use super::objects::{self, Objects, RUNNERS, class, encoded, token};

async fn put_runners(store: &impl Store) -> Result<(), Failure> {
    for runner in 0..RUNNERS {
        let change = Change::by(ADMIN_SUBJECT, "bench", SystemTime::now());
        let _created = store.put_runner(change, objects::runner(runner)).await?;
    }
    store.close().await?;
    Ok(())
}

pub(crate) async fn sqlite(file: &Path, objects: Objects) -> Result<(), Failure> {
    put_runners(&SqliteStore::open(file)?).await?;
    let mut connection = rusqlite::Connection::open(file)?;
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -500000;")?;
    let transaction = connection.transaction()?;
    let mut insert = transaction.prepare(
        "INSERT INTO environment_classes (id, runner_id, enabled, message, json)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for class in (0..objects.0).map(class) {
        insert.execute((
            class.id,
            class.runner_id,
            class.message.enabled,
            encoded(&class.message),
            serde_json::to_vec(&class.message)?,
        ))?;
    }
    drop(insert);
    let mut insert = transaction.prepare(
        "INSERT INTO host_authentication_tokens
             (id, runner_id, principal, subject_id, host, source, message,
              token, token_key, refresh_token, refresh_token_key, json)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?8, ?9, ?10)",
    )?;
    for token in (0..objects.0).map(token) {
        insert.execute((
            token.id,
            token.runner_id,
            i32::from(token.owner.principal),
            token.owner.id,
            token.host.as_str(),
            token.message.source,
            encoded(&token.message),
            token.token.ciphertext,
            token.token.key.0,
            serde_json::to_vec(&token.message)?,
        ))?;
    }
    drop(insert);
    transaction.commit()?;
    Ok(())
}

pub(crate) async fn postgres(url: &str, objects: Objects) -> Result<(), Failure> {
    put_runners(&PostgresOptions::from_url(url)?.open().await?).await?;
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    copy_classes(&client, objects).await?;
    copy_tokens(&client, objects).await?;
    // What autovacuum does, sooner or later.
    client.batch_execute("VACUUM ANALYZE").await?;
    Ok(())
}

async fn copy_classes(client: &Client, objects: Objects) -> Result<(), Failure> {
    let sink = client
        .copy_in(
            "COPY environment_classes (id, runner_id, enabled, message, json) FROM STDIN BINARY",
        )
        .await?;
    let types = [Type::UUID, Type::UUID, Type::BOOL, Type::BYTEA, Type::BYTEA];
    let mut rows = pin!(BinaryCopyInWriter::new(sink, &types));
    for class in (0..objects.0).map(class) {
        let message = encoded(&class.message);
        let json = serde_json::to_vec(&class.message)?;
        rows.as_mut()
            .write(&[
                &class.id,
                &class.runner_id,
                &class.message.enabled,
                &message,
                &json,
            ])
            .await?;
    }
    rows.finish().await?;
    Ok(())
}

async fn copy_tokens(client: &Client, objects: Objects) -> Result<(), Failure> {
    let sink = client
        .copy_in(
            "COPY host_authentication_tokens
                 (id, runner_id, principal, subject_id, host, source, message,
                  token, token_key, refresh_token, refresh_token_key, json) FROM STDIN BINARY",
        )
        .await?;
    let types = [
        Type::UUID,
        Type::UUID,
        Type::INT4,
        Type::UUID,
        Type::TEXT,
        Type::INT4,
        Type::BYTEA,
        Type::BYTEA,
        Type::BYTEA,
        Type::BYTEA,
        Type::BYTEA,
        Type::BYTEA,
    ];
    let mut rows = pin!(BinaryCopyInWriter::new(sink, &types));
    for token in (0..objects.0).map(token) {
        let key = token.token.key.0.as_slice();
        rows.as_mut()
            .write(&[
                &token.id,
                &token.runner_id,
                &i32::from(token.owner.principal),
                &token.owner.id,
                &token.host.as_str(),
                &token.message.source,
                &encoded(&token.message),
                &token.token.ciphertext,
                &key,
                &token.token.ciphertext,
                &key,
                &serde_json::to_vec(&token.message)?,
            ])
            .await?;
    }
    rows.finish().await?;
    Ok(())
}
