use chrono::TimeDelta;
use hearback_domain::{
    application::{Stage, Status},
    ids::JobId,
    import::{Told, Written},
    notification::{Kind, State},
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::opened::{Opened, open, somebody};

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// As another system wrote it down.
fn written(opened: &Opened, job: JobId, number: usize, status: &str) -> Written {
    Written {
        external_id: Some(format!("gh-{number}")),
        job: Some(job.to_string()),
        name: text("Ada Okafor"),
        email: Some(format!("ada{number}@example.net")),
        applied_at: Some((opened.ledger.now() - TimeDelta::days(30)).to_rfc3339()),
        stage: text("review"),
        status: text(status),
        ..Written::default()
    }
}

fn told(opened: &Opened, said: &str) -> Option<Told> {
    let at = (opened.ledger.now() - TimeDelta::days(4)).to_rfc3339();
    Some(Told { said: text(said), channel: text("other_mail"), at: Some(at) })
}

fn read(opened: &Opened, written: Vec<Written>) -> Vec<Row> {
    written.into_iter().map(|row| row.read(opened.ledger.now()).unwrap()).collect()
}

/// One of every sort.
fn all_sorts(opened: &Opened, job: JobId) -> Vec<Row> {
    let row = |number, status| written(opened, job, number, status);
    read(
        opened,
        vec![
            row(0, "active"),
            Written { told: told(opened, "update"), ..row(1, "active") },
            row(2, "rejected"),
            Written { told: told(opened, "outcome"), ..row(3, "rejected") },
            Written { exemption: text("left the country"), ..row(4, "rejected") },
            row(5, "hired"),
            row(6, "withdrawn"),
            // Of the same person for the same job: the first carries it.
            Written { email: text("ada0@example.net"), ..row(7, "active") },
            // And one that ended long ago is nobody's repeat.
            Written { email: text("ada0@example.net"), told: told(opened, "outcome"), ..row(8, "rejected") },
        ],
    )
}

impl Opened {
    async fn import(&self, rows: &[Row]) -> Vec<Result<Imported, ImportRefused>> {
        self.ledger.import(rows, importing(&somebody())).await.unwrap()
    }

    async fn looked_at(&self, rows: &[Row]) -> Vec<Result<Imported, ImportRefused>> {
        self.ledger.import_dry_run(rows, importing(&somebody())).await.unwrap()
    }

    async fn number(&self) -> usize {
        self.ledger.applications(&Default::default(), crate::Page { after: None, limit: 5_000 }).await.unwrap().len()
    }

    async fn is_as_promised(&self) {
        assert_eq!(self.ledger.audit().await.unwrap(), []);
        assert!(self.ledger.reconcile().await.unwrap().is_empty());
    }
}

fn importing(actor: &Actor) -> Importing<'_> {
    Importing { only_board: None, is_test: false, actor }
}

fn gets(results: &[Result<Imported, ImportRefused>]) -> Vec<Gets> {
    results.iter().map(|result| result.as_ref().unwrap().gets).collect()
}

fn words(results: &[Result<Imported, ImportRefused>]) -> Vec<&'static str> {
    let word = |gets| match gets {
        Gets::Message { kind, .. } => Kind::as_str(kind),
        Gets::Nothing(why) => Unsaid::as_str(why),
    };
    gets(results).into_iter().map(word).collect()
}

