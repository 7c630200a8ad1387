//! The job that tells a person of the organisation what needs one. Such mails are few: a few slots of their own, so that they neither wait
//! behind applicants' messages nor take their places.

use std::{sync::Arc, time::Duration};

use apalis::prelude::{BoxDynError, Data};
use hearback_domain::{EmailAddress, locale::StaffLocale, notification::Outcome};
use hearback_ledger::{
    InThread, Ledger, LedgerError, StaffClaim, StaffConversation, StaffEnded, StaffLine, StaffMail, Told, ToldMessage, ToldStray,
};
use hearback_mailer::{Composed, Composer, StaffItem, StaffLetter, StaffNotice, StrayNotice, Wrote, WroteMessage, transport::Transport};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::sleep,
};

use crate::{
    Config, Reach,
    buffer::Buffer,
    delivery::hand_over,
    letter::{face, kept},
};

/// Sent at once.
pub(crate) const SLOTS: usize = 2;

/// How often it is looked whether a mail is due.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// While the database is away: between two tries to write how a mail ended.
const WRITE_AGAIN: Duration = Duration::from_secs(1);

/// A claimed mail with the slot that it is sent in.
#[derive(Debug)]
pub(crate) struct HeldStaffMail {
    mail: StaffMail,
    _slot: OwnedSemaphorePermit,
}

/// Claims and sends mails to staff.
#[derive(Clone)]
pub(crate) struct Staff {
    ledger: Ledger,
    live: Arc<dyn Transport>,
    test: Arc<dyn Transport>,
    composer: Arc<Composer>,
    /// Without addresses of our own for answers: those of staff go to the board's mailbox.
    reach: Reach,
    claimed: Arc<Buffer<HeldStaffMail>>,
    slots: Arc<Semaphore>,
}

impl Staff {
    pub(crate) fn new(ledger: Ledger, config: &Config, claimed: Arc<Buffer<HeldStaffMail>>) -> Self {
        let (live, test, composer) = (Arc::clone(&config.live), Arc::clone(&config.test), Arc::clone(&config.composer));
        let reach = Reach { reply_addresses: None, redirect_all_to: config.reach.redirect_all_to.clone() };
        Self { ledger, live, test, composer, reach, claimed, slots: Arc::new(Semaphore::new(SLOTS)) }
    }

    /// Until it is asked to stop; then it gives back what nobody has begun.
    pub(crate) async fn run(self, mut stopping: watch::Receiver<bool>) {
        let mut is_away = false;
        while !*stopping.borrow() {
            match self.claim().await {
                Ok(true) => continue,
                Ok(false) => is_away = false,
                Err(error) if !is_away => {
                    is_away = true;
                    tracing::warn!(%error, "mails to staff cannot be claimed; trying again until they can");
                }
                Err(_) => {}
            }
            tokio::select! {
                // An error means that nobody is left who could ask.
                _ = stopping.wait_for(|stop| *stop) => break,
                () = sleep(LOOK_AGAIN) => {}
            }
        }
        let unsent: Vec<StaffClaim> = self.claimed.drain().iter().map(|held| held.mail.claim).collect();
        if !unsent.is_empty()
            && let Err(error) = self.ledger.release_staff_mails(&unsent).await
        {
            tracing::warn!(%error, "claimed mails to staff could not be given back; they come back with the end of their lease");
        }
    }

    /// As many as there are slots for, each with its own. Whether there was one.
    async fn claim(&self) -> Result<bool, LedgerError> {
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { return Ok(false) };
        let Some(mail) = self.ledger.claim_staff_mails(1).await?.pop() else { return Ok(false) };
        self.claimed.push([HeldStaffMail { mail, _slot: slot }]);
        Ok(true)
    }

    /// One try, and how it ended.
    async fn attempt(&self, mail: &StaffMail) -> StaffEnded {
        let transport = if mail.is_test { &self.test } else { &self.live };
        let (outcome, handed) = match self.compose(mail) {
            Ok(composed) => (hand_over(transport.as_ref(), &composed).await, Some(kept(composed))),
            Err(reason) => (Outcome::Hold { reason }, None),
        };
        match &outcome {
            Outcome::Accepted { .. } => {
                tracing::info!(mail = %mail.claim.mail, kind = %mail.kind, causes = mail.count, "a person was told")
            }
            other => tracing::warn!(mail = %mail.claim.mail, kind = %mail.kind, outcome = ?other, "a person could not be told yet"),
        }
        StaffEnded { claim: mail.claim, at: self.ledger.now(), outcome, mail: handed, relay: transport.name().to_owned() }
    }

    fn compose(&self, mail: &StaffMail) -> Result<Composed, String> {
        if let Some(stored) = &mail.stored {
            let hearback_ledger::SentMail { subject, text, template_version, sha256, raw } = stored.clone();
            let (message_id, envelope_from) =
                (format!("<{}@{}>", mail.claim.mail, mail.board.sender.domain()), mail.board.reply_to.clone());
            let to = self.redirected(mail).unwrap_or(&mail.to).clone();
            return Ok(Composed { message_id, envelope_from, to, subject, text, raw, template_version, sha256 });
        }
        self.composer.compose_staff(&self.letter(mail)).map_err(|error| format!("no mail can be made of it: {error}"))
    }

