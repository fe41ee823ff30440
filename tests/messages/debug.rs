use crate::all::{all, pool};
use crate::redaction;
use crate::types::messages_of;

#[test]
fn debug_shows_no_hidden_field_of_any_message() {
    let mut hidden = 0;
    for message in all() {
        hidden += redaction::check(&message, &pool());
    }
    assert!(hidden > 0);
}

/// Guards the contract itself: what is named like a secret has to be hidden.
#[test]
fn fields_that_carry_secrets_are_to_be_hidden() {
    let plain_secrets = [
        "token",
        "refresh_token",
        "api_key",
        "oauth_plaintext_client_secret",
    ];
    // Page tokens hold no secret, and these messages do not hold the tokens themselves.
    let harmless = [
        "gitpod.v1.PaginationRequest.token",
        "gitpod.v1.CreateHostAuthenticationTokenResponse.token",
        "gitpod.v1.GetHostAuthenticationTokenResponse.token",
    ];
    for message in messages_of(&pool(), "gitpod.v1") {
        for field in message.fields() {
            if plain_secrets.contains(&field.name()) && !harmless.contains(&field.full_name()) {
                assert!(redaction::is_hidden(&field), "{}", field.full_name());
            }
        }
    }
}
