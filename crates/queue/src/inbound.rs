//! The job that understands mail that came in, and has the ledger act on it. Several at once, in slots of its own and in bounded memory.

mod act_on_answer;
mod act_on_reply;
mod read_reply;

use std::{sync::Arc, time::Duration};

use apalis::prelude::{BoxDynError, Data};
use chrono::TimeDelta;
use hearback_domain::{
    ids::{NotificationId, ReplyProbeId, StaffMailId},
    reply_token::{AnswerClaim, ReplyClaim},
};
use hearback_inbound::{Action, Class, Envelope, Explained, Kind, Recipient, explain_received};
use hearback_ledger::{Bounce, InboundClaim, InboundEnd, InboundMail, Ledger, LedgerError, ProbeNews, Recorded, StaffBounced, Understood};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::sleep,
};

use self::{
    act_on_reply::{act_on_reply, nobody_knows},
    read_reply::{Read, read},
};
use crate::incoming::HeldInboundMail;

/// Between two looks at a message whose sending is not written down yet.
const NOT_YET: TimeDelta = TimeDelta::seconds(10);

/// While the database is away: between two tries to write what a mail was.
const WRITE_AGAIN: Duration = Duration::from_secs(1);

/// A mail that ended the process, or its lease, so often is a person's to look at. Many are in hand at once, and whatever ends the process
/// counts against all of them: ten restarts within as many leases are no proof yet, and one that is at fault costs ten.
pub(crate) const MOST_TRIES: u32 = 10;

/// KiB of mails that are open at once: two of the largest.
const ROOM: u32 = 64 << 10;

/// Works on mails that were claimed.
#[derive(Clone)]
pub(crate) struct Inbound {
    ledger: Ledger,
    room: Arc<Semaphore>,
    stopping: watch::Receiver<bool>,
}

pub(crate) async fn understand(held: HeldInboundMail, inbound: Data<Inbound>) -> Result<(), BoxDynError> {
    let claim = held.mail.claim;
    tokio::select! {
        () = inbound.work_on(held) => {}
        () = inbound.until_lost(claim) => tracing::warn!(mail = %claim.mail, "the lease of a mail ended before it was renewed"),
    }
    Ok(())
}

impl Inbound {
    pub(crate) fn new(ledger: Ledger, stopping: watch::Receiver<bool>) -> Self {
        Self { ledger, room: Arc::new(Semaphore::new(ROOM as usize)), stopping }
    }

    /// Until what became of it is written. A mail whose end cannot be written comes back with its lease.
    async fn work_on(&self, HeldInboundMail { mail, _slot }: HeldInboundMail) {
        let claim = mail.claim;
        let kib = u32::try_from(mail.bytes / 1024 + 1).unwrap_or(ROOM).min(ROOM);
        // Never closed.
        let Ok(room) = Arc::clone(&self.room).acquire_many_owned(kib).await else { return };
        let understood = if mail.tries > MOST_TRIES {
            Err("it was begun too often and never ended")
        } else {
            match self.ledger.open_inbound_mail(mail).await {
                Ok(Some(mail)) => {
                    // On a thread of its own: a large mail takes its time, and what panics on it takes nobody along. The room is the mail's until
                    // what it says is written, and until this thread ends, whoever still waits for it.
                    let explained = tokio::task::spawn_blocking(move || {
                        let explained = explained(&mail);
                        let is_passed_on = AnswerClaim::is_meant(local_part(&mail.recipient));
                        let words = is_a_persons(explained.kind).then(|| read(&mail.raw, is_passed_on));
                        Taken { explained, words, mail, _room: room }
                    });
                    explained.await.map_err(|_panicked| "what reads mails failed on it")
                }
                Ok(None) => return,
                Err(error) => return tracing::warn!(mail = %claim.mail, %error, "a mail cannot be read now; it comes back with its lease"),
            }
        };
        loop {
            let error = match self.end(claim, &understood).await {
                Ok(()) => return,
                Err(error) => error,
            };
            if !matches!(error, LedgerError::Unavailable(_)) || *self.stopping.borrow() {
                return tracing::error!(mail = %claim.mail, %error, "what became of a mail cannot be written; it comes back with its lease");
            }
            sleep(WRITE_AGAIN).await;
        }
    }

