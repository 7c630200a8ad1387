//! Envelopes that go out at once (RFC 2920), to a relay that is written out word by word.

use std::{collections::VecDeque, net::SocketAddr};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use super::*;

/// No answer, and the connection stays open.
const SILENCE: &str = "silence";

/// What a relay answers to one read of the wire; a command that is not in it gets `250 ok`.
type Answers = VecDeque<(&'static str, &'static str)>;

/// Offers what it is told to, and says what it read at once.
struct Relay {
    address: SocketAddr,
    heard: mpsc::UnboundedReceiver<Vec<String>>,
}

impl Relay {
    /// `answers` are used up in their order, over all connections. An empty one closes the connection.
    async fn start(offer: &'static str, answers: impl IntoIterator<Item = (&'static str, &'static str)>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (address, (said, heard)) = (listener.local_addr().unwrap(), mpsc::unbounded_channel());
        let mut answers: Answers = answers.into_iter().collect();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // One client at a time is all that these tests have.
                serve(BufReader::new(stream), offer, &mut answers, &said).await;
            }
        });
        Self { address, heard }
    }

    fn smtp(&self) -> Relays {
        relays([super::Relay { security: Security::None, ..super::Relay::new("127.0.0.1", self.address.port(), "client.example") }])
    }

    /// The commands since the last look, those that came at once in one list.
    fn heard(&mut self) -> Vec<Vec<String>> {
        std::iter::from_fn(|| self.heard.try_recv().ok()).collect()
    }
}

async fn serve(
    mut stream: BufReader<TcpStream>,
    offer: &str,
    answers: &mut Answers,
    said: &mpsc::UnboundedSender<Vec<String>>,
) -> Option<()> {
    stream.get_mut().write_all(b"220 relay\r\n").await.ok()?;
    loop {
        let (mut commands, mut replies) = (Vec::new(), String::new());
        // Whatever came at once is answered at once.
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let verb = line.split_whitespace().next().unwrap_or_default().to_owned();
            let answer = match answers.front() {
                Some((expected, answer)) if *expected == verb => {
                    let answer = (*answer).to_owned();
                    answers.pop_front();
                    answer
                }
                _ if verb == "EHLO" => format!("250-relay.example\r\n250 {offer}"),
                _ if verb == "DATA" => "354 go on".to_owned(),
                _ => "250 ok".to_owned(),
            };
            commands.push(verb);
            if answer.is_empty() {
                let _ = said.send(commands);
                return None;
            }
            if answer != SILENCE {
                replies.push_str(&format!("{answer}\r\n"));
            }
            if stream.buffer().is_empty() {
                break;
            }
        }
        let is_content = commands.last().is_some_and(|verb| verb == "DATA") && replies.ends_with("354 go on\r\n");
        let _ = said.send(commands);
        stream.get_mut().write_all(replies.as_bytes()).await.ok()?;
        if is_content {
            let mut line = String::new();
            let mut lines = 0;
            while line != ".\r\n" {
                line.clear();
                if stream.read_line(&mut line).await.ok()? == 0 {
                    return None;
                }
                lines += 1;
            }
            let _ = said.send(vec![if lines == 1 { "only a dot" } else { "a message" }.to_owned()]);
            let answer: &[u8] = if lines == 1 { b"554 no valid recipients\r\n" } else { b"250 taken\r\n" };
            stream.get_mut().write_all(answer).await.ok()?;
        }
    }
}

fn taken() -> Outcome {
    Outcome::Accepted { reply: "250 taken".to_owned() }
}

#[tokio::test]
async fn a_first_mail_goes_command_by_command_and_the_next_envelope_at_once() {
    let mut relay = Relay::start("PIPELINING", []).await;
    let smtp = relay.smtp();
    assert_eq!(smtp.hand_over(&mail()).await, taken());
    assert_eq!(relay.heard(), [["EHLO"].to_vec(), ["MAIL"].to_vec(), ["RCPT"].to_vec(), ["DATA"].to_vec(), ["a message"].to_vec()]);
    assert_eq!(smtp.hand_over(&mail()).await, taken());
    assert_eq!(relay.heard(), [["MAIL", "RCPT", "DATA"].to_vec(), ["a message"].to_vec()]);
}

