use std::time::Duration;

use chrono::TimeDelta;
use hearback_domain::{
    ids::WebhookEndpointId,
    notification::Outcome,
    webhook::{DeliveryState, EndpointUrl, WebhookType},
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::Value;

use super::{EndpointDetails, NewEndpoint, WebhookEnded, WebhookReply};
use crate::{
    Page,
    opened::{Opened, accepted, open, somebody},
};

async fn endpoint(opened: &Opened, is_test: bool, types: &[WebhookType]) -> WebhookEndpointId {
    let url = EndpointUrl::parse("https://hooks.example.com/", false).unwrap();
    let details = EndpointDetails { url, types: types.to_vec(), is_enabled: true };
    opened.ledger.create_webhook_endpoint(NewEndpoint { board: None, is_test, details }).await.unwrap().0.id
}

async fn told(opened: &Opened, endpoint: WebhookEndpointId) -> Vec<WebhookType> {
    opened.ledger.derive_webhooks().await.unwrap();
    let all = opened.ledger.webhook_deliveries(endpoint, None, Page { after: None, limit: 100 }).await.unwrap();
    all.into_iter().map(|delivery| delivery.kind).collect()
}

on_both_databases! {
    async fn an_application_and_its_acknowledgement_are_told_once_and_after_a_while(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (all, sent, trying_out) = (
            endpoint(&opened, false, &[]).await,
            endpoint(&opened, false, &[WebhookType::MessageSent]).await,
            endpoint(&opened, true, &[]).await,
        );
        opened.clock.advance(TimeDelta::seconds(1));
        let application = opened.applied().await;
        opened.work(&accepted()).await;
        assert_eq!(told(&opened, all).await, [], "what commits late must not be skipped");
        opened.clock.advance(TimeDelta::seconds(10));
        assert_eq!(told(&opened, all).await, [WebhookType::Submitted, WebhookType::MessageSent]);
        // The second look finds the same, and tells nobody again.
        opened.clock.advance(TimeDelta::hours(2));
        assert_eq!(told(&opened, all).await.len(), 2);
        assert_eq!(told(&opened, sent).await, [WebhookType::MessageSent]);
        assert_eq!(told(&opened, trying_out).await, []);
        let due = opened.ledger.claim_webhook().await.unwrap().unwrap();
        let payload: Value = serde_json::from_str(&due.payload).unwrap();
        assert_eq!(payload["data"]["application_id"], application.to_string());
        assert!(!due.payload.contains("ada@example.net") && !due.payload.contains("Okafor"), "{}", due.payload);
    }

    async fn what_was_committed_late_is_found_by_the_second_look(kind: DatabaseKind) {
        let opened = open(kind).await;
        let all = endpoint(&opened, false, &[WebhookType::Submitted]).await;
        opened.clock.advance(TimeDelta::seconds(1));
        opened.applied().await;
        opened.clock.advance(TimeDelta::seconds(20));
        opened.applied().await;
        opened.clock.advance(TimeDelta::seconds(20));
        assert_eq!(told(&opened, all).await.len(), 2);
        // As if the first had not been there when the cursor went by.
        opened.sql("DELETE FROM webhook_delivery WHERE created_at = (SELECT min(created_at) FROM webhook_delivery)").await;
        assert_eq!(told(&opened, all).await.len(), 0);
        opened.clock.advance(TimeDelta::hours(2));
        assert_eq!(told(&opened, all).await.len(), 2);
    }

    async fn an_endpoint_gets_four_at_once_and_the_others_are_not_kept_waiting(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (slow, other) = (endpoint(&opened, false, &[]).await, endpoint(&opened, false, &[]).await);
        for _ in 0..6 {
            opened.ledger.ping_webhook(slow).await.unwrap();
        }
        opened.ledger.ping_webhook(other).await.unwrap();
        let mut claimed = Vec::new();
        while let Some(due) = opened.ledger.claim_webhook().await.unwrap() {
            claimed.push(due.endpoint);
        }
        assert_eq!(claimed, [slow, slow, slow, slow, other]);
    }

    async fn a_delivery_is_never_seen_as_it_was_before_a_try_that_is_seen_with_it(kind: DatabaseKind) {
        let opened = open(kind).await;
        let endpoint = endpoint(&opened, false, &[]).await;
        for _ in 0..40 {
            opened.ledger.ping_webhook(endpoint).await.unwrap();
        }
        let settling = async {
            while let Some(due) = opened.ledger.claim_webhook().await.unwrap() {
                let (at, took) = (opened.ledger.now(), Duration::ZERO);
                let reply = WebhookReply::Taken { status: 204 };
                opened.ledger.settle_webhook(&WebhookEnded { claim: due.claim, at, took, reply }).await.unwrap();
            }
        };
        let looking = async {
            loop {
                let seen = opened.ledger.webhook_deliveries(endpoint, None, Page { after: None, limit: 100 }).await.unwrap();
                assert_eq!(seen.len(), 40);
                for delivery in &seen {
                    assert_eq!(delivery.state == DeliveryState::Delivered, delivery.tries.len() == 1, "{delivery:?}");
                }
                if seen.iter().all(|delivery| delivery.settled_at.is_some()) {
                    break;
                }
            }
        };
        tokio::join!(settling, looking);
    }

    async fn what_waits_for_an_endpoint_that_is_off_is_sent_once_it_is_on_again(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = endpoint(&opened, false, &[]).await;
        let on = opened.ledger.webhook_endpoint(id).await.unwrap().unwrap().details;
        opened.ledger.set_webhook_endpoint(id, &EndpointDetails { is_enabled: false, ..on.clone() }).await.unwrap();
        opened.clock.advance(TimeDelta::seconds(1));
        opened.applied().await;
        opened.clock.advance(TimeDelta::minutes(1));
        assert_eq!(told(&opened, id).await, []);
        opened.ledger.set_webhook_endpoint(id, &on).await.unwrap();
        assert_eq!(told(&opened, id).await, [WebhookType::Submitted]);
        assert!(opened.ledger.delete_webhook_endpoint(id).await.unwrap());
        assert!(opened.ledger.claim_webhook().await.unwrap().is_none());
        assert!(opened.ledger.webhook_endpoint(id).await.unwrap().is_none());
    }

    async fn a_decision_is_untold_until_its_message_is_accepted(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = endpoint(&opened, false, &[WebhookType::Rejected, WebhookType::MessageSent]).await;
        opened.clock.advance(TimeDelta::seconds(1));
        let application = opened.applied().await;
        opened.deliver_all().await;
        let rejection = crate::Rejection {
            reason: hearback_domain::application::RejectionReason::ALL[0],
            internal_note: None,
            words: None,
            send_after: None,
            exemption: None,
        };
        opened.ledger.reject(&[application], &rejection, &somebody()).await.unwrap();
        opened.clock.advance(TimeDelta::seconds(10));
        assert_eq!(told(&opened, id).await, [WebhookType::Rejected, WebhookType::MessageSent]);
        let due = opened.ledger.claim_webhook().await.unwrap().unwrap();
        let payload: Value = serde_json::from_str(&due.payload).unwrap();
        assert_eq!(payload["type"], "application.rejected");
        assert_eq!((&payload["data"]["status"], &payload["data"]["told_at"]), (&"rejected".into(), &Value::Null));
    }

    async fn what_a_person_does_about_a_message_says_which(kind: DatabaseKind) {
        let opened = open(kind).await;
        let acts = [WebhookType::MessageRetried, WebhookType::MessageReleased, WebhookType::MessageCancelled];
        let id = endpoint(&opened, false, &acts).await;
        opened.clock.advance(TimeDelta::seconds(1));
        let application = opened.applied().await;
        let message = opened.notifications(application).await[0].id;
        opened.work(&Outcome::Retry { reason: "421 later".to_owned() }).await;
        opened.ledger.retry_message(message, &somebody()).await.unwrap();
        opened.work(&Outcome::Hold { reason: "look at it".to_owned() }).await;
        opened.ledger.release_message(message, &somebody()).await.unwrap();
        opened.ledger.cancel_message(message, "it was a test", &somebody()).await.unwrap();
        opened.clock.advance(TimeDelta::seconds(10));
        assert_eq!(told(&opened, id).await, acts);
        for _ in acts {
            let due = opened.ledger.claim_webhook().await.unwrap().unwrap();
            let data = &serde_json::from_str::<Value>(&due.payload).unwrap()["data"];
            assert_eq!((&data["notification_id"], &data["notification_kind"]), (&message.to_string().into(), &"received".into()));
            assert_eq!(data["notification_state"], "cancelled", "as it stands by now");
        }
    }

    async fn deliveries_are_sent_again_from_a_moment_on_and_forgotten_after_a_month(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = endpoint(&opened, false, &[]).await;
        let begun = opened.ledger.now();
        let settle = async || {
            let due = opened.ledger.claim_webhook().await.unwrap().unwrap();
            let reply = super::WebhookReply::Taken { status: 200 };
            let ended = super::WebhookEnded { claim: due.claim, at: opened.ledger.now(), took: std::time::Duration::from_millis(3), reply };
            opened.ledger.settle_webhook(&ended).await.unwrap();
        };
        opened.ledger.ping_webhook(id).await.unwrap();
        settle().await;
        opened.clock.advance(TimeDelta::minutes(1));
        let middle = opened.ledger.now();
        opened.ledger.ping_webhook(id).await.unwrap();
        settle().await;
        opened.clock.advance(TimeDelta::minutes(1));
        assert_eq!(opened.ledger.replay_webhooks_since(id, middle).await.unwrap(), 1);
        settle().await;
        assert_eq!(opened.ledger.replay_webhooks_since(id, begun).await.unwrap(), 2);
        let waiting = opened.ledger.webhook_deliveries(id, Some(DeliveryState::Scheduled), Page { after: None, limit: 9 }).await.unwrap();
        assert_eq!(waiting.iter().map(|delivery| delivery.tries.len()).collect::<Vec<_>>(), [1, 2]);
        settle().await;
        settle().await;
        opened.clock.advance(TimeDelta::days(31));
        assert_eq!(told(&opened, id).await, []);
    }
}