    async fn end(&self, claim: InboundClaim, understood: &Result<Taken, &'static str>) -> Result<(), LedgerError> {
        match understood {
            Ok(Taken { explained, words: Some(words), mail, .. }) => act_on_reply(&self.ledger, mail, explained, words).await,
            Ok(Taken { explained, words: None, mail, .. }) => act(&self.ledger, mail, explained).await,
            Err(reason) => {
                tracing::error!(mail = %claim.mail, reason, "a mail that came in cannot be understood: a person is told");
                nobody_knows(&self.ledger, claim).await
            }
        }
    }

    /// Renews three times within a lease; returns when the mail is somebody else's.
    pub(crate) async fn until_lost(&self, claim: InboundClaim) {
        let pause = (self.ledger.lease() / 3).to_std().unwrap_or_default().max(Duration::from_millis(100));
        loop {
            sleep(pause).await;
            match self.ledger.renew_inbound_mail(claim).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(%error, "a lease cannot be renewed for the moment"),
            }
        }
    }
}

/// A mail that was read.
struct Taken {
    explained: Explained,
    /// What a person wrote in it.
    words: Option<Read>,
    mail: InboundMail,
    _room: OwnedSemaphorePermit,
}

const fn is_a_persons(kind: Kind) -> bool {
    match kind {
        Kind::Reply | Kind::Challenge | Kind::Unknown => true,
        Kind::Bounce | Kind::Complaint | Kind::AutoReply => false,
    }
}

/// Takes the next mail that came in, by itself and without a worker, and does what it says. `false` if none is due.
///
/// # Errors
/// The database is away, or refuses; the mail comes back with its lease.
pub async fn take_next_mail(ledger: &Ledger) -> Result<bool, LedgerError> {
    let Some(mail) = ledger.claim_inbound_mails(1).await?.pop() else { return Ok(false) };
    let (_stop, stopping) = watch::channel(false);
    let slot = Arc::new(Semaphore::new(1)).acquire_owned().await.expect("never closed");
    Inbound::new(ledger.clone(), stopping).work_on(HeldInboundMail { mail, _slot: slot }).await;
    Ok(true)
}

/// What the mail says is done. May be called again with the same mail: only the first time has an effect.
async fn act(ledger: &Ledger, mail: &InboundMail, explained: &Explained) -> Result<(), LedgerError> {
    let InboundMail { claim, recipient, .. } = mail;
    let claim = *claim;
    let kind = explained.kind.as_str();
    let done = |result, about| Understood { kind, result, end: InboundEnd::Done, about };
    let about = match about(ledger, recipient, explained).await? {
        About::Message(id) => Some(id),
        About::Nothing => None,
        About::OurProbe(id) => return record_probe(ledger, claim, id, explained).await,
        About::OurMailToStaff(id) => return record_staff_report(ledger, claim, id, explained).await,
        About::Forged => {
            tracing::warn!(mail = %claim.mail, kind, "a report to an address that is not ours was dropped");
            return ledger.inbound_mail_understood(claim, &done("dropped: its address is not one of ours", None)).await;
        }
    };
    match (explained.kind, about) {
        (Kind::Bounce, Some(about)) => {
            let Verdict { is_final, is_address, reason } = verdict(&explained.recipients);
            let Some(is_final) = is_final else {
                return ledger.inbound_mail_understood(claim, &done("good news: nothing to do", Some(about))).await;
            };
            match ledger.record_bounce(claim, Bounce { about, is_final, is_address, reason: reason.clone() }).await? {
                Recorded::NotYet => ledger.postpone_inbound_mail(claim, NOT_YET).await?,
                Recorded::Reopened => {
                    tracing::warn!(mail = %claim.mail, message = %about, reason, "a message came back; a person is asked to act")
                }
                recorded @ (Recorded::Noted | Recorded::NothingToDo | Recorded::LostClaim) => {
                    tracing::info!(mail = %claim.mail, message = %about, reason, ?recorded, "a report on a message")
                }
            }
        }
        (Kind::Complaint, Some(about)) => {
            let recorded = ledger.record_complaint(claim, about).await?;
            tracing::warn!(mail = %claim.mail, message = %about, ?recorded, "a message was reported as unwanted");
        }
        // Never answered.
        (Kind::AutoReply, about) => ledger.inbound_mail_understood(claim, &done("noted: a machine answered", about)).await?,
        (Kind::Bounce | Kind::Complaint | Kind::Reply | Kind::Challenge | Kind::Unknown, about) => {
            tracing::warn!(mail = %claim.mail, kind, message = ?about, "a mail that came in waits for a person");
            let held = Understood { kind, result: "waits for a person", end: InboundEnd::Held, about };
            ledger.inbound_mail_understood(claim, &held).await?;
        }
    }
    Ok(())
}

