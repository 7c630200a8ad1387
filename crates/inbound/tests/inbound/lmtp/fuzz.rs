//! Dialogues that no mail server would begin. Every one ends, holds nothing afterwards, keeps only what it says it kept, and does not
//! depend on where the network cuts it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    time::Duration,
};

use hearback_inbound::lmtp::{Intake, Limits, Peer, Received, Server, StoreError, Stored, Verdict};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, duplex, split},
    runtime::Builder,
    task::yield_now,
    time::timeout,
};

use super::PATIENCE;
use crate::{
    dice::{Dice, for_a_while},
    memory::peak,
};

const COMMANDS: &[&str] = &[
    "LHLO mx.example\r\n",
    "EHLO mx.example\r\n",
    "MAIL FROM:<ada@one.example>\r\n",
    "MAIL FROM:<> SIZE=300 BODY=8BITMIME SMTPUTF8\r\n",
    "MAIL FROM:<> SIZE=99999\r\n",
    "MAIL FROM:<\"a>b\"@one.example>\r\n",
    "RCPT TO:<reply+abc@jobs.example>\r\n",
    "RCPT TO:<bounce+abc@jobs.example>\r\n",
    "RCPT TO:<later@jobs.example>\r\n",
    "DATA\r\n",
    ".\r\n",
    "\r\n.\r\n",
    "RSET\r\n",
    "NOOP\r\n",
    "VRFY x\r\n",
    "HELP\r\n",
    "QUIT\r\n",
    "BDAT 10 LAST\r\n",
    "HONK\r\n",
];

const PIECES: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    ".",
    "\r\n.",
    "\n.\n",
    "\n.\r\n",
    "\r.\r",
    "\r\n.\r\r\n",
    "\0",
    " ",
    "<",
    ">",
    "\"",
    "\\",
    ":",
    "@",
    "\u{e9}",
    "x",
    "SIZE=",
    "FROM:<",
    "TO:<",
];

fn bytes(dice: &mut Dice) -> Vec<u8> {
    let mut sent = if dice.below(8) > 0 { b"LHLO mx.example\r\n".to_vec() } else { Vec::new() };
    for _ in 0..dice.below(12) {
        match dice.below(10) {
            0..6 => {
                sent.extend_from_slice(dice.pick(&COMMANDS[2..6]).as_bytes());
                for _ in 0..dice.below(5) {
                    sent.extend_from_slice(dice.pick(&COMMANDS[6..9]).as_bytes());
                }
                sent.extend_from_slice(b"DATA\r\n");
                for _ in 0..dice.below(6) {
                    sent.extend(dice.pick(PIECES).repeat(1 + dice.below(5)).bytes());
                }
                sent.extend_from_slice(b"\r\n.\r\n");
            }
            6 | 7 => sent.extend_from_slice(dice.pick(COMMANDS).as_bytes()),
            8 => sent.extend(dice.pick(PIECES).repeat(1 + dice.below(3000)).bytes()),
            _ => sent.extend(dice.pick(COMMANDS).repeat(1 + dice.below(250)).bytes()),
        }
    }
    for _ in 0..dice.below(4) {
        let at = dice.below(sent.len() + 1);
        match dice.below(4) {
            0 => {
                if let Some(byte) = sent.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
            }
            1 => drop(sent.splice(at..at, dice.pick(PIECES).bytes())),
            2 => drop(sent.drain(at..(at + dice.below(30)).min(sent.len()))),
            _ => sent.truncate(at),
        }
    }
    sent
}

/// Keeps or not as the length says, so that two runs do the same.
#[derive(Clone, Default)]
struct Keeps(Arc<Mutex<Vec<(Received, usize)>>>);

impl Intake for Keeps {
    async fn accept_recipient(&self, _from: &str, recipient: &str) -> Verdict {
        yield_now().await;
        if recipient.starts_with("later") { Verdict::Later } else { Verdict::of(recipient, |_| false) }
    }

    async fn store(&self, received: Received) -> Result<Stored, StoreError> {
        yield_now().await;
        let failed = match received.raw.len() % 7 {
            0 => return Err(StoreError::new("not today")),
            1 => vec![(0, StoreError::new("not this one"))],
            _ => Vec::new(),
        };
        let mut kept = self.0.lock().unwrap();
        kept.push((received, failed.len()));
        Ok(Stored::for_some(format!("mail-{}", kept.len()), failed))
    }
}

/// Bytes of up to six dialogues with their clients: what those say and hear is most of it.
const MOST: usize = 16 << 20;

const SOON: Duration = Duration::from_millis(5);

fn limits() -> Limits {
    Limits {
        mail: 1_500,
        in_flight: 3_000,
        line: 1_000,
        commands_without_mail: 150,
        bad_commands: 8,
        idle: PATIENCE,
        command: PATIENCE,
        data: PATIENCE,
        ..Limits::default()
    }
}

/// Everything that was said, when the bytes come in pieces of up to so many.
async fn said(server: &Server<Keeps>, sent: &[u8], dice: &mut Dice, piece: usize, hangs_up: bool) -> String {
    let (ours, theirs) = duplex(1 + dice.below(piece));
    let client = async move {
        let (mut read, mut write) = split(theirs);
        let mut said = String::new();
        let writing = async {
            let mut at = 0;
            while at < sent.len() {
                let end = (at + 1 + dice.below(piece)).min(sent.len());
                if write.write_all(&sent[at..end]).await.is_err() {
                    break;
                }
                at = end;
            }
            if hangs_up {
                let _gone = write.shutdown().await;
            }
        };
        tokio::join!(writing, async { read.read_to_string(&mut said).await.unwrap() });
        said
    };
    let ((), said) =
        timeout(PATIENCE, async { tokio::join!(server.converse(ours, Peer::Unix), client) }).await.expect("every dialogue ends");
    said
}