    fn letter(&self, mail: &StaffMail) -> StaffLetter {
        let StaffMail { claim, kind, to, is_test: _, board, lines, conversation, count, send_after, tries: _, stored: _ } = mail;
        StaffLetter {
            id: claim.mail,
            kind: *kind,
            locale: StaffLocale::En,
            to: to.clone(),
            redirect_to: self.redirected(mail).cloned(),
            face: Arc::new(face(board, &self.reach)),
            items: lines.iter().map(item).collect(),
            count: conversation.as_ref().map_or(*count, told_count),
            conversation: conversation.as_ref().map(|told| self.notice(mail, told)),
            dated: *send_after,
            time_zone: board.time_zone,
        }
    }

    fn notice(&self, mail: &StaffMail, conversation: &StaffConversation) -> StaffNotice {
        match conversation {
            StaffConversation::With(told) => {
                let Told { application: _, is_late, applicant_name, applicant_email, job_title, answer_by, messages, count: _, thread } =
                    told.as_ref();
                // As our mails to staff name themselves.
                let id = |one: &InThread| match one {
                    InThread::Ours(id) => format!("<{id}@{}>", mail.board.sender.domain()),
                    InThread::Theirs(id) => id.clone(),
                };
                StaffNotice::Wrote(Box::new(Wrote {
                    is_late: *is_late,
                    applicant_name: applicant_name.clone(),
                    applicant_email: applicant_email.clone(),
                    job_title: job_title.clone(),
                    answer_by: *answer_by,
                    answer_to: None,
                    messages: messages.iter().map(wrote).collect(),
                    thread: thread.iter().map(id).collect(),
                }))
            }
            StaffConversation::Stray { mails, count: _ } => StaffNotice::Stray(mails.iter().map(stray).collect()),
        }
    }

    fn redirected(&self, mail: &StaffMail) -> Option<&EmailAddress> {
        self.reach.redirect_all_to.as_ref().filter(|_| !mail.is_test)
    }

    /// Three times within a lease, for as long as the mail is being sent.
    async fn keep_renewing(&self, claim: &StaffClaim) {
        let pause = (self.ledger.lease() / 3).to_std().unwrap_or_default().max(Duration::from_millis(100));
        loop {
            sleep(pause).await;
            match self.ledger.renew_staff_mail(claim).await {
                Ok(true) => {}
                Ok(false) => tracing::debug!(mail = %claim.mail, "its lease ended before it was renewed"),
                Err(error) => tracing::warn!(%error, "a lease cannot be renewed for the moment"),
            }
        }
    }

    /// What became of it is not forgotten, however long the database is away.
    async fn settle(&self, ended: StaffEnded) {
        loop {
            match self.ledger.settle_staff_mail(&ended).await {
                Ok(()) => return,
                Err(LedgerError::Unavailable(_)) => sleep(WRITE_AGAIN).await,
                Err(error) => {
                    tracing::error!(mail = %ended.claim.mail, %error, "what became of a mail to staff cannot be written; it comes back with its lease");
                    return;
                }
            }
        }
    }
}

pub(crate) async fn tell(held: HeldStaffMail, staff: Data<Staff>) -> Result<(), BoxDynError> {
    let ended = tokio::select! {
        ended = staff.attempt(&held.mail) => ended,
        () = staff.keep_renewing(&held.mail.claim) => return Ok(()),
    };
    staff.settle(ended).await;
    Ok(())
}

fn item(line: &StaffLine) -> StaffItem {
    let StaffLine { cause, notification, application: _, applicant_name, job_title, kind, state, send_after, reason } = line;
    StaffItem {
        cause: *cause,
        message: *notification,
        applicant_name: applicant_name.clone(),
        job_title: job_title.clone(),
        kind: *kind,
        state: *state,
        send_after: *send_after,
        reason: reason.clone(),
    }
}

fn told_count(conversation: &StaffConversation) -> u64 {
    match conversation {
        StaffConversation::With(told) => told.count,
        StaffConversation::Stray { mails: _, count } => *count,
    }
}

fn wrote(message: &ToldMessage) -> WroteMessage {
    let ToldMessage { at, way: _, from, text, files, left_out } = message;
    WroteMessage { at: *at, from: from.clone(), text: text.clone(), files: files.clone(), left_out: *left_out }
}

fn stray(mail: &ToldStray) -> StrayNotice {
    let ToldStray { why, at, sender, subject, words, guess } = mail;
    let guess = guess.as_ref().map(|guess| (guess.applicant_name.clone(), guess.job_title.clone()));
    StrayNotice { why: *why, at: *at, sender: sender.clone(), subject: subject.clone(), words: words.clone(), guess }
}
