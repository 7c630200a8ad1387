//! Nobody decides: months of simulated days in which most applicants are neglected, jobs end, addresses refuse, mail is put off or lost in
//! doubt, and the work is cut off in its middle. At every hour each active application has a next word that is still to come, or one on its
//! way; in the end everybody was told in time how it ended, or honestly that it has not.

mod post;
mod recruiter;
mod world;

use anyhow::ensure;
use chrono::TimeDelta;
use hearback_domain::notification::{Kind, State};
use hearback_testkit::database::TestDatabase;

use self::{
    post::Return,
    recruiter::Plan,
    world::{Manners, World},
};
use crate::{drill::Options, outcome::Outcome};

/// Later than this after its date, a word that was promised is late.
const SLACK: TimeDelta = TimeDelta::hours(1);

/// The months: everything at its usual pace.
pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let (applications, days) = (options.count(300, 10_000), options.count(75, 120));
    let database = TestDatabase::create(options.db);
    let mut world = World::open(&database, options.seed, Manners::USUAL).await?;
    let plan = Plan::new(&world, options.seed, applications, days).await?;
    let mut outcome = Outcome::default();
    for hour in 0..days * 24 {
        outcome.answered += plan.hour(&mut world, hour).await?;
        let cut_off = world.hour(&plan, hour).await?;
        let silent = world.silent().await?;
        outcome.expect(silent == 0, || format!("hour {hour}: {silent} active applications without a next word (cut off: {cut_off})"));
        if hour % 24 == 23 {
            outcome.findings += world.audit(hour).await?;
        }
        ensure!(outcome.broken.len() < 20, "it goes on like this: {:?}", outcome.broken);
    }
    world.rest(&plan).await?;
    outcome.findings += world.audit(days * 24).await?;
    let told = account(&world, &mut outcome).await?;
    outcome.duplicates = world.repeats();
    let Told { messages, outcomes, not_yet, moved, asked } = told;
    println!(
        "  {applications} applications over {days} days, {} of them never looked at; work cut off {} times",
        plan.neglected, world.crashes
    );
    println!("  {messages} messages told; {} mails to people of the organisation", world.staff_mails());
    println!(
        "  told an outcome: {outcomes}; told honestly that there is none yet: {not_yet}; news of another kind: {moved}; a person was asked: {asked}"
    );
    let returned = world.returned(&mut outcome).await?;
    println!("  {returned} mails came back about messages, twice each: reports, and answers of people and machines");
    let untold = world.untold_causes().await?;
    outcome.expect(untold == 0, || format!("{untold} times nobody was told that a person is needed"));
    // Mostly neglect, and everything else too.
    outcome.expect(not_yet > outcomes && outcomes > 0 && asked > 0, || "not everything happened".to_owned());
    let reachable = plan.neglected - asked.min(plan.neglected);
    outcome.expect(not_yet >= reachable, || format!("{} were neglected, and only {not_yet} were told so", plan.neglected));
    outcome.expect(world.crashes > days / 4, || format!("work was cut off only {} times", world.crashes));
    Ok(outcome)
}

