//! The tables that copies and checks know are those that there are.

use runner_configuration_service::store::tables::TABLES;

use crate::places::Place;

#[tokio::test]
async fn every_table_and_column_of_a_store_is_known() {
    let mut known: Vec<(String, String)> = TABLES
        .iter()
        .flat_map(|table| {
            let name = table.name().to_owned();
            table.columns().map(move |it| (name.clone(), it.to_owned()))
        })
        .collect();
    known.sort();
    for place in Place::both() {
        let mut there = place.tables().await.columns().await.unwrap();
        there.sort();
        assert_eq!(
            there, known,
            "{place:?}: add what is missing to store/tables/schema.rs"
        );
    }
}
