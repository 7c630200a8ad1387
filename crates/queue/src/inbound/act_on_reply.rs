//! A person wrote: it goes to whoever answers for the application, or to somebody who can tell what it is. Nothing is ever sent back.

use hearback_domain::{
    ids::{ApplicationId, NotificationId},
    reply_token::{AnswerClaim, ReplyClaim},
    staff::Stray,
};
use hearback_inbound::{Explained, Kind};
use hearback_ledger::{InboundClaim, InboundMail, Ledger, LedgerError, Reply, ReplyRecorded, StrayMail};

use super::{act_on_answer::act_on_answer, local_part, read_reply::Read};

/// What a mail of a person came to, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acted {
    Recorded,
    OnRecord,
    Stray,
    LostClaim,
}

/// May be called again with the same mail: only the first time has an effect.
pub(super) async fn act_on_reply(ledger: &Ledger, mail: &InboundMail, explained: &Explained, read: &Read) -> Result<(), LedgerError> {
    let acted = act(ledger, mail, explained, read).await?;
    tracing::info!(mail = %mail.claim.mail, kind = explained.kind.as_str(), ?acted, "a mail of a person");
    Ok(())
}

/// A mail that ended whoever tried to read it, or that cannot be read at all.
pub(super) async fn nobody_knows(ledger: &Ledger, claim: InboundClaim) -> Result<(), LedgerError> {
    let kind = Kind::Unknown.as_str();
    let why = Stray::Unknown;
    let stray = StrayMail { kind, why, from: None, subject: None, text: String::new(), application: None, about: None };
    ledger.record_stray_mail(claim, &stray).await.map(drop)
}

async fn act(ledger: &Ledger, mail: &InboundMail, explained: &Explained, read: &Read) -> Result<Acted, LedgerError> {
    let local_part = local_part(&mail.recipient);
    if AnswerClaim::is_meant(local_part) {
        return act_on_answer(ledger, mail, explained, read, local_part).await;
    }
    let about = match about(ledger, mail, explained, read).await? {
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
    let stray = StrayMail {
        kind: explained.kind.as_str(),
        why,
        from: read.from.clone(),
        subject: read.subject.clone(),
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
    let Read { from, subject, message_id, answers, html, files, left_out, own_words: _ } = read;
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
    Ok(match ledger.record_reply(mail.claim, reply).await? {
        ReplyRecorded::Recorded(_) => Some(Acted::Recorded),
        ReplyRecorded::OnRecord(_) => Some(Acted::OnRecord),
        ReplyRecorded::LostClaim => Some(Acted::LostClaim),
        ReplyRecorded::NoApplication => None,
    })
}

/// The token of the envelope first, which no stranger can make; without one of ours there, the addresses in the mail, then our Message-ID.
async fn about(ledger: &Ledger, mail: &InboundMail, explained: &Explained, read: &Read) -> Result<Option<NotificationId>, LedgerError> {
    let local_part = local_part(&mail.recipient);
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
