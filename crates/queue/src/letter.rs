//! From a claimed message to what its mail is made of.

use std::sync::Arc;

use hearback_domain::reply_token::Way;
use hearback_ledger::{BoardDetails, MailAnswered, OwedMessage, SentMail};
use hearback_mailer::{Answers, Composed, Face, Letter};

use crate::Reach;

pub(crate) fn letter(message: &OwedMessage, status_url: String, reach: &Reach) -> Letter {
    let OwedMessage {
        claim,
        kind,
        applicant_name,
        to,
        locale,
        time_zone,
        received_at,
        job_title,
        board,
        stage,
        words,
        promised_by,
        send_after,
        lease_until: _,
        application: _,
        is_test: _,
        link_generation: _,
        trace,
        answers,
        tries: _,
        stored: _,
    } = message;
    Letter {
        notification: claim.notification,
        kind: *kind,
        locale: *locale,
        applicant_name: applicant_name.clone(),
        to: to.clone(),
        redirect_to: reach.redirected(message).cloned(),
        job_title: job_title.clone(),
        face: Arc::new(face(board, reach)),
        status_url,
        stage: *stage,
        words: words.clone(),
        promised_by: *promised_by,
        received_at: *received_at,
        dated: *send_after,
        time_zone: *time_zone,
        answers: answers.clone().map(|MailAnswered { subject, thread }| Answers { subject, thread }),
        trace: trace.clone(),
    }
}

/// Until mail comes in to us, answers and bounces go to the board's human mailbox.
pub(crate) fn face(board: &BoardDetails, reach: &Reach) -> Face {
    let BoardDetails { organisation, sender, sender_name, reply_to, external_id: _, locale: _, time_zone: _ } = board;
    Face {
        organisation: organisation.clone(),
        sender: sender.clone(),
        sender_name: sender_name.clone(),
        reply_to: reply_to.clone(),
        envelope_sender: reply_to.clone(),
        reply_addresses: reach.reply_addresses.clone(),
    }
}

/// What an earlier try may have sent, again byte for byte.
pub(crate) fn again(message: &OwedMessage, stored: &SentMail, reach: &Reach) -> Composed {
    let SentMail { subject, text, template_version, sha256, raw } = stored.clone();
    let BoardDetails { sender, reply_to, .. } = message.board.as_ref();
    let notification = message.claim.notification;
    let own = reach.reply_addresses.as_ref().map(|addresses| addresses.address(Way::Bounce, notification));
    Composed {
        message_id: format!("<{notification}@{}>", sender.domain()),
        envelope_from: own.unwrap_or_else(|| reply_to.clone()),
        to: reach.redirected(message).unwrap_or(&message.to).clone(),
        subject,
        text,
        raw,
        template_version,
        sha256,
    }
}

/// What the ledger keeps of a mail.
pub(crate) fn kept(composed: Composed) -> SentMail {
    let Composed { message_id: _, envelope_from: _, to: _, subject, text, raw, template_version, sha256 } = composed;
    SentMail { subject, text, template_version, sha256, raw }
}
