//! A person of the organisation answered a mail of ours about an applicant. What is not surely theirs and for the applicant goes to a person.

use hearback_domain::{reply_token::AnswerClaim, staff::Stray};
use hearback_inbound::{Explained, Kind};
use hearback_ledger::{Answer, AnswerRecorded, InboundMail, Ledger, LedgerError, StrayMail};

use super::{act_on_reply::Acted, read_reply::Read};

/// What stands in our own mails to staff, and in no answer to an applicant: whoever's program quotes in a way that nobody knows must not
/// send it on.
const OURS: &[&str] = &["answer+", "/v1/applications/", "To answer, simply reply to this email", "They do not see your own address"];

/// May be called again with the same mail: only the first time has an effect.
pub(super) async fn act_on_answer(
    ledger: &Ledger,
    mail: &InboundMail,
    explained: &Explained,
    read: &Read,
    local_part: &str,
) -> Result<Acted, LedgerError> {
    let claim = match AnswerClaim::read(local_part) {
        Some(claim) if ledger.is_our_answer_address(&claim).await? => Some(claim),
        Some(_) | None => None,
    };
    let answered = match claim {
        Some(claim) => {
            let words = read.own_words.clone().unwrap_or_default();
            let answer = Answer { mail: claim.mail, from: read.from.clone(), words, message_id: read.message_id.clone() };
            record(ledger, mail, explained, read, &answer).await?
        }
        None => AnswerRecorded::NotPassedOn { why: Stray::Unmatched, application: None },
    };
    let (why, application) = match answered {
        AnswerRecorded::Recorded(_) => return Ok(Acted::Recorded),
        AnswerRecorded::OnRecord(_) => return Ok(Acted::OnRecord),
        AnswerRecorded::LostClaim => return Ok(Acted::LostClaim),
        AnswerRecorded::NotPassedOn { why, application } => (why, application),
    };
    let stray = StrayMail {
        kind: explained.kind.as_str(),
        why,
        from: read.from.clone(),
        subject: read.subject.clone(),
        text: explained.text.clone().unwrap_or_default(),
        application,
        about: None,
    };
    Ok(if ledger.record_stray_mail(mail.claim, &stray).await? { Acted::Stray } else { Acted::LostClaim })
}

async fn record(
    ledger: &Ledger,
    mail: &InboundMail,
    explained: &Explained,
    read: &Read,
    answer: &Answer,
) -> Result<AnswerRecorded, LedgerError> {
    let why = match explained.kind {
        Kind::Reply => not_for_them(read, &answer.words),
        Kind::Challenge => Some(Stray::Challenge),
        Kind::Unknown | Kind::Bounce | Kind::Complaint | Kind::AutoReply => Some(Stray::Unknown),
    };
    match why {
        None => ledger.record_answer(mail.claim, answer).await,
        Some(why) => Ok(AnswerRecorded::NotPassedOn { why, application: ledger.application_of_staff_mail(answer.mail).await? }),
    }
}

fn not_for_them(read: &Read, words: &str) -> Option<Stray> {
    let flat = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.is_empty() || OURS.iter().any(|ours| flat.contains(ours)) {
        return Some(Stray::NotForThem);
    }
    // A picture is mostly part of a signature. Anything else is meant to arrive, and we send no files.
    let is_meant = |file: &hearback_ledger::NewAttachment| !file.kind.as_str().starts_with("image/");
    read.files.iter().any(is_meant).then_some(Stray::WithFiles)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::read_reply::read;

    fn why(mail: &str) -> Option<Stray> {
        let read = read(mail.as_bytes(), true);
        not_for_them(&read, read.own_words.as_deref().unwrap())
    }

    #[test]
    fn only_words_of_their_own_are_for_the_applicant() {
        for (mail, expected) in [
            ("Subject: x\r\n\r\nYes, of course.\r\n\r\n> May I?\r\n", None),
            ("Subject: x\r\n\r\n> May I?\r\n", Some(Stray::NotForThem)),
            ("Subject: x\r\n\r\n-- \r\nMaria, +43 1 234\r\n", Some(Stray::NotForThem)),
            ("Subject: x\r\n\r\nSure.\r\nTo answer, simply reply to\r\nthis email.\r\n", Some(Stray::NotForThem)),
            ("Subject: x\r\n\r\nSure. Reply to ANSWER answer+abc@x.example\r\n", Some(Stray::NotForThem)),
        ] {
            assert_eq!(why(mail), expected, "{mail}");
        }
    }

    #[test]
    fn a_file_is_not_lost_in_silence_and_a_logo_is() {
        let with = |media: &str, content: &str| {
            format!(
                "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHere.\r\n\
                 --b\r\nContent-Type: {media}\r\nContent-Disposition: attachment; filename=a\r\nContent-Transfer-Encoding: base64\r\n\r\n{content}\r\n--b--\r\n"
            )
        };
        assert_eq!(why(&with("application/pdf", "JVBERi0xLjcKMQ==")), Some(Stray::WithFiles));
        assert_eq!(why(&with("image/png", "iVBORw0KGgoAAAANSUhEUg==")), None);
    }
}
