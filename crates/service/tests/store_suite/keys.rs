//! The admin key.

use std::sync::Arc;

use runner_configuration_service::store::*;

use super::fixture::*;

pub(crate) async fn there_is_no_admin_key_at_first<S: Store>(store: Arc<S>) {
    assert_eq!(store.admin_key_hash().await.unwrap(), None);
}

pub(crate) async fn the_admin_key_is_replaced<S: Store>(store: Arc<S>) {
    for hash in [[1; 32], [1; 32], [2; 32]] {
        store
            .set_admin_key_hash(change("serve"), hash, ADMIN)
            .await
            .unwrap();
        assert_eq!(store.admin_key_hash().await.unwrap(), Some(hash));
    }
}
