//! What every transport promises, run on each of them. A new transport adds a `Rig` and one line in `suites!`.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use hearback_domain::{clock::SystemClock, locale::Locale, notification::Kind, notification::Outcome};
use hearback_testkit::smtp_sink::{Keep, Script, SmtpSink};

use super::{
    Transport,
    capture::{Capture, MemoryStore},
    smtp::{Relay, Relays, Security},
};
use crate::{Composed, Composer, Letter, samples};

/// A transport, and the place where its mails arrive.
#[async_trait]
trait Rig {
    async fn up() -> Self;
    fn transport(&self) -> Arc<dyn Transport>;
    /// The raw mails that arrived, in order.
    fn arrived(&self) -> Vec<Vec<u8>>;
    /// From now on there is nobody to hand a mail to.
    async fn go_away(&mut self);
}

struct CaptureRig(MemoryStore, Arc<dyn Transport>);

#[async_trait]
impl Rig for CaptureRig {
    async fn up() -> Self {
        let store = MemoryStore::default();
        Self(store.clone(), Arc::new(Capture::new(store, Arc::new(SystemClock))))
    }

    fn transport(&self) -> Arc<dyn Transport> {
        self.1.clone()
    }

    fn arrived(&self) -> Vec<Vec<u8>> {
        self.0.mails().into_iter().map(|mail| mail.raw).collect()
    }

    async fn go_away(&mut self) {
        self.0.set_away(true);
    }
}

struct SmtpRig {
    sink: SmtpSink,
    transport: Arc<dyn Transport>,
}

#[async_trait]
impl Rig for SmtpRig {
    async fn up() -> Self {
        let sink = SmtpSink::start(Script::accept_all(), Keep::Everything).await.unwrap();
        let relay = Relay { security: Security::None, ..Relay::new("127.0.0.1", sink.address().port(), "client.example") };
        let transport = Arc::new(Relays::new(vec![relay], Arc::new(SystemClock)).unwrap());
        Self { sink, transport }
    }

    fn transport(&self) -> Arc<dyn Transport> {
        self.transport.clone()
    }

    fn arrived(&self) -> Vec<Vec<u8>> {
        self.sink.accepted().into_iter().map(|mail| mail.content).collect()
    }

    async fn go_away(&mut self) {
        self.sink.stop().await;
    }
}

fn mail(kind: Kind) -> Composed {
    Composer::new().unwrap().compose(&samples::letter(kind, Locale::En)).unwrap()
}

async fn an_acceptance_means_the_mail_arrived_byte_for_byte<R: Rig>() {
    let rig = R::up().await;
    for kind in Kind::ALL {
        let mail = mail(*kind);
        let Outcome::Accepted { reply } = rig.transport().hand_over(&mail).await else { panic!("{kind} is accepted") };
        assert!(reply.starts_with("250 2.0.0 "), "{reply}");
        assert!(rig.arrived().last() == Some(&mail.raw), "{kind}");
    }
}

async fn a_line_that_is_a_lone_dot_arrives_and_ends_nothing<R: Rig>() {
    let rig = R::up().await;
    let mut mail = mail(Kind::Received);
    mail.raw = b"Subject: dots\r\n\r\n.\r\n..\r\n.a\r\nend\r\n".to_vec();
    assert!(matches!(rig.transport().hand_over(&mail).await, Outcome::Accepted { .. }));
    assert!(rig.arrived() == [mail.raw]);
}

async fn the_same_mail_twice_arrives_twice_with_the_same_bytes<R: Rig>() {
    let rig = R::up().await;
    let mail = mail(Kind::Rejected);
    for _ in 0..2 {
        assert!(matches!(rig.transport().hand_over(&mail).await, Outcome::Accepted { .. }));
    }
    assert!(rig.arrived() == [mail.raw.clone(), mail.raw]);
}

/// More than any worker has slots, and fewer than the connections that a listener queues: beyond those, a connection can
/// be lost on its way without either side being told.
const AT_ONCE: usize = 64;

async fn many_at_once_do_not_mix<R: Rig>() {
    let rig = R::up().await;
    let composer = Composer::new().unwrap();
    let letter = |number| Letter { applicant_name: format!("Zoë {number}"), ..samples::letter(Kind::Received, Locale::En) };
    let mails: Vec<Composed> = (0..300).map(|number| composer.compose(&letter(number)).unwrap()).collect();
    let transport = rig.transport();
    let outcomes: Vec<_> = futures::stream::iter(&mails).map(|mail| transport.hand_over(mail)).buffer_unordered(AT_ONCE).collect().await;
    let others: Vec<_> = outcomes.iter().filter(|outcome| !matches!(outcome, Outcome::Accepted { .. })).collect();
    assert!(others.is_empty(), "{others:?}");
    let sorted = |mut raws: Vec<Vec<u8>>| {
        raws.sort();
        raws
    };
    assert!(sorted(rig.arrived()) == sorted(mails.into_iter().map(|mail| mail.raw).collect()));
}

async fn when_nobody_is_there_it_is_nobodys_try_and_nothing_arrives<R: Rig>() {
    let mut rig = R::up().await;
    let mail = mail(Kind::Rejected);
    assert!(matches!(rig.transport().hand_over(&mail).await, Outcome::Accepted { .. }));
    rig.go_away().await;
    let outcome = rig.transport().hand_over(&mail).await;
    assert!(matches!(outcome, Outcome::RelayDown { .. }), "{outcome:?}");
    assert_eq!(rig.arrived().len(), 1);
}

macro_rules! suites {
    ($($name:ident: $rig:ty,)+) => {$(
        mod $name {
            use super::*;
            suites!(@promises $rig: an_acceptance_means_the_mail_arrived_byte_for_byte, a_line_that_is_a_lone_dot_arrives_and_ends_nothing,
                the_same_mail_twice_arrives_twice_with_the_same_bytes, many_at_once_do_not_mix, when_nobody_is_there_it_is_nobodys_try_and_nothing_arrives);
        }
    )+};
    (@promises $rig:ty: $($promise:ident),+) => {$(
        #[tokio::test]
        async fn $promise() {
            super::$promise::<$rig>().await;
        }
    )+};
}

suites! {
    capture: CaptureRig,
    smtp: SmtpRig,
}
