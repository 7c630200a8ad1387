//! How fast the sink takes mail from a client that does nothing but send: the ceiling of every figure measured against it.
//! `cargo run --release -p hearback-testkit --example sink_speed`
#![expect(clippy::print_stdout, reason = "the figures are this program's answer")]

use std::{io, net::SocketAddr, time::Instant};

use hearback_testkit::smtp_sink::{Keep, Script, SmtpSink};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

const MESSAGES: usize = 200_000;
const BODY_BYTES: usize = 3_000;

#[tokio::main]
async fn main() -> io::Result<()> {
    println!("{:>11}  {:>12}  {:>10}", "connections", "round trips", "messages/s");
    for connections in [1, 8, 32] {
        for pipelined in [false, true] {
            let sink = SmtpSink::start(Script::accept_all(), Keep::Identity).await?;
            let started = Instant::now();
            let mut clients = JoinSet::new();
            for client in 0..connections {
                clients.spawn(send(sink.address(), client, MESSAGES / connections, pipelined));
            }
            for outcome in clients.join_all().await {
                outcome?;
            }
            let rate = sink.accepted_count() as f64 / started.elapsed().as_secs_f64();
            println!("{connections:>11}  {:>12}  {rate:>10.0}", if pipelined { 2 } else { 4 });
        }
    }
    Ok(())
}

async fn send(sink: SocketAddr, client: usize, count: usize, pipelined: bool) -> io::Result<()> {
    let mut stream = TcpStream::connect(sink).await?;
    stream.set_nodelay(true)?;
    replies(&mut stream, 1).await?;
    let body = "Thank you for your application.\r\n".repeat(BODY_BYTES / 33);
    for number in 0..count {
        let sender = format!("MAIL FROM:<bounce+{number:026}@mail.example.com>\r\n");
        let recipient = format!("RCPT TO:<applicant{number}@example{client}.org>\r\n");
        if pipelined {
            stream.write_all([&sender, &recipient, "DATA\r\n"].concat().as_bytes()).await?;
            replies(&mut stream, 3).await?;
        } else {
            for command in [sender.as_str(), &recipient, "DATA\r\n"] {
                stream.write_all(command.as_bytes()).await?;
                replies(&mut stream, 1).await?;
            }
        }
        let content = format!("Message-ID: <{client}.{number:032}@mail.example.com>\r\nSubject: Received\r\n\r\n{body}\r\n.\r\n");
        stream.write_all(content.as_bytes()).await?;
        replies(&mut stream, 1).await?;
    }
    Ok(())
}

/// Every reply of this sink outside EHLO is one line.
async fn replies(stream: &mut TcpStream, wanted: usize) -> io::Result<()> {
    let (mut buffer, mut seen) = ([0; 512], 0);
    while seen < wanted {
        match stream.read(&mut buffer).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => seen += memchr::memchr_iter(b'\n', &buffer[..read]).count(),
        }
    }
    Ok(())
}
