//! The JSON text of a message, which stores keep beside the message: a reply in JSON is put together from texts, as one in
//! binary is from messages.
//!
//! A text follows from its message by the JSON mapping. Whoever changes the mapping of a message that is stored makes a
//! migration that derives the texts anew; the tests below notice.

use prost::Message;
use runner_configuration::json;
use runner_configuration::v1::{
    EnvironmentClass, HostAuthenticationToken, LlmIntegration, ScmIntegration,
};
use serde::Serialize;

/// The text of a message. There is none if a field has no JSON form, such as a time beyond the year 9999.
pub(super) fn json_text<M: Serialize>(message: &M) -> Option<Vec<u8>> {
    json::to_vec(message).ok()
}

/// The text of an encoded message. There is none if it can't be decoded: whoever reads the message says so.
pub(super) type Derive = fn(&[u8]) -> Option<Vec<u8>>;

/// The tables whose messages have a text.
pub(super) const TABLES: [(&str, Derive); 4] = [
    ("environment_classes", derive::<EnvironmentClass>),
    (
        "host_authentication_tokens",
        derive::<HostAuthenticationToken>,
    ),
    ("scm_integrations", derive::<ScmIntegration>),
    ("llm_integrations", derive::<LlmIntegration>),
];

fn derive<M: Message + Default + Serialize>(message: &[u8]) -> Option<Vec<u8>> {
    json_text(&M::decode(message).ok()?)
}

#[cfg(test)]
mod tests {
    use runner_configuration::Timestamp;
    use runner_configuration::v1::*;

    use super::*;

    #[expect(deprecated, reason = "stored messages may have the field")]
    fn token() -> HostAuthenticationToken {
        HostAuthenticationToken {
            id: "a".into(),
            runner_id: "b".into(),
            user_id: "c".into(),
            host: "d".into(),
            source: HostAuthenticationTokenSource::Oauth.into(),
            expires_at: Some(Timestamp {
                seconds: 1_800_000_000,
                nanos: 50_000_000,
            }),
            integration_id: "e".into(),
            scopes: vec!["f".into(), "\"é".into()],
            subject: Some(Subject {
                id: "g".into(),
                principal: Principal::User.into(),
            }),
        }
    }

    /// Texts that stores hold. If one of them changes, those that are stored have to be derived anew: add a migration to
    /// both stores before this test is changed.
    #[test]
    fn the_texts_are_those_that_stores_hold() {
        let class = EnvironmentClass {
            id: "a".into(),
            display_name: "b".into(),
            description: "c".into(),
            configuration: vec![
                FieldValue {
                    key: "d".into(),
                    value: "e".into(),
                },
                FieldValue::default(),
            ],
            runner_id: "f".into(),
            enabled: true,
        };
        let scm = ScmIntegration {
            id: "a".into(),
            scm_id: "b".into(),
            host: "c".into(),
            oauth: Some(ScmIntegrationOAuthConfig {
                client_id: "d".into(),
                encrypted_client_secret: vec![0xfb, 0xff],
                issuer_url: "e".into(),
            }),
            pat: true,
            runner_id: "f".into(),
            virtual_directory: Some(String::new()),
        };
        let llm = LlmIntegration {
            id: "a".into(),
            runner_id: "b".into(),
            models: vec![SupportedModel::Opus4.into(), 9999],
            endpoint: "c".into(),
            encrypted_api_key: vec![0],
            max_tokens: u64::MAX,
            phase: LlmIntegrationPhase::Available.into(),
            phase_reason: "d".into(),
            request_headers: vec![LlmIntegrationRequestHeader::default()],
            provider: LlmProvider::Anthropic.into(),
        };
        for (text, expected) in [
            (
                json_text(&class),
                r#"{"id":"a","displayName":"b","description":"c","configuration":[{"key":"d","value":"e"},{}],"runnerId":"f","enabled":true}"#,
            ),
            (
                json_text(&token()),
                r#"{"id":"a","runnerId":"b","userId":"c","host":"d","source":"HOST_AUTHENTICATION_TOKEN_SOURCE_OAUTH","expiresAt":"2027-01-15T08:00:00.050Z","integrationId":"e","scopes":["f","\"é"],"subject":{"id":"g","principal":"PRINCIPAL_USER"}}"#,
            ),
            (
                json_text(&scm),
                r#"{"id":"a","scmId":"b","host":"c","oauth":{"clientId":"d","encryptedClientSecret":"+/8=","issuerUrl":"e"},"pat":true,"runnerId":"f","virtualDirectory":""}"#,
            ),
            (
                json_text(&llm),
                r#"{"id":"a","runnerId":"b","models":["SUPPORTED_MODEL_OPUS_4",9999],"endpoint":"c","encryptedApiKey":"AA==","maxTokens":"18446744073709551615","phase":"LLM_INTEGRATION_PHASE_AVAILABLE","phaseReason":"d","requestHeaders":[{}],"provider":"LLM_PROVIDER_ANTHROPIC"}"#,
            ),
        ] {
            assert_eq!(String::from_utf8(text.unwrap()).unwrap(), expected);
        }
    }

    #[test]
    fn what_cannot_be_decoded_has_no_text() {
        for (table, derive) in TABLES {
            assert_eq!(derive(&[0xff]), None, "{table}");
            assert_eq!(derive(b"").as_deref(), Some(&b"{}"[..]), "{table}");
        }
    }
}