/// A machine that answers a mail to a person is not answered, and what did not arrive is told to the next person.
async fn record_staff_report(ledger: &Ledger, claim: InboundClaim, id: StaffMailId, explained: &Explained) -> Result<(), LedgerError> {
    let kind = explained.kind.as_str();
    if explained.kind == Kind::Bounce {
        let Verdict { is_final, reason, is_address: _ } = verdict(&explained.recipients);
        if is_final == Some(true) {
            match ledger.record_staff_bounce(claim, id, &reason).await? {
                StaffBounced::NotYet => ledger.postpone_inbound_mail(claim, NOT_YET).await?,
                recorded @ (StaffBounced::CameBack | StaffBounced::NothingToDo | StaffBounced::LostClaim) => {
                    tracing::warn!(mail = %claim.mail, about = %id, reason, ?recorded, "a mail to a person of the organisation came back")
                }
            }
            return Ok(());
        }
    }
    let noted = Understood { kind, result: "noted: about a mail to a person", end: InboundEnd::Done, about: None };
    ledger.inbound_mail_understood(claim, &noted).await
}

/// Whatever comes to its address but a report is the mail itself, or shows as well that mail comes through.
async fn record_probe(ledger: &Ledger, claim: InboundClaim, id: ReplyProbeId, explained: &Explained) -> Result<(), LedgerError> {
    let kind = explained.kind.as_str();
    match explained.kind {
        Kind::Bounce | Kind::Complaint => {
            let Verdict { is_final, reason, is_address: _ } = verdict(&explained.recipients);
            if is_final == Some(true) {
                return ledger.record_probe_news(claim, kind, id, ProbeNews::Bounced(&reason)).await;
            }
            let noted = Understood { kind, result: "noted: a mail to ourselves may come yet", end: InboundEnd::Done, about: None };
            ledger.inbound_mail_understood(claim, &noted).await
        }
        Kind::AutoReply | Kind::Reply | Kind::Challenge | Kind::Unknown => {
            ledger.record_probe_news(claim, kind, id, ProbeNews::Returned).await
        }
    }
}

fn explained(mail: &InboundMail) -> Explained {
    explain_received(&mail.raw, Envelope { from: Some(&mail.envelope_from), to: &[&mail.recipient] })
}

enum About {
    Message(NotificationId),
    /// A mail of ours to ourselves.
    OurProbe(ReplyProbeId),
    /// A mail of ours to a person of the organisation.
    OurMailToStaff(StaffMailId),
    Nothing,
    /// The address claims to be ours and is not.
    Forged,
}

