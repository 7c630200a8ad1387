//! Drill 17: reports of mail systems come in by LMTP, each five times and in parallel, while the process that takes and understands them is
//! killed at random. A report whose 250 was lost comes again, as mail servers do it: each has one effect, and none is lost.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use hearback_domain::random::Random;
use hearback_testkit::{
    database::TestDatabase,
    free_port,
    smtp_sink::{AcceptedMessage, Keep, Script, SmtpSink},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::watch,
    time::{sleep, timeout},
    try_join,
};

use crate::{
    account,
    drill::{Options, TO_REST},
    drill_01_kills::below,
    load::{Load, Then},
    organisation::Organisation,
    outcome::Outcome,
    processes::{Mail, Process, Processes, Role},
    report::delivery_status,
    tables::Tables,
};

/// How often each report comes.
const COPIES: usize = 5;

/// Connections of the mail server at once.
const CONNECTIONS: usize = 20;

const TRY_AGAIN_AFTER: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(90);
const LONGEST_PEACE: Duration = Duration::from_millis(20);

/// The last kill may meet the round that finds who is to be told; another process takes it over after a minute.
const TO_BE_TOLD: Duration = Duration::from_secs(150);

/// So many more than the next kill waits for are begun before it: however fast they are taken, it meets some on their way.
const AHEAD: usize = 5 * CONNECTIONS;

/// A mail server that delivers until it hears 250.
struct Deliveries {
    to: SocketAddr,
    begun: AtomicUsize,
    /// May be begun.
    allowed: watch::Sender<usize>,
    taken: watch::Sender<usize>,
    /// The connection broke between the dot and its answer.
    in_doubt: AtomicUsize,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let (messages, kills) = (options.count(150, 1_500), options.count(10, 50));
    let database = TestDatabase::create(options.db);
    let sink = SmtpSink::start(Script::accept_all(), Keep::Everything).await?;
    let lmtp = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
    let listen = lmtp.to_string();
    let settings = [("HEARBACK_MAIL__REPLY_DOMAIN", "replies.example.com"), ("HEARBACK_INBOUND__LISTEN", listen.as_str())];
    let processes = Processes::new(database.url(), Mail::Relay(sink.address()))?.with(&settings);
    let mut running = processes.start(Role::Everything).await?;
    let load = Load::new(Organisation::set_up(&processes).await?, messages, Then::Nothing);
    load.run().await?;
    let tables = Tables::new(options.db, database.url());
    account::at_rest(&tables, &sink, messages, TO_REST).await?;

    let sent = sink.accepted();
    let of_applicants = account::by_notification(&sent)?;
    ensure!(of_applicants.len() == messages, "{} of {messages} messages were sent", of_applicants.len());
    let reports: Vec<(String, String)> = of_applicants.values().map(|copies| report(copies[0])).collect();
    let deliveries = Deliveries::new(lmtp);
    let random = Random::from_seed(options.seed);
    let (_, in_load) = try_join!(deliveries.run(&reports), kill(&mut running, &processes, &deliveries, &random, kills, messages))?;

    let rested = at_rest(&tables, messages as i64).await?;
    let status = running.end().await?;
    ensure!(status.success(), "the process ended with {status}; it said:\n{}", running.logs());
    let count = async |query: &str| Ok::<_, anyhow::Error>(usize::try_from(tables.number(query).await?)?);
    let bounced = count("SELECT count(*) FROM notification WHERE state = 'bounced'").await?;
    let mut outcome = Outcome { answered: *deliveries.taken.borrow(), findings: processes.audit().await?, ..Outcome::default() };
    outcome.lost = messages - bounced.min(messages);
    for (what, query) in [
        ("mails are on record", "SELECT count(*) FROM inbound_mail"),
        ("of them are done with", "SELECT count(*) FROM inbound_mail WHERE state = 'done'"),
        ("messages say why they came back", "SELECT count(*) FROM try WHERE outcome = 'bounced'"),
        ("promises were reopened", "SELECT count(*) FROM event WHERE kind = 'not_told'"),
        ("times a person was told", "SELECT count(*) FROM staff_cause WHERE cause = 'bounced'"),
    ] {
        let counted = count(query).await?;
        outcome.duplicates += counted.saturating_sub(messages);
        outcome.expect(counted == messages, || format!("{counted} {what}, for {messages} reports"));
    }
    let in_doubt = deliveries.in_doubt.load(Ordering::Relaxed);
    println!("  {messages} reports, {COPIES} times each; {kills} SIGKILLs, {in_load} of them before the last 250");
    println!("  {in_doubt} connections broke between the dot and its answer; at rest {:.1} s after the last 250", rested.as_secs_f64());
    outcome.expect(in_load * 2 > kills, || "most of the kills came too late to matter".to_owned());
    outcome.expect(in_doubt > 0, || "no kill met a mail between the dot and its 250".to_owned());
    Ok(outcome)
}

