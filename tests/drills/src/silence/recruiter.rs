//! Who applies when, and what recruiters do about it: mostly nothing.

use std::collections::{BTreeMap, HashMap};

use anyhow::ensure;
use chrono::TimeDelta;
use futures::future::join_all;
use hearback_domain::{
    actor::Actor,
    application::{RejectionReason, Stage},
    ids::{ApplicationId, JobId},
};
use hearback_ledger::{BoardDetails, JobDetails, Ledger, Rejection, Submission};
use tokio::sync::Mutex;

use super::world::World;

const JOBS: usize = 10;

/// Every third job is closed along the way.
const CLOSED: usize = 3;

/// What is done to an application, so many hours after it came in.
#[derive(Clone, Copy, Debug)]
enum Verb {
    Move { tell: bool },
    Interview,
    Reject,
    Unreject,
    Hire,
    Withdraw,
    Postpone,
}

/// Somebody who applies, and what will be done about it, so many hours later each.
struct Arrival {
    job: usize,
    number: usize,
    fate: Vec<(usize, Verb)>,
}

pub(super) struct Plan {
    jobs: Vec<JobId>,
    /// By hour.
    arrivals: BTreeMap<usize, Vec<Arrival>>,
    /// By hour: jobs that end.
    closures: BTreeMap<usize, usize>,
    /// By hour: what is to be done.
    todo: Mutex<BTreeMap<usize, Vec<(ApplicationId, Verb)>>>,
    by_job: Mutex<HashMap<usize, Vec<ApplicationId>>>,
}

impl Plan {
    pub(super) async fn new(world: &World, applications: usize, days: usize) -> anyhow::Result<Self> {
        let mut jobs = Vec::with_capacity(JOBS);
        for zone in ["Europe/Berlin", "America/Toronto", "Asia/Tokyo", "America/Los_Angeles", "Europe/London"].iter().cycle().take(JOBS) {
            jobs.push(job(world.ledger(), zone).await?);
        }
        let dice = |sides: usize| (world.fraction() * sides as f64) as usize;
        let closures: BTreeMap<usize, usize> =
            (0..JOBS).filter(|job| job % CLOSED == 0).map(|job| (days * 24 / 3 + dice(days * 8), job)).collect();
        let closed_at = |job: usize| closures.iter().find(|(_, closed)| **closed == job).map(|(hour, _)| *hour);
        let mut arrivals: BTreeMap<usize, Vec<_>> = BTreeMap::new();
        for number in 0..applications {
            let job = dice(JOBS);
            let latest = closed_at(job).unwrap_or(days * 24 * 2 / 3).min(days * 24 * 2 / 3);
            arrivals.entry(dice(latest.max(1))).or_default().push(Arrival { job, number, fate: fate(&dice, days * 24) });
        }
        Ok(Self { jobs, arrivals, closures, todo: Mutex::default(), by_job: Mutex::default() })
    }

    /// Whoever applies in this hour; how many were answered.
    pub(super) async fn hour(&self, world: &mut World, hour: usize) -> anyhow::Result<usize> {
        let Some(arrivals) = self.arrivals.get(&hour) else { return Ok(0) };
        let ledger = world.ledger();
        let submitted = join_all(arrivals.iter().map(|arrival| ledger.submit(application(self.jobs[arrival.job], arrival.number)))).await;
        let mut todo = self.todo.lock().await;
        let mut by_job = self.by_job.lock().await;
        for (submitted, Arrival { job, number: _, fate }) in submitted.into_iter().zip(arrivals) {
            let id = submitted?.application;
            by_job.entry(*job).or_default().push(id);
            for (after, verb) in fate {
                todo.entry(hour + after).or_default().push((id, *verb));
            }
        }
        Ok(arrivals.len())
    }