/// The token of the envelope first; without one there, our Message-ID.
async fn about(ledger: &Ledger, recipient: &str, explained: &Explained) -> Result<About, LedgerError> {
    let local_part = local_part(recipient);
    if let Some(claim) = AnswerClaim::read(local_part) {
        return Ok(if ledger.is_our_answer_address(&claim).await? { About::OurMailToStaff(claim.mail) } else { About::Nothing });
    }
    if let Some(claim) = ReplyClaim::read(local_part) {
        if !ledger.is_our_address(&claim).await? {
            let is_report = matches!(explained.kind, Kind::Bounce | Kind::Complaint);
            return Ok(if is_report { About::Forged } else { About::Nothing });
        }
        if ledger.has_message(claim.notification).await? {
            return Ok(About::Message(claim.notification));
        }
        let probe = ReplyProbeId::from(claim.notification.uuid());
        if ledger.has_reply_probe(probe).await? {
            return Ok(About::OurProbe(probe));
        }
        return about_staff_mail(ledger, claim.notification.uuid().into()).await;
    }
    // Ours begin with the message's id.
    let id = explained.message_id.as_deref().and_then(|id| id.trim_start_matches('<').split('@').next());
    match (id.and_then(|id| id.parse().ok()), id.and_then(|id| id.parse().ok())) {
        (Some(id), _) => found(ledger, id).await,
        (None, Some(id)) => about_staff_mail(ledger, id).await,
        (None, None) => Ok(About::Nothing),
    }
}

async fn about_staff_mail(ledger: &Ledger, id: StaffMailId) -> Result<About, LedgerError> {
    Ok(if ledger.has_staff_mail(id).await? { About::OurMailToStaff(id) } else { About::Nothing })
}

/// What stands before the last @.
fn local_part(recipient: &str) -> &str {
    recipient.rsplit_once('@').map_or(recipient, |(local_part, _)| local_part)
}

async fn found(ledger: &Ledger, id: NotificationId) -> Result<About, LedgerError> {
    Ok(if ledger.has_message(id).await? { About::Message(id) } else { About::Nothing })
}

/// What a report comes to. Our mails have one recipient each: what is said of any is said of the message.
struct Verdict {
    /// `None` for a delivery.
    is_final: Option<bool>,
    /// A full mailbox and a refusal for policy's sake say nothing about the address.
    is_address: bool,
    reason: String,
}

/// "Failed" is final whatever the class: after five days of a full mailbox the applicant has not been told either. A notice that names no
/// action is final by its class.
fn verdict(recipients: &[Recipient]) -> Verdict {
    let is_final = |recipient: &Recipient| match (recipient.action, recipient.class) {
        (Some(Action::Failed), _) | (None, Class::Hard | Class::Policy) => Some(true),
        (Some(Action::Delayed), _) | (None, Class::Soft | Class::Unknown) => Some(false),
        (Some(Action::Delivered | Action::Relayed | Action::Expanded), _) => None,
    };
    let worst = recipients.iter().max_by_key(|recipient| is_final(recipient));
    let reason = worst.map_or_else(
        || "a report that names no recipient".to_owned(),
        |worst| {
            let words = [worst.status.as_deref(), worst.action.map(Action::as_str), Some(worst.class.as_str())];
            words.into_iter().flatten().collect::<Vec<_>>().join(" ")
        },
    );
    let is_address = worst.is_some_and(|worst| is_final(worst) == Some(true) && worst.class == Class::Hard);
    Verdict { is_final: worst.map_or(Some(false), is_final), is_address, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipient(action: Option<Action>, class: Class) -> Recipient {
        Recipient { address: "ada@example.net".to_owned(), action, status: Some("5.2.2".to_owned()), class }
    }

    #[test]
    fn what_failed_is_final_and_what_is_delayed_is_not() {
        let of = |recipients: &[Recipient]| verdict(recipients).is_final;
        assert_eq!(of(&[recipient(Some(Action::Failed), Class::Soft)]), Some(true));
        assert_eq!(of(&[recipient(Some(Action::Delayed), Class::Hard)]), Some(false));
        assert_eq!(of(&[recipient(Some(Action::Delivered), Class::Unknown)]), None);
        assert_eq!(of(&[recipient(None, Class::Hard)]), Some(true));
        assert_eq!(of(&[recipient(None, Class::Soft)]), Some(false));
        assert_eq!(of(&[recipient(Some(Action::Relayed), Class::Unknown), recipient(Some(Action::Failed), Class::Hard)]), Some(true));
        assert_eq!(of(&[]), Some(false));
    }

    #[test]
    fn a_reason_has_no_address() {
        assert_eq!(verdict(&[recipient(Some(Action::Failed), Class::Hard)]).reason, "5.2.2 failed hard");
    }
}
