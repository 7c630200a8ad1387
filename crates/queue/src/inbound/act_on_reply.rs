//! A person wrote: it goes to whoever answers for the application, or to somebody who can tell what it is. Nothing is ever sent back.

use std::sync::Arc;

use hearback_domain::{
    ids::{ApplicationId, NotificationId},
    reply_token::ReplyClaim,
    staff::Stray,
};
use hearback_inbound::{Explained, Kind};
use hearback_ledger::{InboundMail, Ledger, LedgerError, Reply, ReplyRecorded, StrayMail};

use super::read_reply::{Read, read};

/// What a mail of a person came to, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acted {
    Recorded,
    OnRecord,
    Stray,
    LostClaim,
    /// What reads mails failed on it.
    Unreadable,
}

pub(super) async fn act(ledger: &Ledger, mail: &Arc<InboundMail>, explained: &Explained) -> Result<Acted, LedgerError> {
    let read_from = Arc::clone(mail);
    // On a thread of its own: a large mail takes its time, and what panics on it takes nobody along.
    let Ok(read) = tokio::task::spawn_blocking(move || read(&read_from.raw)).await else { return Ok(Acted::Unreadable) };
    let about = match about(ledger, mail, explained, &read).await? {
        Some(notification) => ledger.application_of_message(notification).await?.map(|application| (application, notification)),
        None => None,
    };
    let why = match (explained.kind, about) {
        (Kind::Reply, Some((application, notification))) => {
            match record(ledger, mail, explained, read.clone(), application, notification).await? {
                Some(acted) => return Ok(acted),
                None => Stray::Unknown,
            }
        }
        (Kind::Reply, None) => Stray::Unmatched,
        (Kind::Challenge, _) => Stray::Challenge,
        (Kind::Unknown | Kind::Bounce | Kind::Complaint | Kind::AutoReply, _) => Stray::Unknown,
    };
    let Read { from, subject, .. } = read;
    let stray = StrayMail {
        kind: explained.kind.as_str(),
        why,
        from,
        subject,
        text: explained.text.clone().unwrap_or_default(),
        application: about.map(|(application, _)| application),
        about: about.map(|(_, notification)| notification),
    };
    Ok(if ledger.record_stray_mail(mail.claim, &stray).await? { Acted::Stray } else { Acted::LostClaim })
}

/// `None` if the application cannot be read: then a person has to look.
async fn record(
    ledger: &Ledger,
    mail: &InboundMail,
    explained: &Explained,
    read: Read,
    application: ApplicationId,
    notification: NotificationId,
) -> Result<Option<Acted>, LedgerError> {
    let Read { from, subject, message_id, answers, html, files, left_out } = read;
    let reply = Reply {
        application,
        about: Some(notification),
        from,
        subject,
        text: explained.text.clone().unwrap_or_default(),
        html,
        message_id,
        in_reply_to: answers.into_iter().next(),
        files,
        left_out,
    };
    Ok(match ledger.record_reply(mail.claim, &reply).await? {
        ReplyRecorded::Recorded(_) => Some(Acted::Recorded),
        ReplyRecorded::OnRecord(_) => Some(Acted::OnRecord),
        ReplyRecorded::LostClaim => Some(Acted::LostClaim),
        ReplyRecorded::NoApplication => None,
    })
}

/// The token of the envelope first, which no stranger can make; without one of ours there, the addresses in the mail, then our Message-ID.
async fn about(ledger: &Ledger, mail: &InboundMail, explained: &Explained, read: &Read) -> Result<Option<NotificationId>, LedgerError> {
    let local_part = mail.recipient.rsplit_once('@').map_or(mail.recipient.as_str(), |(local_part, _)| local_part);
    let named = explained.token.as_ref().map(|token| token.local_part());
    for claim in [Some(local_part), named.as_deref()].into_iter().flatten().filter_map(ReplyClaim::read) {
        if ledger.is_our_address(&claim).await? {
            return Ok(Some(claim.notification));
        }
    }
    // Ours begin with the message's id.
    let ours = read.answers.iter().filter_map(|id| id.trim_start_matches('<').split('@').next()?.parse::<NotificationId>().ok());
    for id in ours {
        if ledger.has_message(id).await? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}