/// Drill 18: five days in which a third of all domains put everything off, and much is refused or held. Every message ends or has a time.
pub(crate) async fn run_five_days(options: &Options) -> anyhow::Result<Outcome> {
    const DAYS: usize = 5;
    let applications = options.count(300, 3_000);
    let database = TestDatabase::create(options.db);
    let mut world = World::open(&database, options.seed, Manners::TERRIBLE).await?;
    let plan = Plan::new(&world, options.seed, applications, DAYS).await?;
    let mut outcome = Outcome::default();
    for hour in 0..DAYS * 24 {
        outcome.answered += plan.hour(&mut world, hour).await?;
        world.hour(&plan, hour).await?;
    }
    world.settle_down().await?;
    let came_back = world.post.returned();
    let mut counts = [0_usize; State::ALL.len()];
    let now = world.now();
    for application in world.applications().await? {
        for message in world.ledger().notifications(application).await? {
            counts[State::ALL.iter().position(|state| *state == message.state).unwrap_or_default()] += 1;
            let has_a_time = match message.state {
                State::Sent | State::Bounced | State::Undeliverable | State::Cancelled | State::Held | State::Waiting => true,
                // At the latest in the longest pause of the ladder, or when its undo window ends.
                State::Scheduled => message.next_try_at.is_some_and(|at| at <= now.max(message.send_after) + TimeDelta::hours(5)),
                State::Sending => false,
            };
            outcome.expect(has_a_time, || format!("{} is {} without a time", message.id, message.state));
            let is_noticed = came_back.get(&message.id) != Some(&Return::Bounce)
                // What was in doubt when it came back may have been refused or held since.
                || matches!(message.state, State::Bounced | State::Undeliverable | State::Held);
            outcome.expect(is_noticed, || format!("{} came back, and is {}", message.id, message.state));
        }
    }
    outcome.findings += world.audit(DAYS * 24).await?;
    let named: Vec<String> =
        State::ALL.iter().zip(counts).filter(|(_, count)| *count > 0).map(|(state, count)| format!("{count} {state}")).collect();
    let returned = world.returned(&mut outcome).await?;
    println!("  {returned} mails came back about messages, twice each: reports, and answers of people and machines");
    println!("  {applications} applications in {DAYS} days, work cut off {} times: {}", world.crashes, named.join(", "));
    let count = |state: State| counts[State::ALL.iter().position(|one| *one == state).unwrap_or_default()];
    let all = [State::Sent, State::Scheduled, State::Undeliverable, State::Held, State::Bounced].iter().all(|state| count(*state) > 0);
    outcome.expect(all, || "not everything happened, so nothing is proved".to_owned());
    Ok(outcome)
}

/// What everybody was told.
#[derive(Debug, Default)]
struct Told {
    messages: usize,
    outcomes: usize,
    /// By a note, or by the message that the time for a decision is over.
    not_yet: usize,
    /// Neither: the news that they moved on began their time anew.
    moved: usize,
    /// The address refuses: a person of the organisation was told so.
    asked: usize,
}

/// Each applicant by what a relay took for them.
async fn account(world: &World, outcome: &mut Outcome) -> anyhow::Result<Told> {
    let mut told = Told::default();
    for id in world.applications().await? {
        let Some(application) = world.ledger().application(id).await? else { continue };
        let messages = world.ledger().notifications(id).await?;
        let sent: Vec<_> = messages.iter().filter(|message| message.state == State::Sent).collect();
        told.messages += sent.len();
        if messages.iter().any(|message| matches!(message.state, State::Undeliverable | State::Bounced)) {
            told.asked += 1;
            continue;
        }
        let acknowledged = sent.iter().any(|message| message.kind == Kind::Received);
        let ended = application.standing.status.is_final();
        // A withdrawal is known to whoever withdrew; everything else is known from a message.
        let knows = application.standing.shown_status == application.standing.status;
        let owed_still = messages.iter().any(|message| message.state.is_open());
        match (acknowledged, ended, knows) {
            (true, true, true) => told.outcomes += 1,
            (true, false, true) if sent.iter().any(|message| matches!(message.kind, Kind::StillConsidering | Kind::NoDecision)) => {
                told.not_yet += 1
            }
            (true, false, true) => told.moved += 1,
            // Decided within the last days: its window is not over.
            (true, _, false) if owed_still => {}
            _ => {
                outcome.lost += 1;
                outcome.expect(false, || {
                    format!("{id} is {} and was told {:?}", application.standing.status, application.standing.shown_status)
                });
            }
        }
        // Every date that the applicant read was kept: the next word was there by then.
        let mut times: Vec<_> = sent.iter().filter_map(|message| message.settled_at).collect();
        times.sort_unstable();
        for message in &sent {
            let (Some(at), Some(by)) = (message.settled_at, message.promised_by) else { continue };
            let next = times.iter().find(|time| **time > at);
            let kept = by + SLACK >= world.now() || ended && knows && next.is_none() || next.is_some_and(|next| *next <= by + SLACK);
            outcome.expect(kept, || format!("{id}: {} promised a word by {by}, and the next came {next:?}", message.kind));
        }
    }
    Ok(told)
}
