use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use super::{Answer, Fault, Keep, Script, SmtpSink, Stage};

const SOON: Duration = Duration::from_secs(10);

/// A client that says what it is told to, byte by byte if need be.
struct Client(BufReader<TcpStream>);

impl Client {
    async fn connect(sink: &SmtpSink) -> Self {
        Self(BufReader::new(TcpStream::connect(sink.address()).await.unwrap()))
    }

    async fn greeted(sink: &SmtpSink) -> Self {
        let mut client = Self::connect(sink).await;
        assert_eq!(client.code().await, "220");
        client
    }

    async fn say(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).await.unwrap();
    }

    /// The code of the next whole reply; empty when the sink has closed the connection.
    async fn code(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            if line.is_empty() || line.as_bytes()[3] == b' ' {
                return line.chars().take(3).collect();
            }
        }
    }

    async fn codes<const N: usize>(&mut self) -> [String; N] {
        let mut codes = [const { String::new() }; N];
        for code in &mut codes {
            *code = self.code().await;
        }
        codes
    }

    async fn is_closed(&mut self) -> bool {
        self.0.read(&mut [0]).await.unwrap() == 0
    }
}

fn message(id: u32) -> String {
    format!("MAIL FROM:<board@example.com>\r\nRCPT TO:<ada@example.org>\r\nDATA\r\nMessage-ID: <{id}@example.com>\r\n\r\nDear Ada\r\n.\r\n")
}

#[tokio::test]
async fn an_accepted_message_is_kept_with_its_envelope() {
    let sink = SmtpSink::start(Script::accept_all(), Keep::Everything).await.unwrap();
    let mut client = Client::greeted(&sink).await;
    client.say("EHLO me\r\n").await;
    assert_eq!(client.code().await, "250");
    for command in ["MAIL FROM:<board@example.com>", "RCPT TO:<ada@example.org>", "RCPT TO:<bob@example.org>"] {
        client.say(&format!("{command}\r\n")).await;
        assert_eq!(client.code().await, "250");
    }
    client.say("DATA\r\n").await;
    assert_eq!(client.code().await, "354");
    client.say("Message-ID: <1@example.com>\r\n\r\n..stuffed\r\n.\r\nQUIT\r\n").await;
    assert_eq!(client.codes().await, ["250", "221"]);
    assert!(client.is_closed().await);

    let [accepted] = &sink.accepted()[..] else { panic!("one message was sent") };
    assert_eq!(accepted.message_id, "<1@example.com>");
    assert_eq!(accepted.envelope.sender, "board@example.com");
    assert_eq!(accepted.envelope.recipients, ["ada@example.org", "bob@example.org"]);
    assert_eq!(accepted.content, b"Message-ID: <1@example.com>\r\n\r\n.stuffed\r\n");
}

#[tokio::test]
async fn pipelined_messages_are_told_apart_wherever_the_network_cuts_them() {
    let sink = SmtpSink::start(Script::accept_all(), Keep::Identity).await.unwrap();
    let mut client = Client::greeted(&sink).await;
    client.0.get_ref().set_nodelay(true).unwrap();
    let all = [message(1), message(2), "MAIL FROM:<>\r\nRCPT TO:<a@b.c>\r\nDATA\r\n.\r\n".to_owned(), message(1)].concat();
    for byte in all.as_bytes().chunks(1) {
        client.0.get_mut().write_all(byte).await.unwrap();
    }
    client.say(&all).await;
    sink.wait_for(8, SOON).await.unwrap();
    let counts = sink.count_by_message_id();
    assert_eq!((counts["<1@example.com>"], counts["<2@example.com>"], counts[""]), (4, 2, 2));
    let accepted = sink.accepted();
    assert!(accepted.iter().all(|message| message.content.is_empty() && message.envelope.recipients.len() == 1));
    assert_eq!(accepted[0].envelope.recipients, ["ada@example.org"]);
}

#[tokio::test]
async fn a_refusal_at_each_stage_takes_nothing_and_lets_the_session_go_on() {
    for (stage, replies) in [
        (Stage::Mail, ["451", "503", "503"].as_slice()),
        (Stage::Rcpt, &["250", "451", "503"]),
        (Stage::Data, &["250", "250", "451"]),
        (Stage::Dot, &["250", "250", "354", "451"]),
    ] {
        let answer = Answer::reply(451, "4.3.0 Later");
        let sink = SmtpSink::start(Script::random(1, vec![Fault { stage, answer, share: 1.0 }]), Keep::default()).await.unwrap();
        let mut client = Client::greeted(&sink).await;
        for (command, reply) in ["MAIL FROM:<a@b.c>\r\n", "RCPT TO:<d@e.f>\r\n", "DATA\r\n", "\r\n.\r\n"].iter().zip(replies) {
            client.say(command).await;
            assert_eq!(client.code().await, *reply, "{command} at {stage:?}");
        }
        assert_eq!((sink.accepted_count(), sink.faults()), (0, 1));
        sink.set_script(Script::accept_all());
        client.say(&format!("RSET\r\n{}", message(1))).await;
        assert_eq!(client.codes().await, ["250", "250", "250", "354", "250"], "{stage:?}");
        assert_eq!(sink.accepted_count(), 1);
    }
}

