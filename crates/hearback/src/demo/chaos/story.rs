//! What happens, act by act.

use std::{
    io::{self, Write},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::try_join_all;
use hearback_domain::{
    clock::{Clock, FastClock},
    ids::{ApplicationId, JobId},
    notification::State,
};
use hearback_ledger::{Ledger, Notification};
use tokio::time::{Instant, sleep};

use super::{
    super::{
        cast::{PEOPLE, Person, Post},
        client::Client,
    },
    relay::{Mood, Relay},
};
use crate::terminal::Paint;

/// Longer than anything here takes, unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(30);

const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// So many people apply in each act.
const AT_ONCE: usize = 3;

/// For how long nobody answers.
const GONE: TimeDelta = TimeDelta::minutes(4);

/// The end of the story.
pub(super) struct Told {
    pub(super) applications: Vec<(&'static Person, ApplicationId)>,
    pub(super) relay: Relay,
}

struct Stage<'a> {
    client: Client,
    ledger: &'a Ledger,
    clock: FastClock,
    relay: Relay,
    librarian: JobId,
    mechanic: JobId,
    applications: Vec<(&'static Person, ApplicationId)>,
    paint: Paint,
    acts: u32,
}

pub(super) async fn tell(client: Client, ledger: &Ledger, relay: Relay, clock: FastClock, paint: Paint) -> anyhow::Result<Told> {
    let board = client.create_board().await?;
    let [librarian, mechanic] = [client.create_job(board, Post::Librarian).await?, client.create_job(board, Post::Mechanic).await?];
    let mut stage = Stage { client, ledger, clock, relay, librarian, mechanic, applications: Vec::new(), paint, acts: 0 };
    stage.the_relay_works().await?;
    stage.it_dies().await?;
    stage.it_comes_back_and_greylists().await?;
    stage.it_hangs_after_the_dot().await?;
    stage.it_works_again().await?;
    Ok(Told { applications: stage.applications, relay: stage.relay })
}

impl Stage<'_> {
    async fn the_relay_works(&mut self) -> anyhow::Result<()> {
        self.act("Three people apply, and the relay works.")?;
        let began = Instant::now();
        self.people_apply().await?;
        self.until(|messages| messages.iter().all(|message| message.state == State::Sent)).await?;
        self.note(&format!("Each has an acknowledgement, {} ms after they applied.", began.elapsed().as_millis()))
    }

    async fn it_dies(&mut self) -> anyhow::Result<()> {
        self.act("The relay dies. Three more apply.")?;
        self.relay.die().await;
        self.people_apply().await?;
        sleep(self.clock.really(GONE)).await;
        let messages = self.messages().await?;
        let (owed, tries) = (open(&messages), messages.iter().map(|message| message.tries.len()).sum::<usize>());
        self.note(&format!(
            "All were answered 201: {owed} acknowledgements are owed, on disk, {} minutes later still.",
            GONE.num_minutes()
        ))?;
        self.note(&format!("An outage of ours is nobody's try ({tries} are on record), and no address is given up for it."))
    }

    async fn it_comes_back_and_greylists(&mut self) -> anyhow::Result<()> {
        self.act("It comes back, and greylists: everybody new is put off once. Three more apply.")?;
        let back = self.clock.now();
        self.relay.set(Mood::Greylists);
        self.relay.come_back().await?;
        self.people_apply().await?;
        let messages = self.until(|messages| open(messages) == 0).await?;
        let put_off = messages.iter().flat_map(|message| &message.tries).filter(|tried| tried.outcome == "retry").count();
        self.note(&format!("One message tried whether it was back, then the others followed. {put_off} were put off with a 450,"))?;
        self.note(&format!("tried again after about a minute, and taken: nothing is owed any more after {}.", self.since(back)))
    }

    async fn it_hangs_after_the_dot(&mut self) -> anyhow::Result<()> {
        self.act("It takes messages, and never says so. The last three apply.")?;
        self.relay.set(Mood::HangsAfterTheDot);
        self.people_apply().await?;
        let messages = self.until(|messages| messages.iter().filter(|message| message.maybe_sent).count() == AT_ONCE).await?;
        self.note(&format!("{} messages are now `maybe_sent`.", messages.iter().filter(|message| message.maybe_sent).count()))?;
        for line in [
            "",
            "The whole message went out, the dot that ends it included, and then there was silence. Perhaps the relay has",
            "the message and its answer was lost; perhaps the message was. Nobody on this side of the wire can know.",
            "To call it sent could mean that somebody is never told. To compose it anew could tell them the same twice, in two",
            "mails. So it is neither: it waits for ten minutes, and then the very same mail goes out once more, byte for byte,",
            "with the Message-ID that it had, by which mail systems can see that it is the same one.",
            "",
        ] {
            self.note(line)?;
        }
        Ok(())
    }

    async fn it_works_again(&mut self) -> anyhow::Result<()> {
        self.act("The relay works again.")?;
        let works = self.clock.now();
        self.relay.set(Mood::Works);
        self.until(|messages| open(messages) == 0).await?;
        self.note(&format!("What may have been sent was sent again: nothing is owed any more after {}.", self.since(works)))
    }

    /// The next ones of the cast.
    async fn people_apply(&mut self) -> anyhow::Result<()> {
        let next = PEOPLE.iter().skip(self.applications.len()).take(AT_ONCE);
        let apply = async |person: &'static Person| {
            let job = match person.job {
                Post::Librarian => self.librarian,
                Post::Mechanic => self.mechanic,
            };
            anyhow::Ok((person, self.client.apply(job, person).await?))
        };
        let made = try_join_all(next.map(apply)).await?;
        self.applications.extend(made);
        Ok(())
    }

    async fn messages(&self) -> anyhow::Result<Vec<Notification>> {
        let mut messages = Vec::new();
        for (_, application) in &self.applications {
            messages.extend(self.ledger.notifications(*application).await?);
        }
        Ok(messages)
    }

    async fn until(&self, there: impl Fn(&[Notification]) -> bool) -> anyhow::Result<Vec<Notification>> {
        let began = Instant::now();
        loop {
            let messages = self.messages().await?;
            if there(&messages) {
                return Ok(messages);
            }
            anyhow::ensure!(began.elapsed() < PATIENCE, "the next act does not come within {PATIENCE:?}: {messages:?}");
            sleep(LOOK_AGAIN).await;
        }
    }

    /// By the demonstration's clock.
    fn since(&self, then: DateTime<Utc>) -> String {
        let seconds = (self.clock.now() - then).num_seconds();
        format!("{} min {} s", seconds / 60, seconds % 60)
    }

    fn act(&mut self, what: &str) -> anyhow::Result<()> {
        self.acts += 1;
        writeln!(io::stdout(), "{:>2}. {}", self.acts, self.paint.bold(what))?;
        Ok(())
    }

    fn note(&self, what: &str) -> anyhow::Result<()> {
        match what {
            "" => writeln!(io::stdout())?,
            _ => writeln!(io::stdout(), "    {}", self.paint.dim(what))?,
        }
        Ok(())
    }
}

fn open(messages: &[Notification]) -> usize {
    messages.iter().filter(|message| message.state.is_open()).count()
}
