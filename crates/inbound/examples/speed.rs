//! Mails a second: understood on one core, and received over the loopback interface by an intake that keeps nothing.

use std::{
    fs, io,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use hearback_inbound::{
    explain,
    lmtp::{Address, Intake, Limits, Listener, Received, Server, StoreError, Stored},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    task::JoinSet,
};

const FOR: Duration = Duration::from_secs(2);
/// As many as Postfix opens.
const CONNECTIONS: usize = 20;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::stdout().lock();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut all = Vec::new();
    for folder in ["mails/bounce", "mails/automatic", "replies"] {
        let mails = read(&tests.join(folder))?;
        print(&mut out, &format!("understood, tests/{folder}"), &mails, understand(&mails))?;
        all.extend(mails);
    }
    // A long thread, quoted to its end.
    let quoted = "> We would like to invite you to a second interview on Monday, at the office or by video call.\n".repeat(300);
    let long = vec![format!("From: ada@one.example\nSubject: Re: Interview\n\nYes, Monday is fine.\n\nOn Tue, Nov 24, 2026 at 10:00 AM Jobs <jobs@x.example> wrote:\n{quoted}").into_bytes()];
    print(&mut out, "understood, a reply to a long thread", &long, understand(&long))?;
    print(&mut out, "received by LMTP", &all, receive(&all).await?)?;
    Ok(())
}

fn print(out: &mut impl Write, what: &str, mails: &[Vec<u8>], a_second: f64) -> io::Result<()> {
    let bytes = mails.iter().map(Vec::len).sum::<usize>() / mails.len();
    writeln!(out, "{what}: {a_second:.0} mails/s, of {bytes} bytes on average")
}

/// The mails of the tests, without what is expected of them.
fn read(folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut mails = Vec::new();
    for file in fs::read_dir(folder)? {
        let case = fs::read_to_string(file?.path())?;
        mails.push(case.split("===== expected").next().unwrap_or_default().replace("\r\n", "\n").replace('\n', "\r\n").into_bytes());
    }
    Ok(mails)
}

fn understand(mails: &[Vec<u8>]) -> f64 {
    let started = Instant::now();
    let mut count = 0_u32;
    while started.elapsed() < FOR {
        for mail in mails {
            std::hint::black_box(explain(mail));
            count += 1;
        }
    }
    f64::from(count) / started.elapsed().as_secs_f64()
}

struct Nowhere;

impl Intake for Nowhere {
    async fn store(&self, _mail: Received) -> Result<Stored, StoreError> {
        Ok(Stored::for_all("1"))
    }
}

async fn receive(mails: &[Vec<u8>]) -> Result<f64, Box<dyn std::error::Error>> {
    let limits = Limits { mails_a_minute: u32::MAX, ..Limits::default() };
    let listener = Listener::bind(&"127.0.0.1:0".parse()?, Server::new("jobs.example", limits, Nowhere)?).await?;
    let address = listener.address().clone();
    let listening = tokio::spawn(listener.run(std::future::pending()));
    let started = Instant::now();
    let mut senders = JoinSet::new();
    for _ in 0..CONNECTIONS {
        senders.spawn(send(address.clone(), mails.to_vec(), started));
    }
    let mut count = 0;
    while let Some(sent) = senders.join_next().await {
        count += sent??;
    }
    let a_second = f64::from(count) / started.elapsed().as_secs_f64();
    listening.abort();
    Ok(a_second)
}

/// As Postfix does it: the commands at once, then the mail.
async fn send(address: Address, mails: Vec<Vec<u8>>, started: Instant) -> io::Result<u32> {
    let Address::Tcp(address) = address else { return Err(io::ErrorKind::Unsupported.into()) };
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    hear(&mut stream, "220 ").await?;
    stream.write_all(b"LHLO mx.example\r\n").await?;
    hear(&mut stream, "250 SIZE").await?;
    let mut count = 0;
    while started.elapsed() < FOR {
        for mail in &mails {
            let commands = format!("MAIL FROM:<ada@one.example> SIZE={}\r\nRCPT TO:<reply+abc@jobs.example>\r\nDATA\r\n", mail.len());
            stream.write_all(commands.as_bytes()).await?;
            hear(&mut stream, "354 ").await?;
            let stuffed = String::from_utf8_lossy(mail).replace("\r\n.", "\r\n..") + "\r\n.\r\n";
            stream.write_all(stuffed.as_bytes()).await?;
            hear(&mut stream, "250 2.0.0 ").await?;
            count += 1;
        }
    }
    Ok(count)
}

async fn hear(stream: &mut BufReader<TcpStream>, expected: &str) -> io::Result<()> {
    let mut line = String::new();
    while !line.starts_with(expected) {
        line.clear();
        if stream.read_line(&mut line).await? == 0 || line.starts_with(['4', '5']) {
            return Err(io::Error::other(format!("`{line}` instead of `{expected}`")));
        }
    }
    Ok(())
}
