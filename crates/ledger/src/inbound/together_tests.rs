//! What is written together is what would be written about each mail alone.

use chrono::TimeDelta;
use futures::future::join_all;
use hearback_domain::{
    erasure::Basis,
    ids::{ApplicationId, NotificationId},
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::{record_bounce::CameBack, record_reply::Replied, together::Act, *};
use crate::{
    Erase,
    opened::{Opened, open, somebody},
};

/// An application whose first message was sent.
async fn told(opened: &Opened) -> (ApplicationId, NotificationId) {
    let application = opened.applied().await;
    opened.deliver_all().await;
    (application, opened.notifications(application).await[0].id)
}

async fn erased(opened: &Opened) -> (ApplicationId, NotificationId) {
    let told = told(opened).await;
    let erase = Erase { basis: Basis::Requested, exemption: None, actor: &somebody() };
    opened.ledger.erase(&[told.0], &erase).await.unwrap().remove(0).1.unwrap();
    opened.deliver_all().await;
    opened.clock.advance(TimeDelta::minutes(2));
    while opened.ledger.erase_part(7).await.unwrap() > 0 {}
    told
}

/// So many mails, claimed together.
async fn came_in(opened: &Opened, mails: usize) -> Vec<InboundClaim> {
    for number in 0..mails {
        let raw = format!("mail {number} of {mails}");
        opened.ledger.keep_inbound_mail("ada@example.net", &["reply+x@example.com".to_owned()], raw.as_bytes()).await.unwrap();
    }
    let claims: Vec<_> = opened.ledger.claim_inbound_mails(mails).await.unwrap().into_iter().map(|mail| mail.claim).collect();
    assert_eq!(claims.len(), mails);
    claims
}

fn came_back(claim: InboundClaim, about: NotificationId, is_final: bool) -> CameBack {
    let bounce = Bounce { about, is_final, is_address: is_final, reason: "5.1.1 failed".to_owned() };
    CameBack { claim, bounce }
}

fn reply((application, about): (ApplicationId, NotificationId), text: &str) -> Reply {
    Reply {
        application,
        about: Some(about),
        from: None,
        subject: None,
        text: text.to_owned(),
        html: None,
        message_id: Some(format!("<{text}@example.net>")),
        in_reply_to: None,
        files: Vec::new(),
        left_out: 0,
    }
}

async fn count(opened: &Opened, query: &str) -> i64 {
    let database = opened.ledger.database();
    let row = database.reader().query_one_raw(Statement::from_string(database.backend(), query)).await.unwrap();
    row.unwrap().try_get::<i64>("", "count").unwrap()
}

async fn done(opened: &Opened) -> i64 {
    count(opened, "SELECT count(*) AS count FROM inbound_mail WHERE state = 'done'").await
}

on_both_databases! {
    async fn bounces_of_one_moment_end_as_each_would_alone(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (one, other, gone) = (told(&opened).await.1, told(&opened).await.1, erased(&opened).await.1);
        let nowhere: NotificationId = uuid::Uuid::from_u128(7).into();
        let claims = came_in(&opened, 5).await;
        let bounces: Vec<CameBack> = [(one, true), (other, false), (one, true), (gone, true), (nowhere, true)]
            .into_iter()
            .zip(&claims)
            .map(|((about, is_final), claim)| came_back(*claim, about, is_final))
            .collect();
        let acts: Vec<&CameBack> = bounces.iter().collect();
        let recorded = CameBack::write(&opened.ledger, &acts).await.unwrap();
        let nothing = Some(Recorded::NothingToDo);
        assert_eq!(recorded, [Some(Recorded::Reopened), Some(Recorded::Noted), None, nothing, nothing]);
        assert_eq!(done(&opened).await, 4, "the second about the same application waits for what the first left");
        assert_eq!(CameBack::write(&opened.ledger, &acts[2..3]).await.unwrap(), [nothing]);
        assert_eq!(count(&opened, "SELECT count(*) AS count FROM event WHERE kind = 'not_told'").await, 1);
        assert_eq!(count(&opened, "SELECT count(*) AS count FROM candidate WHERE refused_at IS NOT NULL").await, 1);
    }

    async fn replies_of_one_moment_end_as_each_would_alone(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (one, other, gone) = (told(&opened).await, told(&opened).await, erased(&opened).await);
        let claims = came_in(&opened, 4).await;
        let replies = [(one, "a"), (one, "b"), (gone, "c"), (other, "d")].map(|(about, text)| reply(about, text));
        let replies: Vec<Replied> = replies.into_iter().zip(&claims).map(|(reply, claim)| Replied { claim: *claim, reply }).collect();
        let acts: Vec<&Replied> = replies.iter().collect();
        let recorded = Replied::write(&opened.ledger, &acts).await.unwrap();
        assert!(
            matches!(
                recorded[..],
                [Some(ReplyRecorded::Recorded(_)), None, Some(ReplyRecorded::NoApplication), Some(ReplyRecorded::Recorded(_))]
            ),
            "{recorded:?}"
        );
        assert!(matches!(Replied::write(&opened.ledger, &acts[1..2]).await.unwrap()[..], [Some(ReplyRecorded::Recorded(_))]));
        assert_eq!(done(&opened).await, 3, "the one of nobody is left for a person");
        // Both about the one are in one mail: nobody had taken it yet.
        assert_eq!(count(&opened, "SELECT count(*) AS count FROM staff_mail WHERE occasion = 'wrote'").await, 2);
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn one_whose_lease_is_lost_keeps_its_neighbours_from_nothing(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (one, other) = (told(&opened).await, told(&opened).await);
        let late = came_in(&opened, 1).await.remove(0);
        opened.clock.advance(opened.ledger.lease() + TimeDelta::seconds(1));
        opened.ledger.claim_inbound_mails(1).await.unwrap();
        let ours = came_in(&opened, 2).await;

        let bounces = [came_back(ours[0], one.1, true), came_back(late, other.1, true)];
        let acts = [&bounces[0], &bounces[1]];
        assert_eq!(CameBack::write(&opened.ledger, &acts).await.unwrap(), [None, Some(Recorded::LostClaim)]);
        assert_eq!(count(&opened, "SELECT count(*) AS count FROM try").await, 0, "all or nothing");
        assert_eq!(CameBack::write(&opened.ledger, &acts[..1]).await.unwrap(), [Some(Recorded::Reopened)]);

        let (kept, lost) = tokio::join!(
            opened.ledger.record_reply(ours[1], reply(one, "a")),
            opened.ledger.record_reply(late, reply(other, "b"))
        );
        assert!(matches!(kept.unwrap(), ReplyRecorded::Recorded(_)));
        assert_eq!(lost.unwrap(), ReplyRecorded::LostClaim);
    }

    async fn one_that_the_database_refuses_fails_no_neighbour(kind: DatabaseKind) {
        let opened = open(kind).await;
        let poison = match kind {
            DatabaseKind::Sqlite => "CREATE TRIGGER poison BEFORE INSERT ON message WHEN NEW.text = 'poison'
                 BEGIN SELECT RAISE(ABORT, 'poison'); END",
            DatabaseKind::Postgres => "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF NEW.text = 'poison' THEN RAISE EXCEPTION 'poison' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$;
                 CREATE TRIGGER poison BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION poison()",
        };
        opened.sql(poison).await;
        let mut about = Vec::new();
        for _ in 0..12 {
            about.push(told(&opened).await);
        }
        let claims = came_in(&opened, 12).await;
        let replies = (0..12).map(|at| {
            let text = if at == 5 { "poison".to_owned() } else { format!("reply {at}") };
            opened.ledger.record_reply(claims[at], reply(about[at], &text))
        });
        let recorded = join_all(replies).await;
        let refused: Vec<usize> = (0..12).filter(|at| recorded[*at].is_err()).collect();
        assert_eq!(refused, [5]);
        assert_eq!(done(&opened).await, 11);
        assert_eq!(count(&opened, "SELECT count(*) AS count FROM message").await, 11);
    }
}