#[tokio::test]
async fn a_relay_that_does_not_offer_it_is_asked_one_by_one() {
    let mut relay = Relay::start("8BITMIME", []).await;
    let smtp = relay.smtp();
    for _ in 0..2 {
        assert_eq!(smtp.hand_over(&mail()).await, taken());
        let heard = relay.heard();
        assert_eq!(heard[heard.len() - 4..], [["MAIL"].to_vec(), ["RCPT"].to_vec(), ["DATA"].to_vec(), ["a message"].to_vec()]);
    }
}

#[tokio::test]
async fn what_went_out_with_a_refused_command_is_answered_before_the_session_goes_on() {
    let refused = [
        (vec![("RCPT", "550 5.1.1 nobody"), ("DATA", "554 no valid recipients")], false),
        // RFC 2920, section 3.1: it waits for a message to nobody, and gets the dot.
        (vec![("RCPT", "550 5.1.1 nobody")], true),
    ];
    for (answers, gets_a_dot) in refused {
        // The first mail's recipient is taken.
        let mut relay = Relay::start("PIPELINING", std::iter::once(("RCPT", "250 ok")).chain(answers)).await;
        let smtp = relay.smtp();
        assert_eq!(smtp.hand_over(&mail()).await, taken());
        relay.heard();
        assert_eq!(smtp.hand_over(&mail()).await, Outcome::Undeliverable { reason: "550 5.1.1 nobody".to_owned() });
        let mut expected = vec![["MAIL", "RCPT", "DATA"].to_vec()];
        expected.extend(gets_a_dot.then(|| ["only a dot"].to_vec()));
        expected.push(["RSET"].to_vec());
        assert_eq!(relay.heard(), expected);
        assert_eq!(smtp.hand_over(&mail()).await, taken());
        assert_eq!(relay.heard(), [["MAIL", "RCPT", "DATA"].to_vec(), ["a message"].to_vec()], "the same session");
    }
}

#[tokio::test]
async fn a_refused_sender_takes_the_answers_to_the_rest_along() {
    let answers = [
        ("MAIL", "250 ok"),
        ("RCPT", "250 ok"),
        ("DATA", "354 go on"),
        ("MAIL", "451 4.3.0 later"),
        ("RCPT", "503 no sender"),
        ("DATA", "503 no"),
    ];
    let mut relay = Relay::start("PIPELINING", answers).await;
    let smtp = relay.smtp();
    assert_eq!(smtp.hand_over(&mail()).await, taken());
    assert_eq!(smtp.hand_over(&mail()).await, Outcome::Retry { reason: "451 4.3.0 later".to_owned() });
    relay.heard();
    assert_eq!(smtp.hand_over(&mail()).await, taken());
    assert_eq!(relay.heard(), [["MAIL", "RCPT", "DATA"].to_vec(), ["a message"].to_vec()]);
}

#[tokio::test]
async fn a_relay_that_is_closing_is_not_waited_for() {
    // It answers no more, and leaves the connection open.
    let mut relay = Relay::start("PIPELINING", [("RCPT", "250 ok"), ("RCPT", "421 4.3.2 closing"), ("DATA", SILENCE)]).await;
    let smtp = relay.smtp();
    assert_eq!(smtp.hand_over(&mail()).await, taken());
    relay.heard();
    let outcome = tokio::time::timeout(Duration::from_secs(20), smtp.hand_over(&mail())).await.expect("the slot is free at once");
    assert_eq!(outcome, Outcome::Retry { reason: "421 4.3.2 closing".to_owned() });
    assert_eq!(relay.heard(), [["MAIL", "RCPT", "DATA"].to_vec()]);
}

#[tokio::test]
async fn a_relay_that_closes_at_the_recipient_is_asked_again_where_the_stage_is_known() {
    // Its answers to what came at once are lost with the connection.
    let answers = [("RCPT", "250 ok"), ("RCPT", ""), ("RCPT", "")];
    let mut relay = Relay::start("PIPELINING", answers).await;
    let smtp = relay.smtp();
    assert_eq!(smtp.hand_over(&mail()).await, taken());
    relay.heard();
    let outcome = smtp.hand_over(&mail()).await;
    assert!(matches!(&outcome, Outcome::Retry { reason } if reason.ends_with("before the final dot, at Rcpt")), "{outcome:?}");
    assert_eq!(relay.heard(), [["MAIL", "RCPT"].to_vec(), ["EHLO"].to_vec(), ["MAIL"].to_vec(), ["RCPT"].to_vec()]);
}
