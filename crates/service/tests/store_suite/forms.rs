//! The two forms of stored messages.

use std::convert::Infallible;
use std::fmt::Debug;
use std::sync::Arc;

use prost::Message;
use runner_configuration::v1::SupportedModel;
use runner_configuration_service::store::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fixture::*;

/// A page of all, as texts.
const TEXTS: PageRequest = PageRequest {
    form: Form::Json,
    ..ALL
};

/// Has to be escaped in JSON.
const TEXT: &str = "a \"quoted\"\\\n\u{7f}\u{2028}é€𝄞";

pub(crate) async fn a_message_is_also_there_as_its_json_text<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let id = create_class(&*store, class(runner)).await;
    check(
        store
            .environment_class(id, Form::Protobuf)
            .await
            .unwrap()
            .map(|it| it.message),
        store
            .environment_class(id, Form::Json)
            .await
            .unwrap()
            .map(|it| it.message),
    );
    let id = create_token(&*store, token(runner, "a.example", user(1))).await;
    let binary = store.host_authentication_token(id, Form::Protobuf).await;
    let text = store.host_authentication_token(id, Form::Json).await;
    check(
        binary.unwrap().map(|it| it.message),
        text.unwrap().map(|it| it.message),
    );
    let id = create_scm(&*store, scm(runner, "a.example")).await;
    check(
        store
            .scm_integration(id, Form::Protobuf)
            .await
            .unwrap()
            .map(|it| it.message),
        store
            .scm_integration(id, Form::Json)
            .await
            .unwrap()
            .map(|it| it.message),
    );
    let id = create_llm(&*store, llm(runner, &[SupportedModel::Opus4])).await;
    check(
        store
            .llm_integration(id, Form::Protobuf)
            .await
            .unwrap()
            .map(|it| it.message),
        store
            .llm_integration(id, Form::Json)
            .await
            .unwrap()
            .map(|it| it.message),
    );
}

/// The text is that of the message.
fn check<M>(binary: Option<Encoded<M>>, text: Option<Encoded<M>>)
where
    M: Message + Default + Serialize + DeserializeOwned + PartialEq + Debug,
{
    let (binary, text) = (binary.unwrap(), text.unwrap());
    let message = M::decode(binary.as_bytes()).unwrap();
    assert_eq!(
        String::from_utf8_lossy(text.as_bytes()),
        serde_json::to_string(&message).unwrap()
    );
    assert_eq!(text.decode().unwrap(), message);
}

pub(crate) async fn an_update_changes_the_text<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let class = create_class(&*store, class(runner)).await;
    let token = create_token(&*store, token(runner, "a.example", user(1))).await;
    let scm = create_scm(&*store, scm(runner, "a.example")).await;
    let llm = create_llm(&*store, llm(runner, &[SupportedModel::Opus4])).await;
    let change = || change("update");
    let updater = |record: &mut EnvironmentClassRecord| {
        record.message.description = TEXT.into();
        Ok::<_, Infallible>(())
    };
    let _ = store
        .update_environment_class(change(), class, updater)
        .await
        .unwrap();
    let updater = |record: &mut HostAuthenticationTokenRecord| {
        record.message.scopes = vec![TEXT.into()];
        Ok::<_, Infallible>(())
    };
    let _ = store
        .update_host_authentication_token(change(), token, updater)
        .await
        .unwrap();
    let updater = |record: &mut ScmIntegrationRecord| {
        record.message.virtual_directory = Some(TEXT.into());
        Ok::<_, Infallible>(TokenDeletions::default())
    };
    let _ = store
        .update_scm_integration(change(), scm, updater)
        .await
        .unwrap();
    let updater = |record: &mut LlmIntegrationRecord| {
        record.message.phase_reason = TEXT.into();
        Ok::<_, Infallible>(())
    };
    let _ = store
        .update_llm_integration(change(), llm, updater)
        .await
        .unwrap();

    let escaped = serde_json::to_string(TEXT).unwrap();
    let class = store.environment_class(class, Form::Json).await.unwrap();
    let token = store
        .host_authentication_token(token, Form::Json)
        .await
        .unwrap();
    let scm = store.scm_integration(scm, Form::Json).await.unwrap();
    let llm = store.llm_integration(llm, Form::Json).await.unwrap();
    for text in [
        class.unwrap().message.into_bytes(),
        token.unwrap().message.into_bytes(),
        scm.unwrap().message.into_bytes(),
        llm.unwrap().message.into_bytes(),
    ] {
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains(&escaped), "{text}");
    }
}

pub(crate) async fn a_page_of_texts_has_what_a_page_of_messages_has<S: Store>(store: Arc<S>) {
    let runners = [
        put_runner(&*store).await,
        put_runner(&*store).await,
        put_runner(&*store).await,
    ];
    for number in 0..4 {
        for runner in runners {
            create_class(&*store, class(runner)).await;
            create_token(&*store, token(runner, "a.example", user(number))).await;
            create_scm(&*store, scm(runner, "a.example")).await;
            create_llm(&*store, llm(runner, &[SupportedModel::Opus4])).await;
        }
    }
    for runner_ids in [vec![], vec![runners[0]], vec![runners[0], runners[2]]] {
        let filter = EnvironmentClassFilter {
            runner_ids: runner_ids.clone(),
            ..EnvironmentClassFilter::default()
        };
        check_page(
            store
                .environment_classes(filter.clone(), ALL)
                .await
                .unwrap(),
            store.environment_classes(filter, TEXTS).await.unwrap(),
        );
        let filter = RunnerFilter {
            runner_ids: runner_ids.clone(),
        };
        check_page(
            store.scm_integrations(filter.clone(), ALL).await.unwrap(),
            store.scm_integrations(filter.clone(), TEXTS).await.unwrap(),
        );
        check_page(
            store.llm_integrations(filter.clone(), ALL).await.unwrap(),
            store.llm_integrations(filter, TEXTS).await.unwrap(),
        );
        let filter = HostAuthenticationTokenFilter {
            runner_id: runner_ids.first().copied(),
            ..HostAuthenticationTokenFilter::default()
        };
        check_page(
            store
                .host_authentication_tokens(filter.clone(), ALL)
                .await
                .unwrap(),
            store
                .host_authentication_tokens(filter, TEXTS)
                .await
                .unwrap(),
        );
    }
}

fn check_page<M>(binary: Page<M>, texts: Page<M>)
where
    M: Message + Default + Serialize + DeserializeOwned,
{
    assert!(!binary.is_empty());
    let messages = binary.decode().unwrap();
    let expected: Vec<String> = messages
        .iter()
        .map(|message| serde_json::to_string(message).unwrap())
        .collect();
    let texts: Vec<_> = texts.encoded().map(String::from_utf8_lossy).collect();
    assert_eq!(texts, expected);
}

pub(crate) async fn a_message_without_a_json_form_is_there_in_binary<S: Store>(store: Arc<S>) {
    let mut token = token(put_runner(&*store).await, "a.example", user(1));
    token.message.expires_at.as_mut().unwrap().seconds = i64::MAX;
    let id = create_token(&*store, token).await;
    let found = store
        .host_authentication_token(id, Form::Json)
        .await
        .unwrap();
    assert_eq!(Form::of(found.unwrap().message.as_bytes()), Form::Protobuf);
}
