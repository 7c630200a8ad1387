use chrono::TimeDelta;
use hearback_domain::{
    ids::NotificationId,
    notification::State,
    reply_token::{ReplyAddresses, ReplyClaim, Way},
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::opened::{Opened, open};

const RAW: &[u8] = b"From: MAILER-DAEMON@example.net\r\nSubject: bounce\r\n\r\nno such user\0\xff\r\n";

impl Ledger {
    pub(crate) async fn claim_inbound_mail(&self) -> Result<Option<InboundMail>, LedgerError> {
        match self.claim_inbound_mails(1).await?.pop() {
            Some(claimed) => self.open_inbound_mail(claimed).await,
            None => Ok(None),
        }
    }
}

async fn sent(opened: &Opened) -> NotificationId {
    let application = opened.applied().await;
    opened.deliver_all().await;
    opened.notifications(application).await[0].id
}

async fn came_in(opened: &Opened) -> InboundMail {
    opened.ledger.keep_inbound_mail("", &["bounce+x@example.com".to_owned()], RAW).await.unwrap();
    opened.ledger.claim_inbound_mail().await.unwrap().unwrap()
}

fn bounce(about: NotificationId, is_final: bool) -> Bounce {
    Bounce { about, is_final, is_address: is_final, reason: "5.1.1 failed".to_owned() }
}

async fn state(opened: &Opened, id: NotificationId) -> State {
    let row = "SELECT state FROM notification WHERE id = $1";
    let database = opened.ledger.database();
    let row = database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), row, [id.uuid().into()])).await.unwrap();
    row.unwrap().try_get::<String>("", "state").unwrap().parse().unwrap()
}

async fn count(opened: &Opened, query: &str) -> i64 {
    let database = opened.ledger.database();
    let row = database.reader().query_one_raw(Statement::from_string(database.backend(), query)).await.unwrap();
    row.unwrap().try_get::<i64>("", "count").unwrap()
}

