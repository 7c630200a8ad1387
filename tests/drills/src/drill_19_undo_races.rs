//! Drill 19: rejections are taken back at the moment at which they are being sent. Whatever an applicant was told, the record agrees:
//! either the rejection never reached the relay, or a correction followed it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use hearback_domain::{
    application::Status,
    ids::{ApplicationId, NotificationId},
    notification::{Kind, State},
    random::Random,
};
use hearback_ledger::{Ledger, Notification};
use hearback_testkit::{
    database::TestDatabase,
    smtp_sink::{Answer, Keep, Script, SmtpSink, Stage},
};
use reqwest::StatusCode;
use serde_json::json;
use tokio::time::sleep;

use crate::{
    account,
    drill::{Options, TO_REST},
    drill_01_kills::{end, start},
    load::answer,
    organisation::Organisation,
    outcome::Outcome,
    processes::{Mail, Processes},
    tables::Tables,
};

/// At once.
const RECRUITERS: usize = 8;

/// How long the relay thinks about a message after its final dot.
const RELAY_THINKS: Duration = Duration::from_millis(10);

/// How long a recruiter takes to change their mind, at most: about twice as long as a rejection takes to be sent.
const SECOND_THOUGHTS: Duration = Duration::from_millis(50);

/// Every third one sleeps on it: however slow the machine, some rejections are out before they are taken back.
const SLEPT_ON: Duration = Duration::from_millis(500);

/// The share of rejections that the relay puts off, and after these the share that it takes without an answer.
const PUT_OFF: f64 = 0.1;
const UNANSWERED: f64 = 0.2;

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let applications = options.count(100, 1_000);
    let database = TestDatabase::create(options.db);
    let sink = SmtpSink::start(thinking_relay(options.seed), Keep::Everything).await?;
    let processes = Processes::new(database.url(), Mail::Relay(sink.address()))?;
    let mut running = start(options.db, &processes).await?;
    let organisation = Organisation::set_up(&processes).await?;
    let random = Random::from_seed(options.seed);
    let undone: Vec<ApplicationId> = stream::iter(0..applications)
        .map(|number| {
            let longest = if number.is_multiple_of(3) { SLEPT_ON } else { SECOND_THOUGHTS };
            reject_and_take_back(&organisation, number, longest.mul_f64(random.fraction()))
        })
        .buffer_unordered(RECRUITERS)
        .try_collect()
        .await?;

    // At least its acknowledgement for each; what else is told is what the races decide.
    account::at_rest(&Tables::new(options.db, database.url()), &sink, applications, TO_REST).await?;
    end(&mut running).await?;
    let copies = copies(&sink)?;
    let ledger = account::open(database.url()).await?;
    let mut outcome = Outcome { answered: 3 * applications, findings: processes.audit().await?, ..Outcome::default() };
    let mut ends = Ends::default();
    for application in undone {
        ends.add(told(&ledger, application, &copies, &mut outcome).await?);
    }
    outcome.duplicates = copies.values().map(|copies| copies - 1).sum();
    println!(
        "  {applications} rejections taken back up to {} ms later, a third of them up to {}",
        SECOND_THOUGHTS.as_millis(),
        SLEPT_ON.as_millis()
    );
    println!("  {} in time, {} of them after the relay had put them off", ends.in_time, ends.put_off);
    println!("  {} too late: told and corrected, {} of them without an answer from the relay", ends.corrected, ends.in_doubt);
    outcome.expect(outcome.duplicates == 0, || "nobody was killed, and something was sent twice".to_owned());
    outcome.expect(ends.in_time > 0 && ends.corrected > 0, || "all races ended the same way, so nothing is proved".to_owned());
    outcome.expect(ends.in_doubt > 0, || "no answer of the relay was lost, so nothing is proved about doubt".to_owned());
    Ok(outcome)
}

/// Acknowledgements and corrections are taken; a rejection is taken too, or put off, or taken without an answer.
fn thinking_relay(seed: u64) -> Script {
    let random = Random::from_seed(seed);
    let asked_before: Mutex<HashMap<String, usize>> = Mutex::default();
    Script::from_fn(move |moment| {
        let (Stage::Dot, [recipient]) = (moment.stage, moment.recipients) else { return Answer::Accept };
        let mut asked_before = asked_before.lock().unwrap_or_else(PoisonError::into_inner);
        let before = asked_before.entry(recipient.clone()).or_default();
        *before += 1;
        match (*before, random.fraction()) {
            // The second message of an application is its rejection, if that goes out at all; else there is none.
            (2, fraction) if fraction < PUT_OFF => Answer::reply(451, "4.3.0 Later"),
            (2, fraction) if fraction < PUT_OFF + UNANSWERED => Answer::AcceptThenDrop,
            _ => Answer::AcceptAfter(RELAY_THINKS),
        }
    })
}

