//! The job that tells a person of the organisation what needs one. Such mails are few: a few slots of their own, so that they neither wait
//! behind applicants' messages nor take their places.

use std::sync::Arc;

use hearback_domain::{
    EmailAddress,
    locale::StaffLocale,
    notification::Outcome,
    reply_token::{ReplyAddresses, Way},
};
use hearback_ledger::{
    InThread, Ledger, LedgerError, StaffClaim, StaffConversation, StaffDigest, StaffDigestLine, StaffEnded, StaffLine, StaffMail, Told,
    ToldMessage, ToldStray, UndecidedLine,
};
use hearback_mailer::{
    Composed, Composer, DecisionItem, DigestItem, DigestItems, Face, StaffItem, StaffLetter, StaffNotice, StrayNotice, Wrote, WroteMessage,
    transport::Transport,
};

use crate::{
    Config, Reach,
    delivery::hand_over,
    letter::{face, kept},
    one_by_one::Work,
};

/// Claims and sends mails to staff.
pub(crate) struct Staff {
    ledger: Ledger,
    live: Arc<dyn Transport>,
    test: Arc<dyn Transport>,
    composer: Arc<Composer>,
    /// Without an applicant's addresses: what is no answer to an applicant goes to the board's mailbox.
    reach: Reach,
    /// Once mail comes in here: where answers to applicants go, and what says that a mail did not arrive.
    addresses: Option<ReplyAddresses>,
}

impl Staff {
    pub(crate) fn new(ledger: Ledger, config: &Config) -> Self {
        let (live, test, composer) = (Arc::clone(&config.live), Arc::clone(&config.test), Arc::clone(&config.composer));
        let reach = Reach { reply_addresses: None, redirect_all_to: config.reach.redirect_all_to.clone() };
        Self { ledger, live, test, composer, reach, addresses: config.reach.reply_addresses.clone() }
    }

    fn compose(&self, mail: &StaffMail) -> Result<Composed, String> {
        if let Some(stored) = &mail.stored {
            let hearback_ledger::SentMail { subject, text, template_version, sha256, raw } = stored.clone();
            let (message_id, envelope_from) = (format!("<{}@{}>", mail.claim.mail, mail.board.sender.domain()), self.envelope_sender(mail));
            let to = self.redirected(mail).unwrap_or(&mail.to).clone();
            return Ok(Composed { message_id, envelope_from, to, subject, text, raw, template_version, sha256 });
        }
        self.composer.compose_staff(&self.letter(mail)).map_err(|error| format!("no mail can be made of it: {error}"))
    }

    fn letter(&self, mail: &StaffMail) -> StaffLetter {
        let StaffMail {
            claim,
            kind,
            to,
            is_test: _,
            board,
            lines,
            decisions,
            digest,
            conversation,
            count,
            send_after,
            tries: _,
            stored: _,
        } = mail;
        StaffLetter {
            id: claim.mail,
            kind: *kind,
            locale: StaffLocale::En,
            to: to.clone(),
            redirect_to: self.redirected(mail).cloned(),
            face: Arc::new(Face { envelope_sender: self.envelope_sender(mail), ..face(board, &self.reach) }),
            items: lines.iter().map(item).collect(),
            decisions: decisions.iter().map(decision).collect(),
            digest: digest.as_ref().map(digest_items),
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
                    answer_to: self.addresses.as_ref().map(|addresses| addresses.answer(mail.claim.mail)),
                    messages: messages.iter().map(wrote).collect(),
                    thread: thread.iter().map(id).collect(),
                }))
            }
            StaffConversation::Stray { mails, count: _ } => StaffNotice::Stray(mails.iter().map(stray).collect()),
        }
    }

    /// A mailbox of the organisation's, where nothing comes in here: a person reads there that another could not be told.
    fn envelope_sender(&self, mail: &StaffMail) -> EmailAddress {
        let own = self.addresses.as_ref().map(|addresses| addresses.address(Way::Bounce, mail.claim.mail.uuid().into()));
        own.unwrap_or_else(|| mail.board.reply_to.clone())
    }

    fn redirected(&self, mail: &StaffMail) -> Option<&EmailAddress> {
        self.reach.redirect_all_to.as_ref().filter(|_| !mail.is_test)
    }
}

impl Work for Staff {
    type Due = StaffMail;
    type Claim = StaffClaim;
    type Ended = StaffEnded;

    const SLOTS: usize = 2;
    const THEM: &'static str = "mails to staff";

    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn claim_of(mail: &StaffMail) -> StaffClaim {
        mail.claim
    }

    async fn claim(&self) -> Result<Option<StaffMail>, LedgerError> {
        Ok(self.ledger.claim_staff_mails(1).await?.pop())
    }

    async fn renew(&self, claim: &StaffClaim) -> Result<bool, LedgerError> {
        self.ledger.renew_staff_mail(claim).await
    }

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

    async fn settle(&self, ended: &StaffEnded) -> Result<(), LedgerError> {
        self.ledger.settle_staff_mail(ended).await
    }

    async fn release(&self, claims: &[StaffClaim]) -> Result<(), LedgerError> {
        self.ledger.release_staff_mails(claims).await
    }
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

fn decision(line: &UndecidedLine) -> DecisionItem {
    let UndecidedLine { cause, application, applicant_name, job_title, status, due_at } = line.clone();
    DecisionItem { cause, application, applicant_name, job_title, status, due_at }
}

fn digest_items(digest: &StaffDigest) -> DigestItems {
    let StaffDigest { counts, lines } = digest.clone();
    let person = |StaffDigestLine { waiting, applicant_name, job_title }| DigestItem { waiting, applicant_name, job_title };
    DigestItems { counts, people: lines.into_iter().map(person).collect() }
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
