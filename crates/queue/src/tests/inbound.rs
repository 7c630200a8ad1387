//! From a mail that came in to what it changes.

use hearback_domain::reply_token::{ReplyAddresses, Way};
use hearback_ledger::ProbeOutcome;
use hearback_testkit::fake_clock::FakeClock;

use hearback_ledger::{Page, StaffConversation};

use super::*;

/// As Postfix writes it, about a mail to the address.
pub(super) fn report(message_id: &str, action: &str, status: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example.net\r\nTo: sender@example.com\r\nSubject: Undelivered Mail Returned to Sender\r\n\
         Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n\
         Final-Recipient: rfc822; robin0@example.net\r\nAction: {action}\r\nStatus: {status}\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{message_id}@example.com>\r\nSubject: hello\r\n\r\n--b--\r\n"
    )
}

/// Two applications whose acknowledgements were sent, and the addresses that reports about the first come back to.
async fn told(kind: DatabaseKind) -> (Office, Vec<ApplicationId>, [String; 2]) {
    let office = Office::open(kind, TimeDelta::minutes(5)).await;
    let applications = office.apply(2).await;
    let work = office.start(4, |_| async { accepted() });
    office.until(&applications, State::Sent, 2).await;
    work.stop().await;
    let message = office.messages(&applications[..1]).await[0].id;
    let addresses = ReplyAddresses::new("example.com", office.ledger.link_keys().as_ref().clone()).unwrap();
    let address = |way| addresses.address(way, message).to_string();
    let both = [address(Way::Bounce), address(Way::Reply)];
    (office, applications, both)
}

async fn states(office: &Office, applications: &[ApplicationId]) -> Vec<State> {
    office.messages(applications).await.iter().map(|message| message.state).collect()
}

pub(super) async fn understand_all(office: &Office) -> usize {
    let mut mails = 0;
    while crate::take_next_mail(&office.ledger).await.unwrap() {
        mails += 1;
    }
    mails
}