/// What some clients heard. `is_whole`: none was too slow to hear everything.
fn check(server: &Server<Keeps>, keeps: &Keeps, heard: &[&str], is_whole: bool) {
    let mut said = Vec::new();
    for heard in heard {
        assert!(!is_whole || heard.is_empty() || heard.ends_with('\n'), "{heard}");
        said.extend(heard.split_inclusive('\n').filter_map(|line| line.strip_suffix("\r\n")));
    }
    for line in &said {
        let (code, rest) = line.split_at(3);
        assert!(code.parse::<u16>().is_ok_and(|code| (200..600).contains(&code)), "{line}");
        assert!(rest.starts_with([' ', '-']) && line.is_ascii(), "{line}");
    }
    for (number, (mail, failed)) in keeps.0.lock().unwrap().iter().enumerate() {
        assert!(mail.raw.len() <= server.limits().mail && mail.raw.capacity() <= server.limits().in_flight);
        assert!((1..=100).contains(&mail.recipients.len()));
        let id = format!("250 2.0.0 Ok: stored as mail-{}", number + 1);
        let (heard, kept) = (said.iter().filter(|line| **line == id).count(), mail.recipients.len() - failed);
        assert!(heard == kept || heard < kept && !is_whole, "{heard} of {kept}: {id}");
    }
    assert_eq!(server.in_flight(), 0);
}

/// Whatever stands between a DATA and the next dot. A letter a byte, so that lines can be split like text.
fn mails_in(sent: &[u8]) -> Vec<Vec<u8>> {
    let text: String = sent.iter().map(|byte| char::from(*byte)).collect();
    let lines: Vec<&str> = text.split("\r\n").collect();
    let is_data = |line: &str| line.rsplit('\n').next().is_some_and(|line| line.trim_end_matches(' ').eq_ignore_ascii_case("DATA"));
    let mut mails = Vec::new();
    for (at, _) in lines.iter().enumerate().filter(|(_, line)| is_data(line)) {
        let behind = &lines[at + 1..];
        // The last piece has no line end.
        let Some(end) = behind.iter().position(|line| *line == ".").filter(|end| end + 1 < behind.len()) else { continue };
        let mail = behind[..end].iter().map(|line| format!("{}\r\n", line.strip_prefix('.').unwrap_or(line))).collect::<String>();
        mails.push(mail.chars().map(|letter| u8::try_from(letter).unwrap()).collect());
    }
    mails
}

async fn run(seed: u64) {
    let mut dice = Dice::new(seed);
    let sent = bytes(&mut dice);
    let server = |limits| {
        let keeps = Keeps::default();
        (Server::new("jobs.example", limits, keeps.clone()).unwrap(), keeps)
    };
    let (whole, kept_whole) = server(limits());
    let at_once = said(&whole, &sent, &mut dice, 64 << 10, true).await;
    check(&whole, &kept_whole, &[&at_once], true);

    let could_be = mails_in(&sent);
    for (mail, _) in kept_whole.0.lock().unwrap().iter() {
        assert!(could_be.contains(&mail.raw), "what stands between DATA and the dot is something else");
    }

    let piece = [1, 5, 50, 500][dice.below(4)];
    let (cut, kept_cut) = server(limits());
    let in_pieces = said(&cut, &sent, &mut dice, piece, true).await;
    check(&cut, &kept_cut, &[&in_pieces], true);
    // What stands behind a DATA that is refused ends a dialogue, if it is there already: that is the network's doing.
    let is_out_of_step = |said: &str| said.contains("421 4.5.0 ");
    if !is_out_of_step(&at_once) && !is_out_of_step(&in_pieces) {
        assert_eq!(at_once, in_pieces);
        assert_eq!(*kept_whole.0.lock().unwrap(), *kept_cut.0.lock().unwrap());
    }

    match seed % 16 {
        // Three at once, with room for less than two mails.
        0 => {
            let (shared, keeps) = server(Limits { command: SOON, ..limits() });
            let [mut one, mut two, mut three] = [Dice::new(seed + 1), Dice::new(seed + 2), Dice::new(seed + 3)];
            let (more, most) = (bytes(&mut one), bytes(&mut two));
            let all = tokio::join!(
                said(&shared, &sent, &mut three, piece, true),
                said(&shared, &more, &mut one, piece, true),
                said(&shared, &most, &mut two, piece, true),
            );
            check(&shared, &keeps, &[&all.0, &all.1, &all.2], false);
        }
        // It stays and waits for more.
        1 => {
            let (patient, keeps) = server(Limits { idle: SOON, command: SOON, ..limits() });
            let said = said(&patient, &sent, &mut dice, piece, false).await;
            check(&patient, &keeps, &[&said], false);
        }
        _ => {}
    }
}

#[test]
fn fuzz() {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let mut most = 0;
    for_a_while("dialogues", |seed| {
        let (outcome, taken) = peak(|| catch_unwind(AssertUnwindSafe(|| runtime.block_on(run(seed)))));
        most = most.max(taken);
        assert!(taken < MOST, "a dialogue took {taken} bytes; repeat with HEARBACK_FUZZ_SEED={seed}");
        assert!(outcome.is_ok(), "a dialogue failed; repeat with HEARBACK_FUZZ_SEED={seed}");
    });
    #[expect(clippy::print_stdout, reason = "what a longer run is for")]
    {
        println!("at most {most} bytes for one dialogue");
    }
}
