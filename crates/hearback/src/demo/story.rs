//! What happens, act by act.

use std::{
    io::{self, Write},
    time::Duration,
};

use futures::future::try_join_all;
use hearback_domain::ids::{ApplicationId, JobId};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{
    cast::{ORGANISATION, PEOPLE, Part, Person, Post, with},
    place::{Place, UNDO_WINDOW},
    worker::Worker,
};
use crate::terminal::Paint;

/// Longer than anything here takes, unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(20);

const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The end of the story.
pub(super) struct Told {
    pub(super) applications: Vec<(&'static Person, ApplicationId)>,
    pub(super) worker: Worker,
    /// Messages that were owed while nobody could send them.
    pub(super) owed_without_worker: usize,
}

struct Stage<'a> {
    place: &'a Place,
    librarian: JobId,
    mechanic: JobId,
    applications: Vec<(&'static Person, ApplicationId)>,
    paint: Paint,
    acts: u32,
}

pub(super) async fn tell(place: &Place, paint: Paint) -> anyhow::Result<Told> {
    let worker = place.start_worker()?;
    let client = place.client();
    let board = client.create_board().await?;
    let [librarian, mechanic] = [client.create_job(board, Post::Librarian).await?, client.create_job(board, Post::Mechanic).await?];
    let mut stage = Stage { place, librarian, mechanic, applications: Vec::new(), paint, acts: 0 };
    let [first, second] = [Post::Librarian, Post::Mechanic].map(Post::title);
    stage.say(&format!("{ORGANISATION} looks for a {first} and a {second}"), "")?;

    stage.people_apply().await?;
    stage.recruiters_decide().await?;
    stage.one_rejection_is_taken_back().await?;
    let owed_without_worker = stage.the_worker_is_killed(worker).await?;
    let worker = stage.a_new_worker_starts().await?;
    stage.it_ends().await?;
    Ok(Told { applications: stage.applications, worker, owed_without_worker })
}

impl Stage<'_> {
    async fn people_apply(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        let early: Vec<_> = PEOPLE.iter().filter(|person| person.part != Part::Late).collect();
        let made = try_join_all(early.iter().map(|person| self.apply(person))).await?;
        self.applications.extend(made);
        let stored = began.elapsed();
        self.until_settled().await?;
        let result = format!("on disk after {}, every acknowledgement out after {}", shown(stored), shown(began.elapsed()));
        self.say(&format!("{} people apply at the same moment", early.len()), &result)
    }

    async fn recruiters_decide(&mut self) -> anyhow::Result<()> {
        for part in [Part::Hired, Part::Interviewed] {
            self.act(part, "move", json!({ "stage": "interview", "tell": true })).await?;
        }
        self.act(Part::MovedQuietly, "move", json!({ "stage": "review", "tell": false })).await?;
        let words =
            "Your workshop test was the best of the day. You miss the driving licence that this round needs; please apply again with one.";
        let with_words = json!({ "reason": "requirements_not_met", "words": words, "internal_note": "Keep for the depot." });
        self.act(Part::RejectedWithWords, "reject", with_words).await?;
        for part in [Part::Rejected, Part::TakenBack] {
            self.act(part, "reject", json!({ "reason": "another_candidate_preferred" })).await?;
        }
        let window = format!("here a rejection goes out after {} s, by default after 2 working days", UNDO_WINDOW.num_seconds());
        self.say("2 are invited, 1 is moved on quietly, 4 are rejected", &window)
    }

    async fn one_rejection_is_taken_back(&mut self) -> anyhow::Result<()> {
        self.act(Part::TakenBack, "unreject", json!({})).await?;
        let who = with(Part::TakenBack).map(|person| person.name).collect::<String>();
        self.say("1 of the rejections was a mistake and is taken back", &format!("{who} never hears of it"))
    }

    /// How many messages are owed then.
    async fn the_worker_is_killed(&mut self, worker: Worker) -> anyhow::Result<usize> {
        let mut late = with(Part::Late);
        let first = late.next().expect("somebody is late");
        // Its acknowledgement is being sent, or about to be, as the worker dies.
        let made = self.apply(first).await?;
        self.applications.push(made);
        let status = worker.kill().await?;
        let made = try_join_all(late.map(|person| self.apply(person))).await?;
        self.applications.extend(made);
        let owed = self.owed().await?;
        self.say(
            "The worker is killed while 4 more apply",
            &format!("{status}; {owed} messages are owed and nobody is there to send them"),
        )?;
        Ok(owed)
    }

    async fn a_new_worker_starts(&mut self) -> anyhow::Result<Worker> {
        let began = Instant::now();
        let worker = self.place.start_worker()?;
        self.until_settled().await?;
        self.say("A new worker starts", &format!("nothing is owed any more after {}", shown(began.elapsed())))?;
        Ok(worker)
    }

    async fn it_ends(&mut self) -> anyhow::Result<()> {
        self.act(Part::Hired, "hire", json!({ "words": "The whole team looks forward to the story hour." })).await?;
        self.act(Part::Withdraws, "withdraw", json!({})).await?;
        self.until_settled().await?;
        self.say("1 is hired, 1 withdraws", "both have it in writing")
    }

    async fn apply(&self, person: &'static Person) -> anyhow::Result<(&'static Person, ApplicationId)> {
        let job = match person.job {
            Post::Librarian => self.librarian,
            Post::Mechanic => self.mechanic,
        };
        Ok((person, self.place.client().apply(job, person).await?))
    }

    async fn act(&self, part: Part, verb: &str, body: serde_json::Value) -> anyhow::Result<()> {
        for (_, application) in self.applications.iter().filter(|(person, _)| person.part == part) {
            self.place.client().act(*application, verb, body.clone()).await?;
        }
        Ok(())
    }

    async fn owed(&self) -> anyhow::Result<usize> {
        let mut owed = 0;
        for (_, application) in &self.applications {
            let notifications = self.place.ledger().notifications(*application).await?;
            owed += notifications.iter().filter(|message| message.state.is_open()).count();
        }
        Ok(owed)
    }

    async fn until_settled(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            let owed = self.owed().await?;
            if owed == 0 {
                return Ok(());
            }
            anyhow::ensure!(began.elapsed() < PATIENCE, "{owed} messages are still owed after {PATIENCE:?}");
            sleep(LOOK_AGAIN).await;
        }
    }

    fn say(&mut self, what: &str, result: &str) -> anyhow::Result<()> {
        self.acts += 1;
        writeln!(io::stdout(), "{:>2}. {what:<56}  {}", self.acts, self.paint.dim(result))?;
        Ok(())
    }
}

fn shown(took: Duration) -> String {
    if took < Duration::from_secs(1) { format!("{} ms", took.as_millis()) } else { format!("{:.1} s", took.as_secs_f64()) }
}