async fn reject_and_take_back(organisation: &Organisation, number: usize, after: Duration) -> anyhow::Result<ApplicationId> {
    let applied = json!({ "name": format!("Ada Okafor {number}"), "email": format!("ada-{number}@example.net") });
    let (status, answered) = answer(organisation.post(&format!("jobs/{}/applications", organisation.job), &applied)).await?;
    ensure!(status == StatusCode::CREATED, "an application was answered {status}: {answered}");
    let application: ApplicationId = answered["id"].as_str().context("an application has an id")?.parse()?;
    // There is no undo window here, so the rejection goes out as soon as a worker sees it, or right after the acknowledgement.
    for (verb, body) in [("reject", json!({ "reason": "position_filled" })), ("unreject", json!({}))] {
        let (status, answered) = answer(organisation.post(&format!("applications/{application}/{verb}"), &body)).await?;
        ensure!(status == StatusCode::OK, "{verb} was answered {status}: {answered}");
        if verb == "reject" {
            sleep(after).await;
        }
    }
    Ok(application)
}

/// How often each message was accepted.
fn copies(sink: &SmtpSink) -> anyhow::Result<HashMap<NotificationId, usize>> {
    sink.count_by_message_id().into_iter().map(|(message_id, count)| Ok((account::notification_of(&message_id)?, count))).collect()
}

/// How a race ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The relay never took the rejection.
    InTime { put_off: bool },
    /// The relay took it.
    Corrected { in_doubt: bool },
}

/// Compares what an applicant was told with what is on record, and notes what does not agree.
async fn told(
    ledger: &Ledger,
    application: ApplicationId,
    copies: &HashMap<NotificationId, usize>,
    outcome: &mut Outcome,
) -> anyhow::Result<End> {
    let standing = ledger.application(application).await?.context("it is on record")?.standing;
    let messages = ledger.notifications(application).await?;
    let was_accepted = |message: &&Notification| copies.contains_key(&message.id);
    let of_kind = |kind| messages.iter().filter(move |message| message.kind == kind).collect::<Vec<_>>();
    let (received, rejected, corrections) = (of_kind(Kind::Received), of_kind(Kind::Rejected), of_kind(Kind::Correction));
    let [rejection] = rejected.as_slice() else {
        anyhow::bail!("{application} owes {} rejections", rejected.len());
    };
    outcome.lost += usize::from(!received.iter().any(was_accepted));
    outcome.expect(messages.len() == 2 + corrections.len(), || format!("{application} owes what nobody asked for: {messages:?}"));
    outcome.expect(standing.status == Status::Active, || format!("{application} was taken back, and is {}", standing.status));
    outcome.expect(standing.shown_status == Status::Active, || format!("{application} shows {}", standing.shown_status));
    if !was_accepted(rejection) {
        outcome.expect(corrections.is_empty(), || format!("{application} was never told, and was corrected"));
        outcome.expect(rejection.state == State::Cancelled, || format!("{application} was never told, and it is {}", rejection.state));
        return Ok(End::InTime { put_off: !rejection.tries.is_empty() });
    }
    outcome.expect(corrections.len() == 1, || format!("{application} was told, and {} corrections are owed", corrections.len()));
    outcome.lost += usize::from(!corrections.iter().any(was_accepted));
    // What the relay took without saying so is known to nobody, and ends as cancelled, with its doubt on record.
    let in_doubt = rejection.state == State::Cancelled && rejection.maybe_sent;
    outcome.expect(in_doubt || rejection.state == State::Sent, || format!("{application} was told, and it is {}", rejection.state));
    Ok(End::Corrected { in_doubt })
}

#[derive(Default)]
struct Ends {
    in_time: usize,
    put_off: usize,
    corrected: usize,
    in_doubt: usize,
}

impl Ends {
    fn add(&mut self, end: End) {
        match end {
            End::InTime { put_off } => {
                self.in_time += 1;
                self.put_off += usize::from(put_off);
            }
            End::Corrected { in_doubt } => {
                self.corrected += 1;
                self.in_doubt += usize::from(in_doubt);
            }
        }
    }
}
