//! Who applies when, and what recruiters do about it: mostly nothing.

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Context, ensure};
use chrono::TimeDelta;
use futures::future::join_all;
use hearback_domain::{
    actor::Actor,
    application::{RejectionReason, Stage},
    ids::{ApplicationId, JobId},
    random::Random,
};
use hearback_ledger::{Begin, BoardDetails, Closing, JobDetails, Ledger, Page, Rejection, Spec, Submission};
use tokio::sync::Mutex;

use super::world::World;

const JOBS: usize = 10;

/// Every fifth job is closed along the way.
const CLOSED: usize = 5;

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

/// Made whole before anything happens, from dice of its own: who applies, and what becomes of them, depends on the seed alone, however
/// often the work is cut off, and whatever the database.
pub(super) struct Plan {
    jobs: Vec<JobId>,
    /// By hour.
    arrivals: BTreeMap<usize, Vec<Arrival>>,
    /// By hour: jobs that end, until they have.
    closures: Mutex<BTreeMap<usize, JobId>>,
    /// By hour: what is to be done, until it is.
    todo: Mutex<BTreeMap<usize, VecDeque<(ApplicationId, Verb)>>>,
    /// Applications that nobody will ever look at, for jobs that nobody closes.
    pub(super) neglected: usize,
}

impl Plan {
    pub(super) async fn new(world: &World, seed: u64, applications: usize, days: usize) -> anyhow::Result<Self> {
        let mut jobs = Vec::with_capacity(JOBS);
        for zone in ["Europe/Berlin", "America/Toronto", "Asia/Tokyo", "America/Los_Angeles", "Europe/London"].iter().cycle().take(JOBS) {
            jobs.push(job(world.ledger(), zone).await?);
        }
        let random = Random::from_seed(seed ^ 0x5eed);
        let dice = |sides: usize| (random.fraction() * sides as f64) as usize;
        let closed: BTreeMap<usize, usize> =
            (0..JOBS).filter(|job| job % CLOSED == 0).map(|job| (job, days * 24 / 3 + dice(days * 8))).collect();
        let mut arrivals: BTreeMap<usize, Vec<_>> = BTreeMap::new();
        let mut neglected = 0;
        for number in 0..applications {
            let job = dice(JOBS);
            let latest = days * 24 * 2 / 3;
            let latest = closed.get(&job).map_or(latest, |hour| latest.min(*hour));
            let fate = fate(&dice, days * 24);
            neglected += usize::from(fate.is_empty() && !closed.contains_key(&job));
            arrivals.entry(dice(latest.max(1))).or_default().push(Arrival { job, number, fate });
        }
        let closures = Mutex::new(closed.into_iter().map(|(job, hour)| (hour, jobs[job])).collect());
        Ok(Self { jobs, arrivals, closures, todo: Mutex::default(), neglected })
    }

    /// Whoever applies in this hour; how many were answered.
    pub(super) async fn hour(&self, world: &mut World, hour: usize) -> anyhow::Result<usize> {
        let Some(arrivals) = self.arrivals.get(&hour) else { return Ok(0) };
        let ledger = world.ledger();
        let submitted = join_all(arrivals.iter().map(|arrival| ledger.submit(application(self.jobs[arrival.job], arrival.number)))).await;
        let mut todo = self.todo.lock().await;
        for (submitted, Arrival { job: _, number: _, fate }) in submitted.into_iter().zip(arrivals) {
            let id = submitted?.application;
            for (after, verb) in fate {
                todo.entry(hour + after).or_default().push_back((id, *verb));
            }
        }
        Ok(arrivals.len())
    }

    /// What recruiters do in this hour. It may be cut off anywhere: whoever gets no answer does it again.
    pub(super) async fn act(&self, ledger: &Ledger, hour: usize) -> anyhow::Result<()> {
        let actor = Actor::system("recruiter");
        loop {
            let next = self.todo.lock().await.get(&hour).and_then(|due| due.front().copied());
            let Some((id, verb)) = next else { break };
            let now = ledger.now();
            // A refusal is an answer too: the application ended meanwhile.
            match verb {
                Verb::Move { tell } => drop(ledger.move_stage(&[id], Stage::Interview, tell, &actor).await?),
                Verb::Interview => drop(ledger.interviewed(&[id], now - TimeDelta::hours(2), &actor).await?),
                Verb::Reject => drop(ledger.reject(&[id], &rejection(), &actor).await?),
                Verb::Unreject => drop(ledger.unreject(&[id], &actor).await?),
                Verb::Hire => drop(ledger.hire(&[id], None, &actor).await?),
                Verb::Withdraw => drop(ledger.withdraw(&[id], true, &actor).await?),
                Verb::Postpone => {
                    drop(ledger.postpone_decision(&[id], now + TimeDelta::days(20), "The budget is decided in May.", &actor).await?);
                }
            }
            if let Some(due) = self.todo.lock().await.get_mut(&hour) {
                due.pop_front();
            }
        }
        loop {
            let next = self.closures.lock().await.range(..=hour).next().map(|(planned, job)| (*planned, *job));
            let Some((planned, job)) = next else { return Ok(()) };
            close(ledger, job, &actor).await?;
            self.closures.lock().await.remove(&planned);
        }
    }
}

/// As people do: with a look at whom it reaches, and a confirmation that they looked.
async fn close(ledger: &Ledger, job: JobId, actor: &Actor) -> anyhow::Result<()> {
    let spec = Spec::closing(job, None, Vec::new());
    let asked = Begin { spec: &spec, confirmation: None, board: None, is_test: false, actor };
    let summary =
        ledger.dry_run(asked, Page { after: None, limit: 1 }).await?.summary.context("the first part of a dry run has a summary")?;
    let closing = Closing { words: None, named: Vec::new(), archive: false, confirmation: Some(summary.confirmation) };
    ledger.close_job(job, &closing, actor).await?;
    Ok(())
}

/// Seven of ten applications are never looked at.
fn fate(dice: &impl Fn(usize) -> usize, hours: usize) -> Vec<(usize, Verb)> {
    let some = || 1 + dice(hours / 2);
    match dice(100) {
        0..70 => vec![],
        70..77 => vec![(some(), Verb::Move { tell: dice(2) == 0 })],
        77..80 => vec![(some(), Verb::Interview), (some(), Verb::Move { tell: true })],
        80..87 => vec![(some(), Verb::Reject)],
        87..91 => {
            let rejected = some();
            vec![(rejected, Verb::Reject), (rejected + 1 + dice(100), Verb::Unreject)]
        }
        91..94 => vec![(some(), Verb::Hire)],
        94..97 => vec![(some(), Verb::Withdraw)],
        _ => vec![(some(), Verb::Postpone)],
    }
}

fn rejection() -> Rejection {
    let reason = RejectionReason::AnotherCandidatePreferred;
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
