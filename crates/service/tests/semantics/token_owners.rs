//! Semantics of host authentication tokens: whom they belong to, and who sees them.

use runner_configuration::v1::list_host_authentication_tokens_request::Filter;
use runner_configuration::v1::*;
use runner_configuration_service::Caller;
use tonic::Code;

use crate::host_authentication_tokens::{create, update};
use crate::support::requests::*;
use crate::support::*;

/// `user_id` is deprecated for `subject`; either names the owner; if both are set and differ, `subject` wins; if neither,
/// the caller is the owner. Replies fill both (`user_id` only for a user).
#[tokio::test]
#[expect(deprecated, reason = "what is tested is `user_id`")]
async fn user_id_is_deprecated_for_subject_either_names_the_owner() {
    let world = World::new().await;
    let (a, b) = (USER.subject.id, OTHER_USER.subject.id);
    let service_account = Subject {
        id: b.to_string(),
        principal: Principal::ServiceAccount.into(),
    };
    let nobody = Subject {
        id: String::new(),
        principal: Principal::User.into(),
    };
    let no_kind = |id: uuid::Uuid| Subject {
        id: id.to_string(),
        principal: 0,
    };
    let admin: Subject = ADMIN.subject.into();

    for (caller, user_id, subject, owner) in [
        (USER, None, None, user_subject(a)),
        (ADMIN, None, None, admin.clone()),
        (ADMIN, Some(a), None, user_subject(a)),
        (ADMIN, None, Some(user_subject(a)), user_subject(a)),
        (
            ADMIN,
            None,
            Some(service_account.clone()),
            service_account.clone(),
        ),
        (ADMIN, Some(a), Some(user_subject(b)), user_subject(b)),
        (
            ADMIN,
            Some(a),
            Some(service_account.clone()),
            service_account,
        ),
        (ADMIN, Some(a), Some(nobody.clone()), user_subject(a)),
        (ADMIN, None, Some(nobody), admin.clone()),
        (ADMIN, None, Some(no_kind(a)), user_subject(a)),
        (ADMIN, None, Some(no_kind(ADMIN.subject.id)), admin),
    ] {
        let request = CreateHostAuthenticationTokenRequest {
            user_id: user_id.map(|id| id.to_string()).unwrap_or_default(),
            subject,
            ..create_token()
        };
        let token = create(&world, caller, request.clone()).await.unwrap();
        let user_id = if owner.principal() == Principal::User {
            owner.id.as_str()
        } else {
            ""
        };
        assert_eq!(token.user_id, user_id, "{request:?}");
        assert_eq!(token.subject, Some(owner), "{request:?}");
        let request = DeleteHostAuthenticationTokenRequest { id: token.id };
        call!(
            world.service,
            ADMIN,
            delete_host_authentication_token,
            request
        )
        .unwrap();
    }
}

/// One token per runner + host + subject: a second → `already_exists`.
#[tokio::test]
async fn one_token_per_runner_host_subject() {
    let world = World::new().await;
    create(&world, USER, create_token()).await.unwrap();
    create(&world, USER, create_token())
        .await
        .refused(Code::AlreadyExists, "update it");
    let same = create_token_for(USER.subject.id);
    create(&world, ADMIN, same)
        .await
        .refused(Code::AlreadyExists, "");

    let other_source = CreateHostAuthenticationTokenRequest {
        source: 2,
        ..create_token()
    };
    create(&world, USER, other_source)
        .await
        .refused(Code::AlreadyExists, "");
    let other_host = CreateHostAuthenticationTokenRequest {
        host: "gitlab.com".to_owned(),
        ..create_token()
    };
    create(&world, USER, other_host).await.unwrap();
    let other_runner = CreateHostAuthenticationTokenRequest {
        runner_id: OTHER_RUNNER.to_string(),
        ..create_token()
    };
    create(&world, USER, other_runner).await.unwrap();
    create(&world, OTHER_USER, create_token()).await.unwrap();
}