on_both_databases! {
    async fn whoever_is_imported_gets_what_they_are_owed_and_what_the_dry_run_said(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let rows = all_sorts(&opened, job);
        let promised = opened.looked_at(&rows).await;
        assert_eq!(opened.number().await, 0, "nothing was written");
        let expected =
            ["received", "told_elsewhere", "rejected", "told_elsewhere", "exempt", "hired", "withdrawn", "received", "told_elsewhere"];
        assert_eq!(words(&promised), expected);
        let results = opened.import(&rows).await;
        assert_eq!(gets(&results), gets(&promised));
        opened.is_as_promised().await;
        let ids: Vec<ApplicationId> = results.iter().map(|result| result.as_ref().unwrap().application).collect();
        for (id, gets) in ids.iter().zip(gets(&results)) {
            let open: Vec<_> = opened.notifications(*id).await.into_iter().filter(|one| one.state != State::Cancelled).collect();
            match gets {
                Gets::Message { kind, send_after, due_at } => {
                    assert_eq!(open.iter().map(|one| (one.kind, one.send_after, one.due_at)).collect::<Vec<_>>(), [(kind, send_after, due_at)]);
                }
                Gets::Nothing(_) => assert!(open.is_empty(), "{open:?}"),
            }
        }
        let waiting = opened.application(ids[1]).await;
        assert_eq!((waiting.standing.stage, waiting.received_at), (Stage::Review, rows[1].applied_at));
        let next = waiting.standing.next_word.unwrap().by;
        assert!(next > opened.ledger.now() && next <= opened.ledger.now() + TimeDelta::days(10));
        assert_eq!(opened.application(ids[4]).await.exemption.as_deref(), Some("left the country"));
        assert_eq!((opened.application(ids[7]).await.carried_by, opened.application(ids[8]).await.carried_by), (Some(ids[0]), None));
        // Until everything is sent, and long after that.
        for days in [0, 3, 20, 40] {
            opened.clock.advance(TimeDelta::days(days));
            opened.ledger.tell_next_words(1_000).await.unwrap();
            opened.deliver_all().await;
        }
        for (at, status) in [(2, Status::Rejected), (3, Status::Rejected), (5, Status::Hired), (6, Status::Withdrawn)] {
            let told: Vec<_> = opened.notifications(ids[at]).await.into_iter().filter(|one| one.state == State::Sent).collect();
            assert_eq!(told.len(), usize::from(at != 3), "nobody is told twice, and nobody who knew");
            assert_eq!(opened.application(ids[at]).await.standing.shown_status, status);
        }
        opened.is_as_promised().await;
    }

    async fn the_same_again_changes_nothing(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let rows = all_sorts(&opened, job);
        let first = opened.import(&rows).await;
        let again = opened.import(&rows).await;
        assert_eq!(words(&again), ["already_here"; 9]);
        let ids = |results: &[Result<Imported, ImportRefused>]| -> Vec<_> {
            results.iter().map(|result| result.as_ref().unwrap().application).collect()
        };
        assert_eq!(ids(&again), ids(&first));
        assert_eq!(opened.number().await, 9);
        for id in ids(&first) {
            assert!(opened.notifications(id).await.len() <= 2);
        }
        opened.is_as_promised().await;
    }

    async fn a_bad_row_mutes_no_other(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (job, closed) = (opened.job().await, opened.job().await);
        let closing = crate::Closing { words: None, named: Vec::new(), archive: false, confirmation: None };
        opened.ledger.close_job(closed, &closing, &somebody()).await.unwrap();
        let row = |number, status| written(&opened, job, number, status);
        let of_closed = |number, status| Written { job: Some(closed.to_string()), ..row(number, status) };
        let rows = read(&opened, vec![
            row(0, "active"),
            Written { job: text("nobody knows it"), ..row(1, "active") },
            row(0, "active"),
            of_closed(3, "active"),
            of_closed(4, "rejected"),
            row(5, "active"),
        ]);
        let results = opened.import(&rows).await;
        let refused: Vec<_> = results.iter().map(|result| result.as_ref().err().map(ImportRefused::field)).collect();
        assert_eq!(refused, [None, Some("job"), Some("external_id"), Some("status"), None, None]);
        assert_eq!(opened.looked_at(&rows).await.iter().filter(|result| result.is_err()).count(), 2, "the repeated row is here by now");
        assert_eq!(opened.number().await, 3);
        opened.is_as_promised().await;
    }

    /// Whoever was killed between two chunks, or in one, begins again from the start.
    async fn an_import_that_was_killed_goes_on_where_it_stopped(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let rows = read(&opened, (0..1_050).map(|number| written(&opened, job, number, "rejected")).collect());
        let chunk = opened.import(&rows[..CHUNK]).await;
        assert_eq!(chunk.len(), 500);
        // In the middle of the second chunk: the transaction is not committed.
        opened.looked_at(&rows[CHUNK..2 * CHUNK]).await;
        assert_eq!(opened.number().await, 500);
        let rest = opened.import(&rows).await;
        assert_eq!(words(&rest)[..500], ["already_here"; 500]);
        assert_eq!(words(&rest)[500..], ["rejected"; 550]);
        assert_eq!(opened.number().await, 1_050);
        opened.is_as_promised().await;
    }

    async fn two_who_import_the_same_at_once_make_it_once(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let rows = read(&opened, (0..40).map(|number| written(&opened, job, number, "active")).collect());
        let backwards: Vec<Row> = rows.iter().rev().cloned().collect();
        let (one, other) = futures::future::join(opened.import(&rows), opened.import(&backwards)).await;
        let new = words(&one).into_iter().chain(words(&other)).filter(|word| *word == "received").count();
        assert_eq!((new, opened.number().await), (40, 40));
        opened.is_as_promised().await;
    }

    async fn many_messages_are_confirmed_first_and_the_confirmation_holds_for_whoever_goes_on(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let rows = read(&opened, (0..60).map(|number| written(&opened, job, number, "rejected")).collect());
        let tally = |results: &[Result<Imported, ImportRefused>], rows: &[Row]| {
            let mut tally = ImportTally::default();
            rows.iter().zip(results).for_each(|(row, result)| tally.add(row, result));
            tally
        };
        let shown = tally(&opened.looked_at(&rows).await, &rows);
        assert!(opened.ledger.import_needs_confirmation(&shown).await.unwrap());
        let refused = opened.ledger.import_is_confirmed(&shown, None).await;
        assert!(matches!(refused, Err(BulkError::Unconfirmed { people: 60, cap: 50 })), "{refused:?}");
        let confirmation = opened.ledger.import_confirmation(&shown);
        opened.ledger.import_is_confirmed(&shown, Some(&confirmation)).await.unwrap();
        let few = tally(&opened.looked_at(&rows[..59]).await, &rows[..59]);
        assert!(opened.ledger.import_is_confirmed(&few, Some(&confirmation)).await.is_err(), "it is for other rows");
        // Somebody was to be told nothing, with the reason, and is written to now: that was not what was looked at.
        let mut spared = rows.clone();
        spared[7].exemption = Some("They know it already.".to_owned());
        let confirmed_for_spared = opened.ledger.import_confirmation(&tally(&opened.looked_at(&spared).await, &spared));
        assert!(opened.ledger.import_is_confirmed(&shown, Some(&confirmed_for_spared)).await.is_err(), "it is for what the rows said");
        opened.import(&rows[..5]).await;
        let left = tally(&opened.looked_at(&rows).await, &rows);
        assert_eq!((left.messages, left.already_here), (55, 5));
        opened.ledger.import_is_confirmed(&left, Some(&confirmation)).await.unwrap();
    }
}