on_both_databases! {
    async fn the_same_report_five_times_reopens_one_promise_once(kind: DatabaseKind) {
        let (office, applications, [bounce, _]) = told(kind).await;
        let raw = report("x", "failed", "5.1.1");
        let (to, raw) = ([bounce], raw.as_bytes());
        let keep = || office.ledger.keep_inbound_mail("", &to, raw);
        let (a, b, c, d, e) = tokio::join!(keep(), keep(), keep(), keep(), keep());
        for kept in [a, b, c, d, e] {
            kept.unwrap();
        }
        let (one, other) = tokio::join!(understand_all(&office), understand_all(&office));
        assert_eq!(one + other, 1, "one mail");
        assert_eq!(states(&office, &applications).await, [State::Bounced, State::Sent]);
        let message = &office.messages(&applications[..1]).await[0];
        assert_eq!((message.tries.len(), message.tries[0].reason.as_str()), (1, "5.1.1 failed hard"));
        assert_eq!(office.ledger.audit().await.unwrap(), []);
    }

    async fn a_worker_finds_what_came_in_by_our_message_id_where_there_is_no_token(kind: DatabaseKind) {
        let (office, applications, _) = told(kind).await;
        let id = office.messages(&applications[1..]).await[0].id;
        let raw = report(&id.to_string(), "failed", "5.1.1");
        office.ledger.keep_inbound_mail("", &["people@example.com".to_owned()], raw.as_bytes()).await.unwrap();
        let work = office.start(4, |_| async { accepted() });
        office.until(&applications[1..], State::Bounced, 1).await;
        work.stop().await;
        assert_eq!(states(&office, &applications[..1]).await, [State::Sent]);
    }

    async fn many_mails_at_once_are_understood_side_by_side_each_once(kind: DatabaseKind) {
        let (office, applications, _) = told(kind).await;
        let ids: Vec<_> = office.messages(&applications).await.iter().map(|message| message.id).collect();
        let work = office.start(4, |_| async { accepted() });
        let mut mails = tokio::task::JoinSet::new();
        for number in 0..100_usize {
            let (ledger, id) = (office.ledger.clone(), ids[number % 2]);
            let raw = report(&id.to_string(), "failed", "5.1.1").replace("Undelivered", &format!("Undelivered {number}"));
            mails.spawn(async move { ledger.keep_inbound_mail("", &["people@example.com".to_owned()], raw).await.unwrap() });
        }
        mails.join_all().await;
        office.until(&applications, State::Bounced, 2).await;
        // What was begun is finished, and what was not is given back.
        work.stop().await;
        understand_all(&office).await;
        let tries: Vec<usize> = office.messages(&applications).await.iter().map(|message| message.tries.len()).collect();
        assert_eq!(tries, [1, 1], "each message came back once");
    }

    async fn a_mail_that_is_worked_on_longer_than_its_lease_is_nobody_elses(kind: DatabaseKind) {
        let office = Office::open(kind, TimeDelta::milliseconds(600)).await;
        let mail = office.ledger.keep_inbound_mail("", &["people@example.com".to_owned()], *b"a mail").await.unwrap()[0];
        let claim = office.ledger.claim_inbound_mails(1).await.unwrap()[0].claim;
        assert_eq!(claim.mail, mail);
        let (_stop, stopping) = watch::channel(false);
        let inbound = crate::inbound::Inbound::new(office.ledger.clone(), stopping);
        tokio::select! {
            () = inbound.until_lost(claim) => panic!("it was renewed"),
            () = sleep(Duration::from_millis(1_500)) => {}
        }
        assert!(office.ledger.claim_inbound_mails(1).await.unwrap().is_empty(), "its lease goes on");
        sleep(Duration::from_millis(700)).await;
        assert_eq!(office.ledger.claim_inbound_mails(1).await.unwrap()[0].claim.mail, mail);
        inbound.until_lost(claim).await;
    }

    async fn a_mail_that_nobody_comes_to_the_end_of_is_a_persons(kind: DatabaseKind) {
        let clock = FakeClock::default();
        let office = Office::open_at(kind, TimeDelta::minutes(5), Arc::new(clock.clone())).await;
        office.apply(1).await;
        office.ledger.keep_inbound_mail("", &["people@example.com".to_owned()], *b"a mail that ends whoever reads it").await.unwrap();
        for _ in 0..crate::inbound::MOST_TRIES {
            assert_eq!(office.ledger.claim_inbound_mails(1).await.unwrap().len(), 1);
            clock.advance(office.ledger.lease() + TimeDelta::seconds(1));
        }
        assert_eq!(understand_all(&office).await, 1);
        let told = office.ledger.claim_staff_mails(4).await.unwrap();
        assert!(matches!(told[0].conversation, Some(StaffConversation::Stray { count: 1, .. })), "{told:?}");
        assert_eq!(office.ledger.audit().await.unwrap(), []);
    }

    async fn a_mail_to_ourselves_is_known_when_it_comes_back_and_so_is_a_report_about_it(kind: DatabaseKind) {
        let office = Office::open(kind, TimeDelta::minutes(5)).await;
        let addresses = ReplyAddresses::new("example.com", office.ledger.link_keys().as_ref().clone()).unwrap();
        let reach = Reach { reply_addresses: Some(addresses.clone()), redirect_all_to: None };
        let handed: Arc<Mutex<Vec<Composed>>> = Arc::default();
        let keep = Arc::clone(&handed);
        let transport = Scripted {
            handed: Arc::default(),
            script: move |mail: &Composed| {
                keep.lock().unwrap().push(mail.clone());
                async { accepted() }
            },
        };
        for report_comes in [false, true] {
            let probe = office.ledger.probe_reply_path_now(TimeDelta::minutes(30)).await.unwrap().unwrap();
            let due = office.ledger.claim_probe_mail().await.unwrap().unwrap();
            let outcome = crate::send_probe_mail(&due, &addresses, &reach, &transport).await;
            office.ledger.settle_probe_mail(&due, &outcome).await.unwrap();
            let mail = handed.lock().unwrap().pop().unwrap();
            assert!(office.ledger.reply_probe(probe).await.unwrap().unwrap().accepted_at.is_some());
            let (from, to, raw) = match report_comes {
                false => (mail.envelope_from.to_string(), mail.to.to_string(), mail.raw),
                true => (String::new(), mail.envelope_from.to_string(), report("x", "failed", "5.1.1").into_bytes()),
            };
            office.ledger.keep_inbound_mail(&from, &[to], raw).await.unwrap();
            assert_eq!(understand_all(&office).await, 1);
            let found = office.ledger.reply_probe(probe).await.unwrap().unwrap();
            let expected = if report_comes { (ProbeOutcome::Open, Some("5.1.1 failed hard")) } else { (ProbeOutcome::Returned, None) };
            assert_eq!((found.outcome, found.trouble.as_deref()), expected);
        }
        assert!(office.ledger.claim_probe_mail().await.unwrap().is_none(), "nobody answers it");
    }

    async fn what_is_forged_delayed_or_a_machines_answer_reopens_nothing(kind: DatabaseKind) {
        let (office, applications, [bounce, reply]) = told(kind).await;
        let id = office.messages(&applications[..1]).await[0].id;
        let forged = reply.replace("reply+", "bounce+");
        let failed = report(&id.to_string(), "failed", "5.1.1");
        let delayed = report("x", "delayed", "4.4.1");
        let away = "From: robin0@example.net\r\nSubject: Away\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n";
        for (from, to, raw) in [("", forged, failed.as_str()), ("", bounce, delayed.as_str()), ("robin0@example.net", reply, away)] {
            office.ledger.keep_inbound_mail(from, &[to], raw.as_bytes()).await.unwrap();
        }
        assert_eq!(understand_all(&office).await, 3);
        assert_eq!(states(&office, &applications).await, [State::Sent, State::Sent]);
        let tries: Vec<String> = office.messages(&applications[..1]).await[0].tries.iter().map(|noted| noted.outcome.clone()).collect();
        assert_eq!(tries, ["delayed"]);
        assert_eq!(office.ledger.claim(8).await.unwrap().len(), 0, "nothing automatic is answered");
    }

    async fn a_persons_words_reach_a_person_by_token_by_message_id_or_as_a_stray(kind: DatabaseKind) {
        let (office, applications, [_, reply]) = told(kind).await;
        let other = office.messages(&applications[1..]).await[0].id;
        let mail = |id: &str, more: &str| {
            format!("From: Robin <robin0@example.net>\r\nSubject: Re: hello\r\nMessage-ID: <{id}@example.net>\r\n{more}\r\nThank you, Robin\r\n\r\n> hello\r\n")
        };
        for (to, raw) in [
            (reply.to_uppercase(), mail("a", "")),
            ("people@example.com".to_owned(), mail("b", &format!("References: <{other}@example.com> <z@example.net>\r\nIn-Reply-To: <z@example.net>\r\n"))),
            (format!("{}x@example.com", &reply[..20]), mail("c", "")),
        ] {
            office.ledger.keep_inbound_mail("robin0@example.net", &[to], raw.as_bytes()).await.unwrap();
        }
        assert_eq!(understand_all(&office).await, 3);
        for application in &applications {
            let messages = office.ledger.messages(*application, Page { after: None, limit: 9 }).await.unwrap();
            assert_eq!(messages.iter().map(|message| message.text.as_str()).collect::<Vec<_>>(), ["Thank you, Robin"]);
        }
        let told = office.ledger.claim_staff_mails(9).await.unwrap();
        assert_eq!(told.iter().filter(|mail| matches!(mail.conversation, Some(StaffConversation::With(_)))).count(), 2);
        assert_eq!(told.iter().filter(|mail| matches!(mail.conversation, Some(StaffConversation::Stray { .. }))).count(), 1);
        assert_eq!(office.ledger.claim(8).await.unwrap().len(), 0, "nothing is sent back");
        assert_eq!(office.ledger.audit().await.unwrap(), []);
    }
}