#[tokio::test]
async fn a_dropped_connection_says_whether_the_message_was_taken() {
    for (answer, taken, heard) in [
        (Answer::Drop, 0, ""),
        (Answer::AcceptThenDrop, 1, ""),
        (Answer::ReplyThenDrop(421, "4.3.2 Closing".to_owned()), 0, "421"),
        (Answer::ReplyThenDrop(250, "2.0.0 Ok".to_owned()), 1, "250"),
    ] {
        let given = answer.clone();
        let script = Script::from_fn(move |moment| if moment.stage == Stage::Dot { given.clone() } else { Answer::Accept });
        let sink = SmtpSink::start(script, Keep::default()).await.unwrap();
        let mut client = Client::greeted(&sink).await;
        client.say(&message(1)).await;
        assert_eq!(client.codes().await, ["250", "250", "354", heard], "{answer:?}");
        assert!(client.is_closed().await);
        assert_eq!(sink.accepted_count(), taken, "{answer:?}");
    }
}

#[tokio::test]
async fn silence_after_the_dot_keeps_the_connection_and_not_the_message() {
    let silent = Script::from_fn(|moment| if moment.message_id.contains('1') { Answer::Silence } else { Answer::Accept });
    let sink = SmtpSink::start(silent, Keep::default()).await.unwrap();
    let mut stuck = Client::greeted(&sink).await;
    stuck.say(&message(1)).await;
    assert_eq!(stuck.codes().await, ["250", "250", "354"]);
    let mut other = Client::greeted(&sink).await;
    other.say(&message(2)).await;
    assert_eq!(other.codes().await, ["250", "250", "354", "250"]);
    stuck.say(&"NOOP\r\n".repeat(1000)).await;
    assert!(tokio::time::timeout(Duration::from_millis(50), stuck.code()).await.is_err());
    assert_eq!(sink.count_by_message_id().into_keys().collect::<Vec<_>>(), ["<2@example.com>"]);
}

#[tokio::test]
async fn a_greylisted_recipient_is_refused_once_and_then_taken() {
    let greylisted = AtomicBool::new(true);
    let script = Script::from_fn(move |moment| match moment.stage {
        Stage::Rcpt if moment.recipients == ["ada@example.org"] && greylisted.swap(false, Ordering::Relaxed) => {
            Answer::reply(450, "4.2.0 Later")
        }
        _ => Answer::Accept,
    });
    let sink = SmtpSink::start(script, Keep::default()).await.unwrap();
    let mut client = Client::greeted(&sink).await;
    client.say("MAIL FROM:<>\r\nRCPT TO:<ada@example.org>\r\nRSET\r\n").await;
    assert_eq!(client.codes().await, ["250", "450", "250"]);
    client.say(&message(1)).await;
    sink.wait_for(1, SOON).await.unwrap();
    let too_few = sink.wait_for(2, Duration::ZERO).await.unwrap_err();
    assert_eq!((too_few.accepted, too_few.wanted), (1, 2));
}

#[tokio::test]
async fn the_same_seed_gives_the_same_faults() {
    let drawn = async |seed| {
        let faults = vec![Fault { stage: Stage::Dot, answer: Answer::reply(451, "4.3.0 Later"), share: 0.3 }];
        let sink = SmtpSink::start(Script::random(seed, faults), Keep::default()).await.unwrap();
        let mut client = Client::greeted(&sink).await;
        let mut refused = Vec::new();
        for id in 0..100 {
            client.say(&message(id)).await;
            let [.., last] = client.codes::<4>().await;
            if last == "451" {
                refused.push(id);
            }
        }
        assert_eq!(sink.faults(), refused.len() as u64);
        refused
    };
    let first = drawn(7).await;
    assert!((15..45).contains(&first.len()), "{first:?}");
    assert_eq!(drawn(7).await, first);
    assert_ne!(drawn(8).await, first);
}

#[tokio::test]
async fn a_greeting_may_be_a_refusal_and_a_dropped_sink_ends_its_connections() {
    let outage = Script::from_fn(|_| Answer::ReplyThenDrop(554, "5.3.2 Not now".to_owned()));
    let sink = SmtpSink::start(outage, Keep::default()).await.unwrap();
    let mut client = Client::connect(&sink).await;
    assert_eq!(client.code().await, "554");
    assert!(client.is_closed().await);
    sink.set_script(Script::accept_all());
    let mut client = Client::greeted(&sink).await;
    assert_eq!(sink.connections(), 2);
    drop(sink);
    assert!(client.is_closed().await);
}
