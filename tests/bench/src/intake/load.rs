//! Applicants who apply one after the other, on connections that stay open.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::ensure;
use futures::future::try_join_all;
use tokio::{runtime::Builder, task::spawn_blocking};

use super::http::Connection;
use crate::spread::Spread;

pub(super) struct Load {
    pub(super) address: SocketAddr,
    pub(super) path: String,
    pub(super) key: String,
    pub(super) clients: usize,
    pub(super) warm_up: Duration,
    pub(super) measured: Duration,
}

pub(super) struct Answered {
    /// With 201, before and after the measured time too.
    pub(super) all: usize,
    /// Within the measured time.
    pub(super) measured: usize,
    pub(super) spread: Spread,
}

struct One {
    at: Instant,
    took: Duration,
}

impl Load {
    /// On one thread: the program and its database need the machine's cores more.
    pub(super) async fn run(self) -> anyhow::Result<Answered> {
        spawn_blocking(move || Builder::new_current_thread().enable_all().build()?.block_on(self.run_here())).await?
    }

    async fn run_here(&self) -> anyhow::Result<Answered> {
        let from = Instant::now() + self.warm_up;
        let until = from + self.measured;
        let answered: Vec<Vec<One>> = try_join_all((0..self.clients).map(|client| self.client(client, until))).await?;
        let all = answered.iter().map(Vec::len).sum();
        let within = answered.into_iter().flatten().filter(|one| (from..until).contains(&one.at));
        let times: Vec<Duration> = within.map(|one| one.took).collect();
        Ok(Answered { all, measured: times.len(), spread: Spread::of(times) })
    }

    async fn client(&self, client: usize, until: Instant) -> anyhow::Result<Vec<One>> {
        let mut connection = Connection::open(self.address).await?;
        let mut answered = Vec::new();
        while Instant::now() < until {
            let request = self.request(client, answered.len());
            let asked = Instant::now();
            let status = connection.ask(request.as_bytes()).await?;
            ensure!(status == 201, "an application was answered {status}: {}", connection.body());
            answered.push(One { at: Instant::now(), took: asked.elapsed() });
        }
        Ok(answered)
    }

    fn request(&self, client: usize, number: usize) -> String {
        let Self { address, path, key, .. } = self;
        let body = format!(r#"{{"name":"Ada Okafor","email":"ada-{client}-{number}@mail-{}.example.net"}}"#, number % 1_000);
        format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}
