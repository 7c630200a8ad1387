//! The next word of an active application: whatever of its dates comes first.

use chrono::{DateTime, Utc};

use super::{Facts, NextWord, Standing};
use crate::{
    notification::{Kind, State},
    policy::Policy,
};

impl NextWord {
    /// A word of this kind by this date, to be acted on early enough for it to be there in time.
    pub(super) fn by(kind: Kind, by: DateTime<Utc>, facts: &Facts, policy: &Policy, now: DateTime<Utc>) -> Self {
        let latest = by - policy.deliver_within;
        let early = match policy.quiet_hours.filter(|_| kind.respects_quiet_hours()) {
            Some(quiet) => quiet.not_after(latest, facts.zone),
            None => latest,
        };
        // Where words follow each other so closely that the next one should have gone out already, half of the time passes before it:
        // otherwise each word would bring the next at once.
        Self { kind, by, at: if early > now { early } else { now + (by - now) / 2 } }
    }
}

impl Facts {
    /// The next word as it follows from how the application stands now, if it is active and carries its own promises.
    ///
    /// `update_by` is the date of the next holding note.
    pub(super) fn next_word(&self, standing: &Standing, update_by: DateTime<Utc>, policy: &Policy, now: DateTime<Utc>) -> Option<NextWord> {
        if !self.carries_promises(standing) {
            return None;
        }
        let law = self.law_next(standing, policy);
        let undecided = standing.deadline.map(|deadline| deadline.by);
        let no_decision = [law, undecided].into_iter().flatten().min();
        // A holding note shortly before the law wants to hear "no decision yet" would be two messages for one.
        let says_it = law.is_some_and(|by| by <= update_by + policy.update_every);
        let (kind, by) = match no_decision {
            Some(by) if by <= update_by => (Kind::NoDecision, by),
            _ if says_it => (Kind::NoDecision, update_by),
            _ => (Kind::StillConsidering, update_by),
        };
        Some(NextWord::by(kind, by, self, policy, now))
    }

    /// The date of the law, unless the word that keeps it is on its way.
    fn law_next(&self, standing: &Standing, policy: &Policy) -> Option<DateTime<Utc>> {
        let preset = policy.law?.preset();
        let due = preset.due(standing.last_interview, standing.decision_told_at, self.job_zone);
        due.filter(|_| !self.open().any(|message| message.kind == Kind::NoDecision))
    }

    /// When the next holding note is due, as far as the record says: the date that the applicant was told, or `update_every` after the
    /// last word. While a message is on its way, the date that was set when it was owed.
    pub(super) fn update_by(&self, policy: &Policy, now: DateTime<Utc>) -> DateTime<Utc> {
        let since = self.standing.told_at.unwrap_or(now) + policy.update_every;
        let by = self.standing.promised_by.map_or(since, |told| told.min(since));
        let set = self.standing.next_word.filter(|word| word.kind != Kind::Received && word.by > now).map(|word| word.by);
        match set {
            Some(set) if by <= now || self.something_is_open() => set,
            _ if by > now => by,
            _ => now + policy.update_every,
        }
    }

    /// Whether a message is on its way, or waits for a person.
    pub(super) fn something_is_open(&self) -> bool {
        self.open().next().is_some()
    }

    /// Open messages that can still be stopped without doubt.
    pub(super) fn idle(&self) -> impl Iterator<Item = &super::Message> {
        self.open().filter(|message| message.state != State::Sending)
    }
}
