use hearback_testkit::{database::DatabaseKind, on_both_databases};

use hearback_domain::actor::Actor;

use super::*;
use crate::{
    Submission, SubmitError,
    opened::{Opened, open, submission},
};

fn new(kind: ApiKeyKind, is_test: bool) -> NewApiKey {
    NewApiKey { kind, is_test, board: None, name: "careers page".to_owned() }
}

on_both_databases! {
    async fn a_key_says_who_calls(kind: DatabaseKind) {
        let Opened { ledger, database: _kept, .. } = open(kind).await;
        for (key_kind, is_test, prefix) in [
            (ApiKeyKind::Publishable, false, "pk_"),
            (ApiKeyKind::Publishable, true, "pk_test_"),
            (ApiKeyKind::Secret, false, "sk_"),
            (ApiKeyKind::Secret, true, "sk_test_"),
        ] {
            let (key, text) = ledger.create_api_key(new(key_kind, is_test)).await.unwrap();
            assert!(text.starts_with(prefix), "{text}");
            let (scopes, origins) = (Scopes::all(), [].into());
            assert_eq!(ledger.caller(&text).await.unwrap(), Some(Caller { key, kind: key_kind, is_test, board: None, scopes, origins }));
        }
    }

    async fn an_altered_key_is_nobodys(kind: DatabaseKind) {
        let Opened { ledger, database: _kept, .. } = open(kind).await;
        let (_, text) = ledger.create_api_key(new(ApiKeyKind::Publishable, true)).await.unwrap();
        let (_, other) = ledger.create_api_key(new(ApiKeyKind::Publishable, true)).await.unwrap();
        let (front, secret) = text.rsplit_once('_').unwrap();
        let foreign = format!("{front}_{}", other.rsplit_once('_').unwrap().1);
        for wrong in [
            foreign,
            text.replacen("pk_", "sk_", 1),
            text.replacen("test_", "", 1),
            text.to_uppercase(),
            format!("{front}_{}", secret.to_uppercase()),
            format!("{text}a"),
            text[..text.len() - 1].to_owned(),
            String::new(),
            "pk_test_".to_owned(),
        ] {
            assert_eq!(ledger.caller(&wrong).await.unwrap(), None, "{wrong}");
        }
    }

    async fn a_revoked_key_ends_at_once(kind: DatabaseKind) {
        let Opened { ledger, database: _kept, .. } = open(kind).await;
        let (id, text) = ledger.create_api_key(new(ApiKeyKind::Secret, false)).await.unwrap();
        let (_, kept) = ledger.create_api_key(new(ApiKeyKind::Secret, false)).await.unwrap();
        assert!(ledger.revoke_api_key(id).await.unwrap());
        assert!(!ledger.revoke_api_key(id).await.unwrap(), "it was revoked already");
        assert_eq!(ledger.caller(&text).await.unwrap(), None);
        assert!(ledger.caller(&kept).await.unwrap().is_some());
    }

    async fn a_key_says_what_it_is_limited_to(kind: DatabaseKind) {
        let Opened { ledger, database: _kept, .. } = open(kind).await;
        let limits = KeyLimits { scopes: "contact-check".parse().unwrap(), origins: vec!["https://jobs.example.com".parse().unwrap()] };
        let (id, text) = ledger.create_limited_key(new(ApiKeyKind::Secret, false), limits.clone()).await.unwrap();
        let caller = ledger.caller(&text).await.unwrap().unwrap();
        assert_eq!(caller.scopes, limits.scopes);
        assert!(caller.may_come_from("https://jobs.example.com") && !caller.may_come_from("https://other.example.com"));
        assert_eq!(ledger.api_key(id).await.unwrap().unwrap().limits, limits);
    }

    async fn a_key_of_the_release_before_may_do_what_it_could(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (_, text) = opened.ledger.create_api_key(new(ApiKeyKind::Secret, false)).await.unwrap();
        opened.sql("UPDATE api_key SET scopes = NULL, origins = NULL").await;
        let caller = opened.ledger.caller(&text).await.unwrap().unwrap();
        assert_eq!(caller.scopes, Scopes::all());
        assert!(caller.may_come_from("https://anywhere.example"));
    }

    async fn a_key_that_is_replaced_works_for_a_while(kind: DatabaseKind) {
        let Opened { ledger, clock, database: _kept } = open(kind).await;
        let limits = KeyLimits { scopes: "read".parse().unwrap(), origins: Vec::new() };
        let (id, old) = ledger.create_limited_key(new(ApiKeyKind::Secret, true), limits.clone()).await.unwrap();
        let (new, text) = ledger.rotate_api_key(id, TimeDelta::days(7)).await.unwrap();
        assert_eq!((new.replaces, new.is_test, &new.limits), (Some(id), true, &limits));
        assert!(ledger.caller(&old).await.unwrap().is_some() && ledger.caller(&text).await.unwrap().is_some());
        clock.advance(TimeDelta::days(7));
        assert_eq!(ledger.caller(&old).await.unwrap(), None);
        assert!(ledger.caller(&text).await.unwrap().is_some());
        assert!(matches!(ledger.rotate_api_key(id, TimeDelta::days(7)).await, Err(RotateError::NoSuchKey)), "it ended");
    }

    async fn no_application_is_taken_with_a_key_that_another_process_revoked(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let (key, text) = opened.ledger.create_api_key(new(ApiKeyKind::Publishable, false)).await.unwrap();
        let caller = opened.ledger.submitting_caller(&text).await.unwrap().unwrap();
        // Not through this ledger, whose memory would be told.
        opened.sql("UPDATE api_key SET revoked_at = created_at").await;
        assert!(opened.ledger.submitting_caller(&text).await.unwrap().is_some(), "it is still remembered");
        let submission = Submission { actor: Actor::api_key(caller.key, None), ..submission(job, "ada@example.net") };
        assert!(matches!(opened.ledger.submit(submission).await, Err(SubmitError::KeyEnded)), "{key}");
    }

    async fn pages_may_ask_from_where_some_key_allows_it(kind: DatabaseKind) {
        let Opened { ledger, database: _kept, .. } = open(kind).await;
        let (ours, other) = ("https://jobs.example.com".parse().unwrap(), "https://other.example.com".parse().unwrap());
        assert!(!ledger.some_key_allows(&ours).await.unwrap());
        let limits = KeyLimits { scopes: Scopes::default(), origins: vec!["https://jobs.example.com".parse().unwrap()] };
        ledger.create_limited_key(new(ApiKeyKind::Publishable, false), limits).await.unwrap();
        assert!(ledger.some_key_allows(&ours).await.unwrap());
        assert!(!ledger.some_key_allows(&other).await.unwrap());
        ledger.create_api_key(new(ApiKeyKind::Publishable, false)).await.unwrap();
        assert!(ledger.some_key_allows(&other).await.unwrap(), "a key without a list is for every page");
    }

    async fn a_key_is_for_a_board_that_exists(kind: DatabaseKind) {
        let Opened { ledger, database: _kept, .. } = open(kind).await;
        let nowhere = NewApiKey { board: Some(ledger.ids().next()), ..new(ApiKeyKind::Publishable, false) };
        assert!(matches!(ledger.create_api_key(nowhere).await, Err(CreateError::NoSuchBoard)));
    }
}
