//! Two applications are one: the first carries what the duplicate promised.

use chrono::{DateTime, Utc};

use super::{
    CancelReason, Deadline, Decision, Facts, Message, Refusal, Verb,
    repair::{self, NextWordIs},
};
use crate::{
    application::Status,
    ids::ApplicationId,
    notification::{Kind, State},
    policy::Policy,
};

/// What makes two applications likely to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinship {
    pub same_application: bool,
    pub same_job: bool,
    pub same_person: bool,
    /// Both came in by a test key, or neither.
    pub equally_real: bool,
}

/// What follows for each of the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    pub duplicate: Decision,
    pub first: Decision,
}

/// Why two applications cannot be merged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotMerged {
    #[error("an application cannot be merged into itself")]
    Itself,
    #[error("the two are neither for the same job nor of the same address")]
    Unrelated,
    #[error("one of the two came in by a test key, and the other did not")]
    OneIsATest,
    #[error("the duplicate cannot be merged: {0}")]
    Duplicate(Refusal),
    #[error("the other one cannot take it over: {0}")]
    First(Refusal),
}

/// Nobody merged it, so nobody can take that back: the same person applied for the same job again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the application repeats {0}, of the same address and for the same job")]
pub struct Repeats(pub ApplicationId);

/// Nothing that the applicant was promised is lost: where the duplicate's next word, decision or law comes earlier, its date is from now on
/// the first one's. The acknowledgement that the duplicate owes still goes out, for whoever applied waits for it, and so does a correction.
/// Everything else that it owes is taken back: the first says it.
pub fn merged(duplicate: &Facts, first: &Facts, kin: Kinship, policy: &Policy, now: DateTime<Utc>) -> Result<Merged, NotMerged> {
    let Kinship { same_application, same_job, same_person, equally_real } = kin;
    match () {
        () if same_application => return Err(NotMerged::Itself),
        () if !same_job && !same_person => return Err(NotMerged::Unrelated),
        () if !equally_real => return Err(NotMerged::OneIsATest),
        () => {}
    }
    duplicate.allow(Verb::Merge).map_err(NotMerged::Duplicate)?;
    first.allow(Verb::Merge).map_err(NotMerged::First)?;
    let mut carried = duplicate.unchanged();
    carried.standing.next_word = None;
    carried.take_back_for_good(duplicate, &[Kind::StageChanged, Kind::StillConsidering, Kind::NoDecision], CancelReason::Merged);
    Ok(Merged { duplicate: carried, first: take_over(duplicate, first, policy, now) })
}

fn take_over(duplicate: &Facts, first: &Facts, policy: &Policy, now: DateTime<Utc>) -> Decision {
    let mut decision = first.unchanged();
    let told = told_date(duplicate, first);
    let standing = &mut decision.standing;
    standing.promised_by = [standing.promised_by, told].into_iter().flatten().min();
    standing.deadline = earlier(standing.deadline, duplicate.standing.deadline);
    let law = |facts: &Facts| facts.law_due(policy);
    if law(duplicate).is_some_and(|due| law(first).is_none_or(|own| due < own)) {
        standing.last_interview = duplicate.standing.last_interview;
    } else {
        standing.last_interview = standing.last_interview.or(duplicate.standing.last_interview);
    }
    // An acknowledgement that is not out yet stays the next word; once it is, the date that was told earlier counts.
    if first.standing.next_word.is_none_or(|word| word.kind != Kind::Received) {
        let own = first.update_by(policy, now);
        let set = duplicate.standing.next_word.filter(|word| word.kind != Kind::Received).map(|word| word.by);
        let by = [Some(own), told, set].into_iter().flatten().min().unwrap_or(own);
        decision.standing.next_word = first.next_word(&decision.standing, by, policy, now);
    }
    decision
}

/// The date of the next word that the duplicate's applicant knows, or will know from what still goes out. A word of the first that came
/// later has kept it, if it came by then.
fn told_date(duplicate: &Facts, first: &Facts) -> Option<DateTime<Utc>> {
    let goes_out = |message: &&Message| message.kind == Kind::Received || message.state == State::Sending;
    let dates = duplicate.open().filter(goes_out).filter_map(|message| message.promised_by).chain(duplicate.standing.promised_by);
    let kept = |date: &DateTime<Utc>| {
        let since = duplicate.standing.told_at;
        first.standing.told_at.is_some_and(|told| told >= *date && since.is_none_or(|since| told > since))
    };
    dates.filter(|date| !kept(date)).min()
}

fn earlier(one: Option<Deadline>, other: Option<Deadline>) -> Option<Deadline> {
    [one, other].into_iter().flatten().min_by_key(|deadline| deadline.by)
}