    /// What recruiters do in this hour. It may be cut off anywhere; what was not done then, is not done.
    pub(super) async fn act(&self, ledger: &Ledger, hour: usize) -> anyhow::Result<()> {
        let due = self.todo.lock().await.remove(&hour).unwrap_or_default();
        let actor = Actor::system("recruiter");
        for (id, verb) in due {
            let now = ledger.now();
            // A refusal is an answer too: the application ended meanwhile.
            match verb {
                Verb::Move { tell } => drop(ledger.move_stage(&[id], Stage::Interview, tell, &actor).await?),
                Verb::Interview => drop(ledger.interviewed(&[id], now - TimeDelta::hours(2), &actor).await?),
                Verb::Reject => drop(ledger.reject(&[id], &rejection(RejectionReason::AnotherCandidatePreferred), &actor).await?),
                Verb::Unreject => drop(ledger.unreject(&[id], &actor).await?),
                Verb::Hire => drop(ledger.hire(&[id], None, &actor).await?),
                Verb::Withdraw => drop(ledger.withdraw(&[id], true, &actor).await?),
                Verb::Postpone => {
                    drop(ledger.postpone_decision(&[id], now + TimeDelta::days(20), "The budget is decided in May.", &actor).await?);
                }
            }
        }
        // Cut off or not: whoever closes a job looks whether it is closed.
        for job in self.closures.range(..=hour).map(|(_, job)| *job) {
            let open: Vec<ApplicationId> = self.by_job.lock().await.remove(&job).unwrap_or_default();
            for chunk in open.chunks(200) {
                ledger.reject(chunk, &rejection(RejectionReason::PositionFilled), &actor).await?;
            }
        }
        Ok(())
    }
}

/// Six of ten applications are never looked at.
fn fate(dice: &impl Fn(usize) -> usize, hours: usize) -> Vec<(usize, Verb)> {
    let some = || 1 + dice(hours / 2);
    match dice(100) {
        0..60 => vec![],
        60..70 => vec![(some(), Verb::Move { tell: dice(2) == 0 })],
        70..75 => vec![(some(), Verb::Interview), (some(), Verb::Move { tell: true })],
        75..85 => vec![(some(), Verb::Reject)],
        85..91 => {
            let rejected = some();
            vec![(rejected, Verb::Reject), (rejected + 1 + dice(100), Verb::Unreject)]
        }
        91..94 => vec![(some(), Verb::Hire)],
        94..97 => vec![(some(), Verb::Withdraw)],
        _ => vec![(some(), Verb::Postpone)],
    }
}

fn rejection(reason: RejectionReason) -> Rejection {
    Rejection { reason, internal_note: None, words: None, send_after: None, exemption: None }
}

/// Every fiftieth address refuses all mail.
fn application(job: JobId, number: usize) -> Submission {
    let domain = if number % 50 == 7 { "refuses.example.net".to_owned() } else { format!("mail-{}.example.net", number % 97) };
    Submission {
        job,
        only_board: None,
        name: format!("Ada Okafor {number}"),
        email: format!("ada-{number}@{domain}").parse().expect("an address of an example domain"),
        locale: None,
        time_zone: None,
        is_test: false,
        suspected_spam: false,
        actor: Actor::system("drill"),
        idempotency: None,
        attachments: Vec::new(),
        external_id: None,
    }
}

async fn job(ledger: &Ledger, zone: &str) -> anyhow::Result<JobId> {
    let address = |text: &str| text.parse().expect("an address of an example domain");
    let board = BoardDetails {
        external_id: None,
        organisation: "Example Health".to_owned(),
        sender: address("careers@example.com"),
        sender_name: "Example Health careers".to_owned(),
        reply_to: address("people@example.com"),
        locale: "en".parse().expect("English is there"),
        time_zone: zone.parse()?,
    };
    let board = ledger.create_board(board).await?;
    let job =
        JobDetails { external_id: None, title: "Nurse".to_owned(), owner: address("owner@example.com"), manager: None, time_zone: None };
    let job = ledger.create_job(board.id, job).await?.id;
    ensure!(ledger.job(job).await?.is_some(), "a job that was made is there");
    Ok(job)
}
