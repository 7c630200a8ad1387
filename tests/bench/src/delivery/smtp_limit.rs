//! As many mails as a relay takes from clients that do nothing else: RFC 5321's commands, one after the other, on sessions that stay open.

use std::{net::SocketAddr, time::Instant};

use anyhow::ensure;
use futures::future::try_join_all;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// As many as the program opens to one relay by default, and more than that does not make it faster.
const SESSIONS: usize = 32;

/// Mails a second.
pub(super) async fn measure(relay: SocketAddr, mails: usize) -> anyhow::Result<f64> {
    let content = content();
    let began = Instant::now();
    let each = mails / SESSIONS;
    try_join_all((0..SESSIONS).map(|session| tokio::spawn(send(relay, session, each, content.clone()))).map(async |task| task.await?))
        .await?;
    Ok((each * SESSIONS) as f64 / began.elapsed().as_secs_f64())
}

async fn send(relay: SocketAddr, session: usize, mails: usize, content: String) -> anyhow::Result<()> {
    let stream = TcpStream::connect(relay).await?;
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    reply(&mut stream).await?;
    say(&mut stream, "EHLO bench.example.com\r\n").await?;
    for mail in 0..mails {
        say(&mut stream, "MAIL FROM:<people@example.com>\r\n").await?;
        say(&mut stream, &format!("RCPT TO:<ada-{session}-{mail}@mail-{}.example.net>\r\n", mail % 1_000)).await?;
        say(&mut stream, "DATA\r\n").await?;
        say(&mut stream, &format!("Message-ID: <{session}.{mail}@limit.example.com>\r\n{content}.\r\n")).await?;
    }
    say(&mut stream, "QUIT\r\n").await
}

async fn say(stream: &mut BufReader<TcpStream>, what: &str) -> anyhow::Result<()> {
    stream.get_mut().write_all(what.as_bytes()).await?;
    reply(stream).await
}

async fn reply(stream: &mut BufReader<TcpStream>) -> anyhow::Result<()> {
    let mut line = String::new();
    loop {
        line.clear();
        ensure!(stream.read_line(&mut line).await? > 0, "the relay closed the connection");
        ensure!(line.starts_with(['2', '3']), "the relay said {line}");
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
}

/// As long as an acknowledgement with its two parts.
fn content() -> String {
    let line = "Thank you for applying. A person reads what you sent, and you hear from us.\r\n";
    format!("Subject: We have your application\r\n\r\n{}", line.repeat(90))
}
