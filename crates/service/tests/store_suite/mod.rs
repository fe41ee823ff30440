//! The behavioural suite: what every store has to do, one named test per behaviour.
//!
//! A store's own test file says how to make an empty store and calls [`store_suite!`] with that:
//!
//! ```ignore
//! #[path = "store_suite/mod.rs"]
//! mod store_suite;
//!
//! store_suite!(empty_store);
//!
//! async fn empty_store() -> Option<(Arc<impl Store>, impl Sized)> { … }
//! ```
//!
//! The second value is dropped after the test: a temporary folder, for example. `None` skips the test, after
//! `empty_store` has said why.

pub(crate) mod changes;
pub(crate) mod classes;
pub(crate) mod closing;
pub(crate) mod concurrency;
pub(crate) mod fixture;
pub(crate) mod forms;
pub(crate) mod keys;
pub(crate) mod llm;
pub(crate) mod paging;
pub(crate) mod random;
pub(crate) mod runners;
pub(crate) mod scm;
pub(crate) mod tokens;

macro_rules! store_suite {
    ($empty_store:ident) => {
        store_suite! { @modules $empty_store;
            runners {
                an_unknown_runner_is_none
                put_creates_updates_and_says_so
                every_field_comes_back
                runners_are_listed_in_the_order_of_their_ids
                a_changed_runner_keeps_its_objects
                a_runner_without_objects_is_removed
                a_runner_with_objects_is_removed_only_with_force
                nothing_is_created_for_a_removed_runner
                what_is_sealed_to_another_key_is_found
            }
            forms {
                a_message_is_also_there_as_its_json_text
                an_update_changes_the_text
                a_page_of_texts_has_what_a_page_of_messages_has
                a_message_without_a_json_form_is_there_in_binary
            }
            classes {
                an_unknown_class_is_none
                every_field_comes_back
                a_class_needs_its_runner
                a_taken_id_is_refused
                an_update_changes_the_class
                a_refused_update_changes_nothing
                an_update_cannot_move_the_class
                an_unknown_class_is_not_updated
                no_filter_lists_all
                filter_by_runner
                filter_by_enabled
                filter_by_kind
                filter_by_provider
                filter_by_usable
                filters_combine_with_and
                a_filter_with_no_match_is_an_empty_page
                the_filter_follows_changes
            }
            tokens {
                an_unknown_token_is_none
                every_field_comes_back
                a_token_needs_its_runner
                a_token_needs_the_integration_that_it_names
                one_token_per_runner_host_and_owner
                a_deleted_token_can_be_created_again
                an_update_changes_the_token
                a_refused_update_changes_nothing
                an_unknown_token_is_not_updated
                delete_says_whether_there_was_a_token
                delete_can_ask_for_an_owner
                no_filter_lists_all
                filter_by_runner
                filter_by_subject
                filter_by_user
                filter_by_owner
                filters_combine_with_and
                filters_that_contradict_each_other_are_an_empty_page
            }
            scm {
                an_unknown_integration_is_none
                every_field_comes_back
                an_integration_needs_its_runner
                two_integrations_of_one_host_are_not_refused
                filter_by_runner
                an_update_changes_the_integration
                an_update_deletes_the_tokens_it_names_by_source
                a_refused_update_changes_nothing
                an_unknown_integration_is_neither_updated_nor_deleted
                delete_takes_the_tokens_that_name_it
                delete_takes_the_tokens_of_its_host_without_another_offer
                delete_keeps_the_tokens_that_another_integration_offers
                delete_keeps_the_tokens_of_others
            }
            llm {
                an_unknown_integration_is_none
                every_field_comes_back
                an_integration_needs_its_runner
                filter_by_runner
                an_update_changes_the_integration
                a_refused_update_changes_nothing
                the_last_integration_for_a_model_is_kept
                only_enabled_integrations_of_the_same_runner_count
                an_integration_that_is_not_enabled_is_never_the_last
                force_deletes_the_last
                an_update_decides_what_counts
                an_unknown_integration_is_neither_updated_nor_deleted
            }
            paging {
                pages_are_in_the_order_of_ids
                a_page_ends_at_its_limit
                the_last_page_has_no_next
                a_page_starts_after_any_id
                many_runners_are_merged_in_order
                random_class_filters_agree_with_a_plain_search
                random_token_filters_agree_with_a_plain_search
            }
            keys {
                there_is_no_key_at_first
                the_admin_key_is_replaced
                the_admin_key_is_no_other_key
                every_field_of_a_key_comes_back
                a_key_is_kept_once
                a_key_of_a_runner_needs_the_runner
                a_key_is_revoked_for_good
                a_removed_runner_has_its_keys_revoked
                keys_expire
            }
            changes {
                each_change_is_recorded
                what_goes_along_with_something_is_recorded
                the_request_is_recorded
                the_oldest_are_forgotten
                what_changed_nothing_is_not_recorded
                records_are_paged
                times_before_1970_are_kept
            }
            concurrency {
                of_two_updates_none_is_lost
                one_of_64_writers_gets_the_combination
                a_token_never_names_a_deleted_integration
                an_object_never_outlives_its_runner
                the_last_two_integrations_are_not_both_deleted
                paging_through_a_changing_list_repeats_and_loses_nothing
                what_was_acknowledged_is_seen_at_once
                a_refused_change_does_not_harm_its_neighbours
                a_panicking_updater_does_not_harm_its_neighbours
                a_dropped_caller_leaves_nothing_half_done
            }
            closing {
                changes_in_the_queue_are_finished
                a_closed_store_refuses_changes
                closing_twice_is_closing_once
            }
        }
    };
    (@modules $empty_store:ident; $($module:ident { $($name:ident)+ })+) => {
        $(mod $module {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let Some((store, _guard)) = super::$empty_store().await else {
                    return;
                };
                crate::store_suite::$module::$name(store).await;
            })+
        })+
    };
}
