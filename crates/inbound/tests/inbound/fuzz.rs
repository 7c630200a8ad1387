//! Mails that nobody wrote: all cases of the tests, mutated from a seed. No panic, and what comes out stays small.

use std::{env, panic::catch_unwind, time::Duration};

use crate::{
    cases,
    dice::{Dice, for_a_while},
    is_bounded,
    memory::peak,
    quickest,
};
use hearback_inbound::{Envelope, explain_received, html, limits, reply};

/// What parsers trip over, at the places where mail has meaning.
const PIECES: &[&[u8]] = &[
    b"\r\n\r\n",
    b"\n\n",
    b"\n ",
    b"\r",
    b"\0",
    b"\xff\xfe",
    b"\xf0\x9f",
    b"\xe2\x80\xae",
    b"\n>",
    b"> > >",
    b"\n-- \n",
    b"--=_b0und\n",
    b"--alt--\n",
    b"\n--",
    b"@",
    b"<",
    b">",
    b"<>",
    b"\"",
    b"\"@",
    b"(",
    b":",
    b"\xef\xbc\x9a",
    b";",
    b"=",
    b"=?utf-8?q?=",
    b"=?utf-8?b?",
    b"?=",
    b"=\n",
    b"=3",
    b"&#x110000;",
    b"&#",
    b"&amp",
    b"<!--",
    b"<blockquote>",
    b"</div>",
    b"<div class=gmail_quote>",
    b"<div id=\"appendonsend\">",
    b"<td style='",
    b"5.1.1",
    b"550 ",
    b"5.999.999",
    b" wrote:",
    b"\nOn 24.11.2026 10:00 a@b.c wrote:\n",
    b"\nFrom: a@b.c\nSent: x\nTo: y\n",
    b"________________________________\n",
    b"Content-Type: multipart/mixed; boundary=\n",
    b"Content-Type: multipart/report; boundary=\"b\"\n",
    b"Content-Type: message/rfc822\n\n",
    b"Content-Type: message/delivery-status\n\n",
    b"Content-Transfer-Encoding: base64\n",
    b"Content-Transfer-Encoding: quoted-printable\n",
    b"; charset=utf-7\n",
    b"; charset=iso-2022-jp\n",
    b"; charset=utf-16\n",
    b"; format=flowed; delsp=yes\n",
    b"Final-Recipient: rfc822;\n",
    b"Original-Recipient: rfc822;a+40b.c\n",
    b"Action: failed\n",
    b"From: MAILER-DAEMON\n",
    b"X-Failed-Recipients: a@b.c\n",
    b"References: <a@b> <c",
    b"user unknown <a@b.c>",
    b"\ngenerated from ",
    b"Sent from my iPhone",
    b"boundary*0*=utf-8''%",
    b"\xc2\xa0",
    b"\xe2\x80\x8b",
];

fn mutate(dice: &mut Dice, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut mail = corpus[dice.below(corpus.len())].clone();
    for _ in 0..=dice.below(6) {
        let at = dice.below(mail.len() + 1);
        let end = (at + dice.below(200)).min(mail.len());
        match dice.below(12) {
            0 => {
                if let Some(byte) = mail.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
            }
            1 => mail.truncate(at),
            2 => drop(mail.drain(at..end)),
            3 | 4 => drop(mail.splice(at..at, dice.pick(PIECES).to_vec())),
            5 => {
                // Two mails grown together.
                let other = &corpus[dice.below(corpus.len())];
                mail.truncate(at);
                mail.extend_from_slice(&other[dice.below(other.len() + 1)..]);
            }
            6 => {
                let copy = mail[at..end].to_vec();
                let times = 1 + dice.below(50);
                mail.splice(at..at, copy.repeat(times));
            }
            7 => {
                // A header again, or a long one.
                let mut field = b"X".to_vec();
                field.extend(dice.pick(PIECES).repeat(dice.below(2000)));
                field.push(b'\n');
                mail.splice(0..0, field);
            }
            8 => {
                let line = dice.pick(PIECES).repeat(1 + dice.below(5000));
                mail.splice(at..at, line);
            }
            9 => {
                // One inside the other.
                let mut outer = b"From: MAILER-DAEMON@a.example\nContent-Type: message/rfc822\n\n".repeat(1 + dice.below(30));
                outer.append(&mut mail);
                mail = outer;
            }
            10 => {
                let outer = b"Content-Type: multipart/mixed; boundary=\"=_b0und\"\n\n--=_b0und\n".repeat(1 + dice.below(30));
                mail.splice(0..0, outer);
            }
            _ => {
                for byte in &mut mail[at..end] {
                    *byte = u8::try_from(dice.next() & 0xff).expect("eight bits");
                }
            }
        }
        // Large mails have tests of their own; many small ones find more.
        mail.truncate(if dice.below(50) == 0 { 200_000 } else { 20_000 });
    }
    mail
}

/// For a mail of 20 kB, which takes a thousandth of it.
const SLOW: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 2 });

fn check(mail: &[u8]) {
    let explained = explain_received(mail, Envelope { from: Some(""), to: &["bounce+x@us.example", "\u{e9}"] });
    let again = explain_received(mail, Envelope::default());
    for one in [&explained, &again] {
        assert!(one.recipients.len() <= limits::RECIPIENTS);
        assert!(
            one.recipients
                .iter()
                .all(|recipient| recipient.address.len() <= limits::ADDRESS && !recipient.address.contains(['\n', '\r', '\0']))
        );
        assert!(one.message_id.as_ref().is_none_or(|id| id.len() < 998));
        assert!(one.text.as_ref().is_none_or(|text| text.len() <= 4 * limits::TEXT && text.trim() == text));
        assert!(serde_json::to_string(one).is_ok());
    }
    let text = String::from_utf8_lossy(mail);
    let shown = html::sanitise(&text);
    assert!(!shown.to_ascii_lowercase().contains("<script") && !shown.contains("<img"), "{shown}");
    let written = text.chars().any(char::is_alphanumeric);
    assert!(!written || !reply::strip(&text).is_empty());
}

#[test]
fn fuzz() {
    let corpus: Vec<Vec<u8>> =
        [cases::read("mails"), cases::read("replies")].concat().into_iter().map(|case| case.mail.into_bytes()).collect();
    let mut most = 0;
    for_a_while("mails", |seed| {
        let mail = mutate(&mut Dice::new(seed), &corpus);
        let mut outcome = Ok(());
        let mut taken = 0;
        let slow = quickest(SLOW, || (outcome, taken) = peak(|| catch_unwind(|| check(&mail)))) >= SLOW;
        most = most.max(taken);
        let is_large = !is_bounded(mail.len(), taken);
        if outcome.is_err() || slow || is_large {
            let path = env::temp_dir().join(format!("hearback-fuzz-{seed}.eml"));
            std::fs::write(&path, &mail).unwrap();
            let how = if slow {
                "took too long"
            } else if is_large {
                "took too much memory"
            } else {
                "failed"
            };
            panic!("mail {} {how} ({taken} bytes); repeat with HEARBACK_FUZZ_SEED={seed}", path.display());
        }
    });
    #[expect(clippy::print_stdout, reason = "what a longer run is for")]
    {
        println!("at most {most} bytes for one mail");
    }
}