/// A caller who is not the owner (nor an admin): Create for somebody else → `permission_denied`; Get, Update, Delete →
/// `not_found`; List shows own tokens only.
#[tokio::test]
async fn a_caller_who_is_not_the_owner() {
    let world = World::new().await;
    let theirs = create(&world, OTHER_USER, create_token()).await.unwrap();
    let mine = create(&world, USER, create_token()).await.unwrap();
    let service = &world.service;

    let request = CreateHostAuthenticationTokenRequest {
        runner_id: OTHER_RUNNER.to_string(),
        ..create_token_for(OTHER_USER.subject.id)
    };
    create(&world, USER, request.clone())
        .await
        .refused(Code::PermissionDenied, "");
    let unknown_runner = CreateHostAuthenticationTokenRequest {
        runner_id: NOTHING.to_string(),
        ..request
    };
    create(&world, USER, unknown_runner)
        .await
        .refused(Code::PermissionDenied, "");

    let change = UpdateHostAuthenticationTokenRequest {
        token: Some("x".to_owned()),
        ..update_token(&theirs.id)
    };
    let get = GetHostAuthenticationTokenRequest {
        id: theirs.id.clone(),
    };
    let delete = DeleteHostAuthenticationTokenRequest {
        id: theirs.id.clone(),
    };
    let missing = GetHostAuthenticationTokenRequest {
        id: NOTHING.to_string(),
    };
    let hidden = call!(service, USER, get_host_authentication_token, get.clone()).unwrap_err();
    let not_there = call!(service, USER, get_host_authentication_token, missing).unwrap_err();
    let same_text = not_there
        .message()
        .replace(&NOTHING.to_string(), &theirs.id);
    assert_eq!(
        hidden.message(),
        same_text,
        "nobody learns that the token is there"
    );
    assert_eq!(hidden.code(), Code::NotFound);
    update(&world, USER, change.clone())
        .await
        .refused(Code::NotFound, "");
    call!(
        service,
        USER,
        delete_host_authentication_token,
        delete.clone()
    )
    .refused(Code::NotFound, "");
    assert_eq!(world.token(&theirs.id).await.unwrap(), theirs);
    assert_eq!(world.secrets(&theirs.id).await.0, "gho_clear");

    let listed = async |caller: Caller, filter: Option<Filter>| {
        let request = ListHostAuthenticationTokensRequest {
            pagination: None,
            filter,
        };
        let reply = call!(service, caller, list_host_authentication_tokens, request).unwrap();
        reply
            .tokens
            .into_iter()
            .map(|token| token.id)
            .collect::<Vec<_>>()
    };
    let of = |id: uuid::Uuid| {
        Some(Filter {
            subject_id: Some(id.to_string()),
            ..Default::default()
        })
    };
    assert_eq!(listed(USER, None).await, std::slice::from_ref(&mine.id));
    assert_eq!(
        listed(USER, of(USER.subject.id)).await,
        std::slice::from_ref(&mine.id)
    );
    assert!(listed(USER, of(OTHER_USER.subject.id)).await.is_empty());
    assert_eq!(listed(ADMIN, None).await, [theirs.id.clone(), mine.id]);
    assert_eq!(listed(ADMIN, of(OTHER_USER.subject.id)).await, [theirs.id]);

    update(&world, ADMIN, change).await.unwrap();
    call!(service, ADMIN, get_host_authentication_token, get).unwrap();
    call!(
        service,
        ADMIN,
        delete_host_authentication_token,
        delete.clone()
    )
    .unwrap();
    call!(service, ADMIN, delete_host_authentication_token, delete).refused(Code::NotFound, "");
}

/// The parts of the filter combine with AND.
#[tokio::test]
#[expect(deprecated, reason = "`user_id` is one of the parts")]
async fn tokens_are_filtered_by_runner_user_and_subject() {
    let world = World::new().await;
    let (a, b) = (USER.subject.id, OTHER_USER.subject.id);
    let of_a = world.create_token(create_token_for(a)).await;
    let on_other = CreateHostAuthenticationTokenRequest {
        runner_id: OTHER_RUNNER.to_string(),
        ..create_token_for(a)
    };
    let on_other = world.create_token(on_other).await;
    let account = Subject {
        id: a.to_string(),
        principal: Principal::ServiceAccount.into(),
    };
    let of_account = CreateHostAuthenticationTokenRequest {
        subject: Some(account),
        ..create_token()
    };
    let of_account = world.create_token(of_account).await;
    let (of_a, on_other, of_account) = (of_a.as_str(), on_other.as_str(), of_account.as_str());

    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string());
    for (runner, user, subject, expected) in [
        (None, None, None, &[of_a, on_other, of_account][..]),
        (Some(RUNNER), None, None, &[of_a, of_account]),
        (None, Some(a), None, &[of_a, on_other]),
        (None, None, Some(a), &[of_a, on_other, of_account]),
        (Some(OTHER_RUNNER), Some(a), Some(a), &[on_other]),
        (None, Some(a), Some(b), &[]),
    ] {
        let filter = Filter {
            runner_id: id(runner),
            user_id: id(user),
            subject_id: id(subject),
        };
        let request = ListHostAuthenticationTokensRequest {
            pagination: None,
            filter: Some(filter),
        };
        let reply = call!(
            world.service,
            ADMIN,
            list_host_authentication_tokens,
            request
        )
        .unwrap();
        let ids: Vec<String> = reply.tokens.into_iter().map(|token| token.id).collect();
        assert_eq!(ids, expected);
    }
}
