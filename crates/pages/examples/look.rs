//! Serves the pages with an applicant in every state and a mail of every kind: `look -- 127.0.0.1:8099`.
#![expect(clippy::print_stdout, reason = "the addresses are what this program is run for")]

use std::sync::Arc;

use actix_web::{App, HttpServer};
use hearback_domain::{
    actor::Actor,
    application::{RejectionReason, Stage},
    clock::SystemClock,
    ids::{ApplicationId, JobId},
    locale::Locale,
    notification::{Kind, Outcome},
    random::Random,
};
use hearback_ledger::{BoardDetails, Ended, JobDetails, Ledger, MailToKeep, OwedMessage, Rejection, SentMail, Settings, Submission};
use hearback_mailer::{Composed, Composer, samples};
use hearback_pages::{Pages, configure};
use hearback_testkit::database::{DatabaseKind, TestDatabase};

type Outcomes<T> = Result<T, Box<dyn std::error::Error>>;

#[actix_web::main]
async fn main() -> Outcomes<()> {
    let address = std::env::args().nth(1).ok_or("say where to listen, such as 127.0.0.1:8099")?;
    let database = TestDatabase::create(DatabaseKind::Sqlite);
    let random = Arc::new(Random::from_system());
    let ledger = Ledger::open(database.url(), Settings::default(), Arc::new(SystemClock), random).await?;
    println!("http://{address}/\nhttp://{address}/dev/mailbox\nhttp://{address}/s/wrong");
    for (name, id) in applicants(&ledger).await? {
        println!("http://{address}/s/{} {name}", ledger.status_token(id, 0));
    }
    keep_samples(&ledger).await?;
    let public_url: url::Url = format!("http://{address}/").parse()?;
    let app = move || {
        let pages = Pages { ledger: ledger.clone(), public_url: public_url.clone(), mailbox: true };
        App::new().configure(|config| configure(config, pages))
    };
    Ok(HttpServer::new(app).workers(1).bind(address)?.run().await?)
}

async fn applicants(ledger: &Ledger) -> Outcomes<Vec<(String, ApplicationId)>> {
    let board = BoardDetails {
        external_id: None,
        organisation: "Lakeside Community Hospital".to_owned(),
        sender: "careers@lakeside.example".parse()?,
        sender_name: "Lakeside careers".to_owned(),
        reply_to: "people@lakeside.example".parse()?,
        locale: Locale::En,
        time_zone: "Europe/Berlin".parse()?,
    };
    let board = ledger.create_board(board).await?.id;
    let owner = "owner@lakeside.example".parse()?;
    let details =
        JobDetails { external_id: None, title: "Paediatric nurse, night shifts".to_owned(), owner, manager: None, time_zone: None };
    let job = ledger.create_job(board, details).await?.id;
    let lead = Actor::system("look");
    let mut made = Vec::new();
    for stage in Stage::ALL {
        let id = applied(ledger, job, stage.as_str()).await?;
        ledger.move_stage(&[id], *stage, true, &lead).await?;
        made.push((stage.to_string(), id));
    }
    let [hired, rejected, withdrawn] =
        [applied(ledger, job, "hired").await?, applied(ledger, job, "rejected").await?, applied(ledger, job, "withdrawn").await?];
    ledger.hire(&[hired], None, &lead).await?;
    let reason = RejectionReason::PositionFilled;
    let at_once = Some(chrono::DateTime::UNIX_EPOCH);
    ledger
        .reject(&[rejected], &Rejection { reason, internal_note: None, words: None, send_after: at_once, exemption: None }, &lead)
        .await?;
    ledger.withdraw(&[withdrawn], true, &lead).await?;
    for locale in Locale::ALL {
        made.push((format!("{locale}"), applied_in(ledger, job, locale.as_str(), Some(*locale)).await?));
    }
    deliver(ledger).await?;
    made.extend([("hired".to_owned(), hired), ("rejected".to_owned(), rejected), ("withdrawn".to_owned(), withdrawn)]);
    made.push(("not yet told".to_owned(), applied(ledger, job, "new").await?));
    Ok(made)
}

async fn applied(ledger: &Ledger, job: JobId, name: &str) -> Outcomes<ApplicationId> {
    applied_in(ledger, job, name, None).await
}

async fn applied_in(ledger: &Ledger, job: JobId, name: &str, locale: Option<Locale>) -> Outcomes<ApplicationId> {
    let submission = Submission {
        job,
        only_board: None,
        name: name.to_owned(),
        email: format!("{name}@applicant.example").parse()?,
        locale,
        time_zone: None,
        is_test: false,
        suspected_spam: false,
        actor: Actor::system("look"),
        idempotency: None,
        attachments: Vec::new(),
        external_id: None,
    };
    Ok(ledger.submit(submission).await?.application)
}

/// A relay that accepts everything.
async fn deliver(ledger: &Ledger) -> Outcomes<()> {
    let composer = Composer::new()?;
    loop {
        let due = ledger.claim(64).await?;
        if due.is_empty() {
            return Ok(());
        }
        let outcome = Outcome::Accepted { reply: "250 2.0.0 taken".to_owned() };
        let mut ended = Vec::new();
        for OwedMessage { claim, send_after: at, kind, locale, .. } in due {
            let Composed { subject, text, .. } = composer.compose(&samples::letter(kind, locale))?;
            let mail = SentMail { subject, text, template_version: "look".to_owned(), sha256: [0; 32], raw: Vec::new() };
            ended.push(Ended { claim, at, outcome: outcome.clone(), mail: Some(mail), relay: "look".to_owned() });
        }
        ledger.settle(&ended).await?;
    }
}

async fn keep_samples(ledger: &Ledger) -> Outcomes<()> {
    let composer = Composer::new()?;
    for _ in 0..9 {
        for kind in Kind::ALL {
            let Composed { message_id, envelope_from, to, subject, raw, .. } = composer.compose(&samples::letter(*kind, Locale::En))?;
            ledger.keep_mails(vec![MailToKeep { message_id, envelope_from, recipient: to, subject, raw }]).await?;
        }
    }
    Ok(())
}
