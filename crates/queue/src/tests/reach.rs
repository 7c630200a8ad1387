//! To whom mails go, and where answers to them would.

use hearback_domain::{
    EmailAddress,
    reply_token::{ReplyAddresses, ReplyClaim, Way},
};
use hearback_testkit::fake_clock::FakeClock;

use super::*;

/// Keeps what it is handed for applicants, and never says whether it was sent. That it takes so long is told to a person meanwhile.
#[derive(Default)]
struct Doubtful(Mutex<Vec<Composed>>);

#[async_trait]
impl Transport for Doubtful {
    fn name(&self) -> &str {
        "doubtful"
    }

    async fn hand_over(&self, mail: &Composed) -> Outcome {
        if mail.message_id.contains("ntf_") {
            self.0.lock().unwrap().push(mail.clone());
        }
        Outcome::MaybeSent { reason: "no answer to the final dot".to_owned() }
    }
}

/// What was handed over for one application: by the first try, and by the second.
async fn twice(kind: DatabaseKind, is_test: bool, reach: impl FnOnce(&Ledger) -> Reach) -> [Composed; 2] {
    let clock = FakeClock::default();
    let office = Office::open_at(kind, TimeDelta::minutes(5), Arc::new(clock.clone())).await;
    office.apply_from("example.net", 1, is_test).await;
    let relay = Arc::new(Doubtful::default());
    let work = office.start_with(office.ledger.clone(), 2, relay.clone(), reach(&office.ledger));
    let began = Instant::now();
    while relay.0.lock().unwrap().len() < 2 {
        assert!(began.elapsed() < PATIENCE);
        clock.advance(TimeDelta::minutes(1));
        sleep(Duration::from_millis(20)).await;
    }
    work.stop().await;
    let handed = relay.0.lock().unwrap().clone();
    handed[..2].to_vec().try_into().unwrap()
}

fn address(text: &str) -> EmailAddress {
    text.parse().unwrap()
}

fn reply_to(mail: &Composed) -> EmailAddress {
    let raw = String::from_utf8(mail.raw.clone()).unwrap().replace("\r\n ", " ");
    address(raw.lines().find_map(|line| line.strip_prefix("Reply-To: ")).unwrap())
}

on_both_databases! {
    async fn answers_and_bounces_go_to_the_boards_mailbox_as_long_as_no_mail_comes_in_here(kind: DatabaseKind) {
        let [first, again] = twice(kind, false, |_| Reach::default()).await;
        assert_eq!((reply_to(&first), first.envelope_from.as_str()), (address("people@example.com"), "people@example.com"));
        assert_eq!(again, first);
    }

    async fn with_a_reply_domain_every_message_has_its_own_addresses_and_a_repeat_the_same(kind: DatabaseKind) {
        let mut keys = None;
        let [first, again] = twice(kind, false, |ledger| {
            keys = Some(ledger.link_keys());
            let addresses = ReplyAddresses::new("mail.example.com", ledger.link_keys().as_ref().clone()).unwrap();
            Reach { reply_addresses: Some(addresses), ..Reach::default() }
        })
        .await;
        for (address, way) in [(reply_to(&first), Way::Reply), (first.envelope_from.clone(), Way::Bounce)] {
            let claim = ReplyClaim::read(address.local_part()).unwrap();
            assert_eq!((address.domain(), claim.way), ("mail.example.com", way));
            assert!(claim.is_ours(keys.as_ref().unwrap()) && first.message_id.contains(&claim.notification.to_string()));
        }
        assert_eq!(again, first);
    }

    async fn in_staging_all_mail_goes_to_one_address_and_a_repeat_too(kind: DatabaseKind) {
        let staging = || Reach { redirect_all_to: Some(address("staging@example.com")), ..Reach::default() };
        let [first, again] = twice(kind, false, |_| staging()).await;
        assert_eq!((first.to.as_str(), again.to.as_str()), ("staging@example.com", "staging@example.com"));
        assert!(first.subject.starts_with("[for robin0@example.net] "), "{}", first.subject);
        assert_eq!(again, first);
        let [captured, _] = twice(kind, true, |_| staging()).await;
        assert_eq!(captured.to.as_str(), "robin0@example.net", "what is captured reaches nobody");
    }
}