/// The duplicate stands by itself again; one that does already stays as it is. What the first took over, it keeps: an earlier date is
/// nobody's loss.
pub fn parted(facts: &Facts, repeats: bool, policy: &Policy, now: DateTime<Utc>) -> Result<Decision, Repeats> {
    let Some(first) = facts.carried_by else { return Ok(facts.unchanged()) };
    if repeats {
        return Err(Repeats(first));
    }
    let mut alone = Facts { carried_by: None, ..facts.clone() };
    if facts.standing.status == Status::Active {
        let left = alone.standing.deadline.filter(|deadline| deadline.by > now);
        alone.standing.deadline = left.or(Some(Deadline::new(policy, now)));
        alone.standing.next_word = None;
    }
    Ok(match repair::next_word(&alone, policy, now, now) {
        NextWordIs::Missing(standing) => Decision::unchanged(standing),
        NextWordIs::Whole | NextWordIs::Past => alone.unchanged(),
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;
    use crate::{
        law::Law,
        promise::{
            Happening, How, NextWord, Standing, decide,
            examples::{in_review, message, monday, rejected, utc},
        },
    };

    const KIN: Kinship = Kinship { same_application: false, same_job: true, same_person: false, equally_real: true };

    fn id() -> ApplicationId {
        Uuid::from_u128(7).into()
    }

    fn merge(duplicate: &Facts, first: &Facts) -> Merged {
        merged(duplicate, first, KIN, &Policy::default(), monday()).unwrap()
    }

    #[test]
    fn only_two_active_applications_of_one_job_or_one_person_are_merged() {
        let facts = in_review();
        let carried = Facts { carried_by: Some(id()), ..in_review() };
        let ended = rejected(State::Scheduled, false);
        let with = |duplicate, first, kin| merged(duplicate, first, kin, &Policy::default(), monday()).map(|_| ());
        assert_eq!(with(&facts, &facts, KIN), Ok(()));
        assert_eq!(with(&facts, &facts, Kinship { same_job: false, same_person: true, ..KIN }), Ok(()));
        for (duplicate, first, kin, why) in [
            (&facts, &facts, Kinship { same_application: true, ..KIN }, NotMerged::Itself),
            (&facts, &facts, Kinship { same_job: false, ..KIN }, NotMerged::Unrelated),
            (&facts, &facts, Kinship { equally_real: false, ..KIN }, NotMerged::OneIsATest),
            (&carried, &facts, KIN, NotMerged::Duplicate(Refusal::CarriedBy(id()))),
            (&facts, &carried, KIN, NotMerged::First(Refusal::CarriedBy(id()))),
            (&ended, &facts, KIN, NotMerged::Duplicate(ended.allow(Verb::Merge).unwrap_err())),
            (&facts, &ended, KIN, NotMerged::First(ended.allow(Verb::Merge).unwrap_err())),
        ] {
            assert_eq!(with(duplicate, first, kin), Err(why));
        }
    }

    #[test]
    fn what_the_duplicate_owes_is_taken_back_but_for_its_acknowledgement_and_a_correction() {
        let mut duplicate = in_review();
        duplicate.messages = vec![
            message(1, Kind::Received, State::Scheduled),
            message(2, Kind::StageChanged, State::Waiting),
            message(3, Kind::StillConsidering, State::Held),
            message(4, Kind::Correction, State::Waiting),
        ];
        let Merged { duplicate: decision, .. } = merge(&duplicate, &in_review());
        assert_eq!(decision.standing, Standing { next_word: None, ..duplicate.standing.clone() });
        let back: Vec<_> = decision.cancel.iter().map(|cancel| (cancel.id, cancel.how, cancel.reason)).collect();
        let at_once = |at: usize| (duplicate.messages[at].id, How::AtOnce, CancelReason::Merged);
        assert_eq!(back, [at_once(1), at_once(2)]);
        duplicate.messages = vec![message(1, Kind::StageChanged, State::Sending)];
        let cancel = merge(&duplicate, &in_review()).duplicate.cancel;
        assert_eq!(cancel.iter().map(|cancel| cancel.how).collect::<Vec<_>>(), [How::Requested], "a worker has it");
    }

    #[test]
    fn the_earliest_date_that_the_applicant_knows_is_kept_by_the_first() {
        let early = monday() + TimeDelta::days(3);
        let mut duplicate = in_review();
        duplicate.standing.promised_by = Some(early);
        let first = in_review();
        let Merged { first: decision, .. } = merge(&duplicate, &first);
        assert_eq!(decision.standing.promised_by, Some(early));
        assert_eq!(decision.standing.next_word.map(|word| (word.kind, word.by)), Some((Kind::StillConsidering, early)));
        // The other way round nothing changes.
        assert_eq!(merge(&first, &duplicate).first.standing.promised_by, Some(early));
        assert_eq!(merge(&in_review(), &in_review()).first, in_review().unchanged());
        // A rejection keeps that date too, whatever its undo window.
        let kept = Facts { standing: decision.standing, ..first };
        let late = Happening::Rejected { send_after: Some(early + TimeDelta::days(9)), words: None, exempt: false };
        let owe = decide(&late, &kept, &Policy::default(), monday()).unwrap().owe;
        assert!(owe[0].due_at <= early);
    }

    #[test]
    fn a_date_of_an_acknowledgement_that_still_goes_out_counts_and_one_that_was_kept_does_not() {
        let early = monday() + TimeDelta::days(3);
        let mut duplicate = in_review();
        duplicate.standing.promised_by = None;
        duplicate.standing.next_word = Some(NextWord { kind: Kind::Received, by: monday(), at: monday() });
        duplicate.messages = vec![message(1, Kind::Received, State::Scheduled)];
        duplicate.messages[0].promised_by = Some(early);
        assert_eq!(merge(&duplicate, &in_review()).first.standing.promised_by, Some(early));
        let over = monday() - TimeDelta::days(1);
        let mut duplicate = in_review();
        duplicate.standing.told_at = Some(monday() - TimeDelta::days(20));
        duplicate.standing.promised_by = Some(over);
        duplicate.standing.next_word = None;
        assert_eq!(merge(&duplicate, &in_review()).first, in_review().unchanged(), "the first had word since");
        let mut silent = in_review();
        silent.standing.told_at = Some(monday() - TimeDelta::days(2));
        let word = merge(&duplicate, &silent).first.standing.next_word.unwrap();
        assert!(word.by == over && word.at <= monday(), "it is overdue, and so it is due at once");
    }

    #[test]
    fn an_acknowledgement_that_comes_later_does_not_put_off_what_the_duplicate_was_told() {
        let early = monday() + TimeDelta::days(3);
        let mut duplicate = in_review();
        duplicate.standing.promised_by = Some(early);
        let mut first = in_review();
        let acknowledgement = Message { promised_by: Some(monday() + TimeDelta::days(14)), ..message(1, Kind::Received, State::Sending) };
        first.standing = Standing { promised_by: None, told_at: None, ..first.standing };
        first.standing.next_word = Some(NextWord { kind: Kind::Received, by: monday(), at: monday() });
        first.messages = vec![acknowledgement.clone()];
        let standing = merge(&duplicate, &first).first.standing;
        assert_eq!(standing.next_word, first.standing.next_word);
        let facts = Facts { standing, messages: vec![], ..first };
        let told = decide(&Happening::Accepted { message: acknowledgement }, &facts, &Policy::default(), monday()).unwrap().standing;
        assert_eq!((told.promised_by, told.next_word.map(|word| word.by)), (Some(early), Some(early)));
    }

    #[test]
    fn the_earlier_decision_and_the_earlier_law_are_due() {
        let policy = Policy { law: Some(Law::Ontario), ..Policy::default() };
        let mut duplicate = in_review();
        duplicate.standing.deadline = Some(Deadline::until(monday(), monday() + TimeDelta::days(5)));
        duplicate.standing.last_interview = Some(utc("2026-11-02T10:00:00+01:00"));
        let mut first = in_review();
        first.standing.last_interview = Some(utc("2026-11-20T10:00:00+01:00"));
        let taken = |duplicate: &Facts, first: &Facts| merged(duplicate, first, KIN, &policy, monday()).unwrap().first.standing;
        let standing = taken(&duplicate, &first);
        assert_eq!((standing.deadline, standing.last_interview), (duplicate.standing.deadline, duplicate.standing.last_interview));
        assert_eq!(taken(&first, &duplicate).last_interview, duplicate.standing.last_interview);
        // Told since that there is no decision: nothing is due for the earlier interview, and the later one stays.
        duplicate.standing.decision_told_at = Some(utc("2026-11-03T10:00:00+01:00"));
        assert_eq!(taken(&duplicate, &first).last_interview, first.standing.last_interview);
    }

    #[test]
    fn a_merger_is_taken_back_and_the_duplicate_has_a_next_word_again() {
        let mut facts = in_review();
        facts.standing = merge(&facts, &in_review()).duplicate.standing;
        facts.carried_by = Some(id());
        let part = |facts: &Facts, now| parted(facts, false, &Policy::default(), now);
        assert_eq!(part(&facts, monday()).unwrap(), in_review().unchanged());
        let later = monday() + TimeDelta::days(90);
        let standing = part(&facts, later).unwrap().standing;
        assert!(
            standing.next_word.unwrap().by > later && standing.deadline.unwrap().by > later,
            "nobody is told at once after all that time"
        );
        facts.messages = vec![message(1, Kind::Received, State::Scheduled)];
        assert_eq!(part(&facts, monday()).unwrap().standing.next_word.unwrap().kind, Kind::Received);
        facts.standing.status = Status::Withdrawn;
        assert_eq!(part(&facts, monday()).unwrap(), facts.unchanged());
        assert_eq!(parted(&facts, true, &Policy::default(), monday()), Err(Repeats(id())));
        facts.carried_by = None;
        assert_eq!(part(&facts, monday()).unwrap(), facts.unchanged());
    }
}
