use chrono::{DateTime, Utc};

use super::{Basis, Conflict, is_past_retention, kept_by_law};
use crate::{application::Status, policy::Policy, promise::Facts};

/// What has to happen before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// The application ends: the applicant withdraws.
    Withdraw,
    /// Nothing: it has ended, and they know or will know by what is on its way.
    Nothing,
}

/// Whether the data of this application may be erased, and whether it has to end for it. `ended_at` is when its record last changed.
///
/// Whoever asks to be forgotten withdraws. So they do while a decision waits that they do not know: a confirmation of their withdrawal
/// is there at once and gives nothing away, and nothing is kept for an embargo of weeks.
pub fn asked(basis: Basis, facts: &Facts, ended_at: DateTime<Utc>, policy: &Policy, now: DateTime<Utc>) -> Result<First, Conflict> {
    if let Some((law, until)) = kept_by_law(facts, policy, now) {
        return Err(Conflict::Law { law, until });
    }
    let is_active = facts.standing.status == Status::Active;
    match basis {
        Basis::Requested if is_active || facts.standing.under_embargo() => Ok(First::Withdraw),
        Basis::Requested => Ok(First::Nothing),
        Basis::Retention if is_active => Err(Conflict::Active),
        Basis::Retention if is_past_retention(policy, ended_at, now) => Ok(First::Nothing),
        Basis::Retention => Err(Conflict::NotYet),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        law::Law,
        promise::examples::{in_review, utc},
    };

    #[test]
    fn nobody_is_erased_while_they_wait_for_a_word_or_while_a_law_forbids_it() {
        let (now, long_ago) = (utc("2026-11-24T10:00:00+01:00"), utc("2024-11-01T10:00:00+01:00"));
        let told_in = |status, shown, told: Option<&str>| {
            let mut facts = in_review();
            facts.standing.status = status;
            facts.standing.shown_status = shown;
            facts.standing.decision_told_at = told.map(utc);
            facts
        };
        let told = Some("2024-11-01T10:00:00+01:00");
        let none = Policy::default();
        let ontario = Policy { law: Some(Law::Ontario), ..none.clone() };
        let two_years = Policy { retention: Some(TimeDelta::days(730)), ..none.clone() };
        let by_law = Err(Conflict::Law { law: Law::Ontario, until: "2027-11-01".parse().unwrap() });
        use Basis::{Requested, Retention};
        use Status::{Active, Hired, Rejected, Withdrawn};
        for (basis, facts, policy, expected, reason) in [
            (Requested, told_in(Active, Active, None), &none, Ok(First::Withdraw), "asking to be forgotten is withdrawing"),
            (Requested, told_in(Rejected, Active, None), &none, Ok(First::Withdraw), "the embargo is not waited for, nor broken"),
            (Requested, told_in(Rejected, Rejected, told), &none, Ok(First::Nothing), "they know"),
            (Requested, told_in(Hired, Hired, told), &none, Ok(First::Nothing), "a colleague may ask too"),
            (Requested, told_in(Withdrawn, Withdrawn, None), &none, Ok(First::Nothing), "the confirmation may be on its way"),
            (Requested, told_in(Rejected, Rejected, told), &ontario, by_law, "three years from the day they were told"),
            (Requested, told_in(Active, Active, told), &ontario, by_law, "\"no decision yet\" is what the law is about too"),
            (Requested, told_in(Active, Active, None), &ontario, Ok(First::Withdraw), "nothing was told that the law speaks of"),
            (Retention, told_in(Rejected, Rejected, told), &two_years, Ok(First::Nothing), "its time is over"),
            (Retention, told_in(Active, Active, None), &two_years, Err(Conflict::Active), "however old"),
            (Retention, told_in(Rejected, Rejected, told), &none, Err(Conflict::NotYet), "the policy does not say so"),
            (
                Retention,
                told_in(Rejected, Rejected, told),
                &Policy { law: Some(Law::Ontario), ..two_years.clone() },
                by_law,
                "the law is longer",
            ),
        ] {
            assert_eq!(asked(basis, &facts, long_ago, policy, now), expected, "{reason}");
        }
        let rejected = told_in(Rejected, Rejected, told);
        let last_day = long_ago + TimeDelta::days(730);
        assert_eq!(asked(Retention, &rejected, long_ago, &two_years, last_day - TimeDelta::seconds(1)), Err(Conflict::NotYet));
        assert_eq!(asked(Retention, &rejected, long_ago, &two_years, last_day), Ok(First::Nothing));
        assert_eq!(asked(Requested, &rejected, long_ago, &ontario, utc("2027-11-02T12:00:00+01:00")), Ok(First::Nothing));
    }
}