on_both_databases! {
    async fn the_same_mail_five_times_in_parallel_is_one_and_comes_back_byte_for_byte(kind: DatabaseKind) {
        let opened = open(kind).await;
        let to = ["bounce+x@example.com".to_owned(), "reply+y@example.com".to_owned()];
        let shouted = [to[1].to_uppercase(), to[0].clone()];
        let ledger = &opened.ledger;
        let (a, b, c, d, e) = tokio::join!(
            ledger.keep_inbound_mail("", &to, RAW),
            ledger.keep_inbound_mail("", &shouted, RAW),
            ledger.keep_inbound_mail("", &to, RAW),
            ledger.keep_inbound_mail("", &to, RAW),
            ledger.keep_inbound_mail("", &to, RAW),
        );
        let ids = a.unwrap();
        assert!([b, c, d, e].into_iter().all(|kept| kept.unwrap() == ids));
        assert_eq!(count(&opened, "SELECT count(*) AS count FROM inbound_mail").await, 2);
        let mail = ledger.claim_inbound_mail().await.unwrap().unwrap();
        assert_eq!((mail.raw.as_slice(), mail.tries), (RAW, 1));
    }

    async fn one_mail_that_the_database_refuses_fails_no_neighbour(kind: DatabaseKind) {
        let opened = open(kind).await;
        let poison = match kind {
            DatabaseKind::Sqlite => "CREATE TRIGGER poison BEFORE INSERT ON inbound_mail WHEN NEW.envelope_from = 'poison'
                 BEGIN SELECT RAISE(ABORT, 'poison'); END",
            DatabaseKind::Postgres => "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF NEW.envelope_from = 'poison' THEN RAISE EXCEPTION 'poison' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$;
                 CREATE TRIGGER poison BEFORE INSERT ON inbound_mail FOR EACH ROW EXECUTE FUNCTION poison()",
        };
        opened.ledger.database().writer().execute_unprepared(poison).await.unwrap();
        let keep = |number: usize| {
            let ledger = opened.ledger.clone();
            async move {
                let from = if number == 7 { "poison" } else { "robin@example.net" };
                ledger.keep_inbound_mail(from, &["people@example.com".to_owned()], format!("mail {number}")).await
            }
        };
        let mut mails = tokio::task::JoinSet::new();
        (0..20).for_each(|number| drop(mails.spawn(keep(number))));
        let refused = mails.join_all().await.iter().filter(|kept| kept.is_err()).count();
        assert_eq!((refused, count(&opened, "SELECT count(*) AS count FROM inbound_mail").await), (1, 19));
    }

    async fn claims_are_for_several_and_a_large_mail_stays_where_it_is_until_it_is_opened(kind: DatabaseKind) {
        let opened = open(kind).await;
        let to = ["people@example.com".to_owned()];
        let mails = [b"small".to_vec(), vec![b'x'; SMALL], vec![b'y'; SMALL + 1]];
        for mail in &mails {
            opened.ledger.keep_inbound_mail("robin@example.net", &to, mail.clone()).await.unwrap();
            opened.clock.advance(TimeDelta::seconds(1));
        }
        let mut claimed = opened.ledger.claim_inbound_mails(8).await.unwrap();
        claimed.sort_by_key(|mail| mail.bytes);
        assert_eq!(claimed.iter().map(|mail| mail.bytes).collect::<Vec<_>>(), [5, SMALL, SMALL + 1]);
        assert_eq!(opened.ledger.claim_inbound_mails(8).await.unwrap().len(), 0);
        for (claimed, mail) in claimed.into_iter().zip(mails) {
            assert_eq!(opened.ledger.open_inbound_mail(claimed).await.unwrap().unwrap().raw, mail);
        }
        opened.clock.advance(opened.ledger.lease() + TimeDelta::seconds(1));
        let late = opened.ledger.claim_inbound_mails(8).await.unwrap();
        opened.clock.advance(opened.ledger.lease() + TimeDelta::seconds(1));
        assert_eq!(opened.ledger.claim_inbound_mails(8).await.unwrap().len(), 3);
        let large = late.into_iter().max_by_key(|mail| mail.bytes).unwrap();
        assert_eq!(opened.ledger.open_inbound_mail(large).await.unwrap(), None, "it is somebody else's");
    }

    async fn what_is_renewed_stays_and_what_is_given_back_counts_no_try(kind: DatabaseKind) {
        let opened = open(kind).await;
        let ledger = &opened.ledger;
        let mail = came_in(&opened).await;
        opened.clock.advance(ledger.lease() / 2);
        assert!(ledger.renew_inbound_mail(mail.claim).await.unwrap());
        opened.clock.advance(ledger.lease() / 2 + TimeDelta::seconds(1));
        assert!(ledger.claim_inbound_mail().await.unwrap().is_none());
        ledger.release_inbound_mails(&[mail.claim]).await.unwrap();
        assert!(!ledger.renew_inbound_mail(mail.claim).await.unwrap());
        assert_eq!(ledger.claim_inbound_mail().await.unwrap().unwrap().tries, 1);
    }

    async fn a_row_that_cannot_be_read_is_held_and_keeps_nobody_waiting(kind: DatabaseKind) {
        let opened = open(kind).await;
        let to = ["people@example.com".to_owned()];
        for mail in ["poison", "well"] {
            opened.ledger.keep_inbound_mail(mail, &to, mail).await.unwrap();
        }
        let damage = match kind {
            DatabaseKind::Sqlite => "UPDATE inbound_mail SET recipient = CAST(x'ff' AS text) WHERE envelope_from = 'poison'",
            DatabaseKind::Postgres => "ALTER TABLE inbound_mail ALTER COLUMN recipient DROP NOT NULL;
                 UPDATE inbound_mail SET recipient = NULL WHERE envelope_from = 'poison'",
        };
        opened.ledger.database().writer().execute_unprepared(damage).await.unwrap();
        let claimed = opened.ledger.claim_inbound_mails(8).await.unwrap();
        assert_eq!(claimed.len(), 1);
        assert_eq!(count(&opened, "SELECT count(*) AS count FROM inbound_mail WHERE state = 'held'").await, 1);
    }

    async fn a_final_bounce_reopens_the_promise_once_and_a_person_is_asked(kind: DatabaseKind) {
        let opened = open(kind).await;
        let other = sent(&opened).await;
        let message = sent(&opened).await;
        let mail = came_in(&opened).await;
        assert_eq!(opened.ledger.record_bounce(mail.claim, bounce(message, true)).await.unwrap(), Recorded::Reopened);
        assert_eq!((state(&opened, message).await, state(&opened, other).await), (State::Bounced, State::Sent));
        opened.ledger.tell_staff(&serde_json::json!({})).await.unwrap();
        let told = opened.ledger.claim_staff_mails(4).await.unwrap();
        assert_eq!((told.len(), told[0].lines.len(), told[0].lines[0].notification), (1, 1, message));
        assert_eq!(told[0].lines[0].reason.as_deref(), Some("5.1.1 failed"));
        // The same again by another mail: no second effect.
        opened.ledger.keep_inbound_mail("", &["bounce+x@example.com".to_owned()], b"another").await.unwrap();
        let again = opened.ledger.claim_inbound_mail().await.unwrap().unwrap();
        assert_eq!(opened.ledger.record_bounce(again.claim, bounce(message, true)).await.unwrap(), Recorded::NothingToDo);
        assert_eq!(count(&opened, "SELECT count(*) AS count FROM event WHERE kind = 'not_told'").await, 1);
        assert_eq!(count(&opened, "SELECT count(*) AS count FROM try WHERE outcome = 'bounced'").await, 1);
        assert!(opened.ledger.claim_inbound_mail().await.unwrap().is_none(), "both are done");
        assert!(opened.ledger.reconcile_dry_run().await.unwrap().is_empty(), "nothing else is owed for it");
    }

    async fn a_delay_is_noted_and_changes_nothing(kind: DatabaseKind) {
        let opened = open(kind).await;
        let message = sent(&opened).await;
        let mail = came_in(&opened).await;
        assert_eq!(opened.ledger.record_bounce(mail.claim, bounce(message, false)).await.unwrap(), Recorded::Noted);
        assert_eq!(state(&opened, message).await, State::Sent);
        assert_eq!(count(&opened, "SELECT count(*) AS count FROM try WHERE outcome = 'delayed'").await, 1);
    }

    async fn a_report_that_is_faster_than_the_settlement_comes_again(kind: DatabaseKind) {
        let opened = open(kind).await;
        let application = opened.applied().await;
        let message = opened.notifications(application).await[0].id;
        let sending = opened.ledger.claim(1).await.unwrap();
        let mail = came_in(&opened).await;
        assert_eq!(opened.ledger.record_bounce(mail.claim, bounce(message, true)).await.unwrap(), Recorded::NotYet);
        opened.ledger.postpone_inbound_mail(mail.claim, TimeDelta::seconds(5)).await.unwrap();
        opened.ledger.settle(&[opened.ended(&sending[0], crate::opened::accepted())]).await.unwrap();
        assert!(opened.ledger.claim_inbound_mail().await.unwrap().is_none());
        opened.clock.advance(TimeDelta::seconds(5));
        let mail = opened.ledger.claim_inbound_mail().await.unwrap().unwrap();
        assert_eq!(opened.ledger.record_bounce(mail.claim, bounce(message, true)).await.unwrap(), Recorded::Reopened);
    }

    async fn who_lost_the_lease_writes_nothing(kind: DatabaseKind) {
        let opened = open(kind).await;
        let message = sent(&opened).await;
        let late = came_in(&opened).await;
        opened.clock.advance(opened.ledger.lease() + TimeDelta::seconds(1));
        let mail = opened.ledger.claim_inbound_mail().await.unwrap().unwrap();
        assert_eq!((mail.claim.mail, mail.tries), (late.claim.mail, 2));
        assert_eq!(opened.ledger.record_bounce(late.claim, bounce(message, true)).await.unwrap(), Recorded::LostClaim);
        assert_eq!(state(&opened, message).await, State::Sent);
        assert_eq!(opened.ledger.record_bounce(mail.claim, bounce(message, true)).await.unwrap(), Recorded::Reopened);
    }

    async fn an_address_is_ours_if_a_key_of_ours_made_it_whoever_made_the_key(kind: DatabaseKind) {
        let opened = open(kind).await;
        let message = sent(&opened).await;
        let ours = ReplyAddresses::new("example.com", opened.ledger.link_keys().as_ref().clone()).unwrap().address(Way::Bounce, message);
        let claim = ReplyClaim::read(ours.local_part()).unwrap();
        opened.ledger.rotate_signing_key().await.unwrap();
        assert!(opened.ledger.is_our_address(&claim).await.unwrap());
        let forged = ReplyClaim::read(&ours.local_part().replace("bounce+", "reply+")).unwrap();
        assert!(!opened.ledger.is_our_address(&forged).await.unwrap());
    }
}
