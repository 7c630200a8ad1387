//! Webhooks to endpoints that behave in every way.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use chrono::TimeDelta;
use data_encoding::BASE64;
use hearback_domain::webhook::{DeliveryState, EndpointUrl};
use hearback_ledger::{DueWebhook, EndpointDetails, Ledger, NewEndpoint, Page, Settings, WebhookDelivery, WebhookEndpoint};
use hearback_testkit::{
    certificate::Certificate,
    database::{DatabaseKind, TestDatabase},
    fake_clock::FakeClock,
    http_endpoint::{Answer, HttpEndpoint, Request},
    on_both_databases,
};
use hmac::{Hmac, KeyInit, Mac};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use sha2::Sha256;

use super::{
    Webhooks,
    request::{Client, permitted},
};
use crate::one_by_one::Work;

async fn answering(answer: Answer) -> HttpEndpoint {
    HttpEndpoint::start(move |_| answer).await.unwrap()
}

fn trusting(certificate: &Certificate) -> Client {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.pem.as_bytes()).unwrap()).unwrap();
    Client::trusting(true, roots)
}

/// As the specification describes it, from the endpoint's side: which of the signatures the secret made.
fn verified(request: &Request, secret: &str) -> Option<usize> {
    let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
    let (id, timestamp) = (request.header("webhook-id").unwrap(), request.header("webhook-timestamp").unwrap());
    let body = &request.body;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    let expected = BASE64.encode(&mac.finalize().into_bytes());
    request.header("webhook-signature").unwrap().split(' ').position(|signature| signature == format!("v1,{expected}"))
}

struct Office {
    ledger: Ledger,
    clock: FakeClock,
    webhooks: Webhooks,
    _database: TestDatabase,
}

impl Office {
    async fn open(kind: DatabaseKind) -> Self {
        let (database, clock) = (TestDatabase::create(kind), FakeClock::default());
        let settings = Settings { webhooks_to_loopback: true, ..Settings::default() };
        let random = Arc::new(hearback_domain::random::Random::from_seed(1));
        let ledger = Ledger::open(database.url(), settings, Arc::new(clock.clone()), random).await.unwrap();
        let webhooks = Webhooks::new(ledger.clone());
        Self { ledger, clock, webhooks, _database: database }
    }

    /// An endpoint, its secret, and a ping on its way to it.
    async fn endpoint(&self, url: &str) -> (WebhookEndpoint, String) {
        let url = EndpointUrl::parse(url, true).unwrap();
        let details = EndpointDetails { url, types: Vec::new(), is_enabled: true };
        let (endpoint, secret) = self.ledger.create_webhook_endpoint(NewEndpoint { board: None, is_test: false, details }).await.unwrap();
        self.ledger.ping_webhook(endpoint.id).await.unwrap();
        (endpoint, secret.reveal())
    }

    async fn claimed(&self) -> DueWebhook {
        self.ledger.claim_webhook().await.unwrap().expect("a webhook is due")
    }

    /// Sends what is due, once.
    async fn send(&self) {
        let due = self.claimed().await;
        let ended = self.webhooks.attempt(&due).await;
        self.webhooks.settle(&ended).await.unwrap();
    }

    async fn delivery(&self, endpoint: &WebhookEndpoint) -> WebhookDelivery {
        self.ledger.webhook_deliveries(endpoint.id, None, Page { after: None, limit: 9 }).await.unwrap().pop().unwrap()
    }
}