/// Until every report is understood, and a person is told of each.
async fn at_rest(tables: &Tables, messages: i64) -> anyhow::Result<Duration> {
    let began = Instant::now();
    loop {
        let open = tables.number("SELECT count(*) FROM inbound_mail WHERE state IN ('scheduled', 'working')").await?;
        let told = tables.number("SELECT count(*) FROM staff_cause WHERE cause = 'bounced'").await?;
        if (open == 0 && told >= messages) || began.elapsed() > TO_BE_TOLD {
            return Ok(began.elapsed());
        }
        sleep(TRY_AGAIN_AFTER).await;
    }
}

/// How many kills happened while deliveries were still to be answered.
async fn kill(
    running: &mut Process,
    processes: &Processes,
    deliveries: &Deliveries,
    random: &Random,
    kills: usize,
    messages: usize,
) -> anyhow::Result<usize> {
    let all = COPIES * messages;
    let mut moments: Vec<usize> = (0..kills).map(|_| below(random, all)).collect();
    moments.sort_unstable();
    let mut in_load = 0;
    for moment in moments {
        deliveries.allowed.send_replace(moment + AHEAD);
        // The sender is ours, so there is always one.
        let _ = deliveries.taken.subscribe().wait_for(|taken| *taken >= moment).await;
        sleep(LONGEST_PEACE.mul_f64(random.fraction())).await;
        in_load += usize::from(*deliveries.taken.borrow() < all);
        running.kill_and_restart(processes, Duration::ZERO).await.context("after a SIGKILL")?;
    }
    deliveries.allowed.send_replace(all);
    Ok(in_load)
}

/// The report about a message, and where it goes.
fn report(message: &AcceptedMessage) -> (String, String) {
    let (sender, recipient) = (&message.envelope.sender, &message.envelope.recipients[0]);
    (sender.clone(), delivery_status(sender, recipient, "failed", "5.1.1"))
}

impl Deliveries {
    fn new(to: SocketAddr) -> Self {
        let (allowed, taken) = (watch::Sender::new(0), watch::Sender::new(0));
        Self { to, begun: AtomicUsize::new(0), allowed, taken, in_doubt: AtomicUsize::new(0) }
    }

    /// The copies of one report side by side.
    async fn run(&self, reports: &[(String, String)]) -> anyhow::Result<()> {
        let copies = reports.iter().flat_map(|report| std::iter::repeat_n(report, COPIES));
        stream::iter(copies).map(|(to, report)| self.until_taken(to, report)).buffer_unordered(CONNECTIONS).try_collect().await
    }

    async fn until_taken(&self, to: &str, report: &str) -> anyhow::Result<()> {
        let before = self.begun.fetch_add(1, Ordering::Relaxed);
        // The sender is ours, so there is always one.
        let _ = self.allowed.subscribe().wait_for(|allowed| before < *allowed).await;
        let began = Instant::now();
        loop {
            let mut is_in_doubt = false;
            match timeout(Duration::from_secs(20), self.deliver(to, report, &mut is_in_doubt)).await {
                Ok(Ok(())) => {
                    self.taken.send_modify(|taken| *taken += 1);
                    return Ok(());
                }
                Ok(Err(error)) => ensure!(began.elapsed() < PATIENCE, "no 250 within {PATIENCE:?}, only {error:#}"),
                Err(_) => bail!("the listener said nothing for 20 s"),
            }
            self.in_doubt.fetch_add(usize::from(is_in_doubt), Ordering::Relaxed);
            sleep(TRY_AGAIN_AFTER).await;
        }
    }

    async fn deliver(&self, to: &str, report: &str, is_in_doubt: &mut bool) -> anyhow::Result<()> {
        let mut stream = BufReader::new(TcpStream::connect(self.to).await?);
        heard(&mut stream, "220").await?;
        for (said, expected) in [
            ("LHLO mx.example.net\r\n".to_owned(), "250"),
            ("MAIL FROM:<>\r\n".to_owned(), "250"),
            (format!("RCPT TO:<{to}>\r\n"), "250"),
            ("DATA\r\n".to_owned(), "354"),
        ] {
            stream.write_all(said.as_bytes()).await?;
            heard(&mut stream, expected).await?;
        }
        stream.write_all(format!("{report}.\r\n").as_bytes()).await?;
        *is_in_doubt = true;
        heard(&mut stream, "250").await?;
        *is_in_doubt = false;
        // What it says to this changes nothing.
        let _ = stream.write_all(b"QUIT\r\n").await;
        Ok(())
    }
}

/// The last line of an answer.
async fn heard(stream: &mut BufReader<TcpStream>, expected: &str) -> anyhow::Result<()> {
    loop {
        let mut line = String::new();
        ensure!(stream.read_line(&mut line).await? > 0, "the connection broke");
        ensure!(line.starts_with(expected), "{}", line.trim_end());
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
}
