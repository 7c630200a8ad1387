//! The mail server's side: a few connections, a mail at a time on each, with what Postfix pipelines.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use futures::future::try_join_all;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

use super::mails::Mail;
use crate::spread::Spread;

const PATIENCE: Duration = Duration::from_secs(60);

/// Each mail once; how long each dot waited for its answer.
pub(super) async fn deliver(to: SocketAddr, mails: &[Mail], connections: usize) -> anyhow::Result<Spread> {
    let next = AtomicUsize::new(0);
    let times = try_join_all((0..connections).map(|_| bring(to, mails, &next))).await?;
    Ok(Spread::of(times.concat()))
}

async fn bring(to: SocketAddr, mails: &[Mail], next: &AtomicUsize) -> anyhow::Result<Vec<Duration>> {
    let stream = TcpStream::connect(to).await?;
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    answer(&mut stream, "220").await?;
    stream.write_all(b"LHLO mx.example.com\r\n").await?;
    answer(&mut stream, "250").await?;
    let mut times = Vec::new();
    while let Some(Mail { sort: _, from, to, raw }) = mails.get(next.fetch_add(1, Ordering::Relaxed)) {
        stream.write_all(format!("MAIL FROM:<{from}> SIZE={}\r\nRCPT TO:<{to}>\r\nDATA\r\n", raw.len()).as_bytes()).await?;
        for code in ["250", "250", "354"] {
            answer(&mut stream, code).await?;
        }
        stream.write_all(raw).await?;
        stream.write_all(b".\r\n").await?;
        let began = Instant::now();
        answer(&mut stream, "250").await?;
        times.push(began.elapsed());
    }
    stream.write_all(b"QUIT\r\n").await?;
    Ok(times)
}

async fn answer(stream: &mut BufReader<TcpStream>, code: &str) -> anyhow::Result<()> {
    let mut line = String::new();
    loop {
        line.clear();
        timeout(PATIENCE, stream.read_line(&mut line)).await.context("no answer")??;
        ensure!(line.starts_with(code), "{} instead of {code}", line.trim_end());
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
}