on_both_databases! {
    async fn an_endpoint_verifies_what_it_is_sent_and_after_a_rotation_with_either_secret(kind: DatabaseKind) {
        let office = Office::open(kind).await;
        let server = answering(Answer::Status("204 No Content")).await;
        let (endpoint, old) = office.endpoint(&server.url()).await;
        office.send().await;
        let delivered = office.delivery(&endpoint).await;
        assert_eq!((delivered.state, delivered.tries[0].status), (DeliveryState::Delivered, Some(204)));
        let first = server.taken().pop().unwrap();
        assert!(first.head.starts_with("POST /hook?a=b HTTP/1.1\r\n"));
        assert_eq!(first.header("webhook-id").unwrap(), delivered.id.to_string());
        assert_eq!(verified(&first, &old), Some(0));
        let changed = Request { body: first.body.replace("webhook.ping", "webhook.pong"), ..first.clone() };
        assert_eq!(verified(&changed, &old), None);

        let new = office.ledger.rotate_webhook_secret(endpoint.id).await.unwrap().unwrap().reveal();
        office.ledger.replay_webhook(delivered.id).await.unwrap();
        office.send().await;
        let second = server.taken().pop().unwrap();
        assert_eq!((verified(&second, &new), verified(&second, &old)), (Some(0), Some(1)));
        assert_eq!(second.header("webhook-id"), first.header("webhook-id"), "a replay is the same webhook");

        office.clock.advance(TimeDelta::hours(25));
        office.ledger.replay_webhook(delivered.id).await.unwrap();
        office.send().await;
        let third = server.taken().pop().unwrap();
        assert_eq!((verified(&third, &new), verified(&third, &old)), (Some(0), None));
    }

    async fn an_endpoint_that_fails_is_tried_ten_times_and_then_the_webhook_is_dead(kind: DatabaseKind) {
        let office = Office::open(kind).await;
        let server = answering(Answer::Status("500 Oh")).await;
        let (endpoint, _) = office.endpoint(&server.url()).await;
        for _ in 0..10 {
            office.send().await;
            assert!(office.ledger.claim_webhook().await.unwrap().is_none(), "the next try waits");
            office.clock.advance(TimeDelta::hours(29));
        }
        let dead = office.delivery(&endpoint).await;
        assert_eq!((dead.state, dead.tries.len(), dead.tries[9].status), (DeliveryState::Dead, 10, Some(500)));
        assert!(office.ledger.claim_webhook().await.unwrap().is_none());
        let ids: Vec<_> = server.taken().iter().map(|request| request.header("webhook-id").unwrap().to_owned()).collect();
        assert!(ids.len() == 10 && ids.iter().all(|id| *id == dead.id.to_string()));
    }

    async fn an_endpoint_that_is_gone_gets_nothing_more(kind: DatabaseKind) {
        let office = Office::open(kind).await;
        let server = answering(Answer::Status("410 Gone")).await;
        let (endpoint, _) = office.endpoint(&server.url()).await;
        office.send().await;
        assert_eq!(office.delivery(&endpoint).await.state, DeliveryState::Dead);
        let off = office.ledger.webhook_endpoint(endpoint.id).await.unwrap().unwrap();
        assert_eq!((off.details.is_enabled, off.disabled_for.as_deref()), (false, Some("gone")));
        office.ledger.ping_webhook(endpoint.id).await.unwrap();
        office.clock.advance(TimeDelta::days(2));
        assert!(office.ledger.claim_webhook().await.unwrap().is_none());
    }

    async fn a_redirect_is_not_followed(kind: DatabaseKind) {
        let office = Office::open(kind).await;
        let server = answering(Answer::Redirect("/elsewhere")).await;
        let (endpoint, _) = office.endpoint(&server.url()).await;
        office.send().await;
        let failed = office.delivery(&endpoint).await;
        assert_eq!((failed.state, failed.tries[0].status, server.taken().len()), (DeliveryState::Scheduled, Some(307), 1));
    }

    async fn a_slow_endpoint_is_left_and_tried_again(kind: DatabaseKind) {
        let mut office = Office::open(kind).await;
        let server = answering(Answer::Silence).await;
        let (endpoint, _) = office.endpoint(&server.url()).await;
        office.webhooks.client = Client::new(true).with_patience(Duration::from_millis(300));
        office.send().await;
        let failed = office.delivery(&endpoint).await;
        assert_eq!((failed.state, failed.tries[0].status), (DeliveryState::Scheduled, None));
        assert!(failed.tries[0].duration_ms >= 300);
    }

    async fn a_private_endpoint_is_never_connected_to(kind: DatabaseKind) {
        let mut office = Office::open(kind).await;
        let server = answering(Answer::Status("204 No Content")).await;
        let (endpoint, _) = office.endpoint(&server.url()).await;
        office.webhooks.client = Client::new(false);
        office.send().await;
        let failed = office.delivery(&endpoint).await;
        assert_eq!((failed.state, failed.tries[0].status, server.taken().len()), (DeliveryState::Scheduled, None, 0));
    }

    async fn over_tls_a_webhook_goes_to_whom_a_trusted_certificate_names_and_to_nobody_else(kind: DatabaseKind) {
        let mut office = Office::open(kind).await;
        let (right, wrong) = (Certificate::for_names(&["127.0.0.1"]), Certificate::for_names(&["hooks.example.com"]));
        for (shown, trusted, status) in [(&right, &right, Some(204)), (&right, &wrong, None), (&wrong, &wrong, None)] {
            let server = HttpEndpoint::start_over_tls(shown, |_| Answer::Status("204 No Content")).await.unwrap();
            let (endpoint, secret) = office.endpoint(&server.url()).await;
            office.webhooks.client = trusting(trusted);
            office.send().await;
            let tried = &office.delivery(&endpoint).await.tries[0];
            assert_eq!((tried.status, server.count()), (status, usize::from(status.is_some())), "{tried:?}");
            match status {
                Some(_) => assert_eq!(verified(&server.taken()[0], &secret), Some(0)),
                None => assert!(tried.trouble.as_ref().unwrap().starts_with("no TLS"), "{tried:?}"),
            }
        }
    }

    async fn a_worker_that_dies_before_it_wrote_the_end_sends_the_same_webhook_again(kind: DatabaseKind) {
        let office = Office::open(kind).await;
        let server = answering(Answer::Status("200 OK")).await;
        office.endpoint(&server.url()).await;
        let due = office.claimed().await;
        office.webhooks.attempt(&due).await;
        assert!(office.ledger.claim_webhook().await.unwrap().is_none(), "it has its lease");
        office.clock.advance(office.ledger.lease() + TimeDelta::seconds(1));
        office.send().await;
        let taken = server.taken();
        assert_eq!(taken.len(), 2);
        assert_eq!(taken[0].header("webhook-id"), taken[1].header("webhook-id"));
    }
}

#[test]
fn a_name_with_one_closed_address_is_refused_whole() {
    let at = |ips: &[&str]| ips.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 443)).collect::<Vec<_>>();
    assert_eq!(permitted(at(&["1.1.1.1", "2606:4700::1111"]).into_iter(), false).unwrap().len(), 2);
    for (ips, loopback) in [(&["1.1.1.1", "10.0.0.1"][..], false), (&["127.0.0.1"], false), (&["169.254.169.254"], true), (&[], true)] {
        assert!(permitted(at(ips).into_iter(), loopback).is_err(), "{ips:?}");
    }
    assert!(permitted(at(&["127.0.0.1"]).into_iter(), true).is_ok());
}
