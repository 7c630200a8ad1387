use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::opened::{Opened, open};

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
            assert_eq!(ledger.caller(&text).await.unwrap(), Some(Caller { key, kind: key_kind, is_test, board: None }));
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

    async fn a_key_is_for_a_board_that_exists(kind: DatabaseKind) {
        let Opened { ledger, database: _kept, .. } = open(kind).await;
        let nowhere = NewApiKey { board: Some(ledger.ids().next()), ..new(ApiKeyKind::Publishable, false) };
        assert!(matches!(ledger.create_api_key(nowhere).await, Err(CreateError::NoSuchBoard)));
    }
}
