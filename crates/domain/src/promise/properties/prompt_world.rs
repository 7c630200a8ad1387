//! In a world that delivers, dates are kept: whatever recruiters do or leave undone.

use super::*;
use crate::{law::Law, notification::Kind};

/// What a recruiter does at some hour.
fn doings() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let days = |most| (1..most * 24i64).prop_map(TimeDelta::hours);
    let step = prop_oneof![
        3 => (prop::sample::select(Stage::ALL), any::<bool>()).prop_map(|(to, tell)| Step::Do(Happening::Moved { to, tell })),
        2 => days(9).prop_map(Step::Interview),
        1 => days(59).prop_map(Step::Postpone),
        1 => Just(Step::Tell { channel: Channel::Phone, said: Said::Update, ago: TimeDelta::zero() }),
        1 => prop::option::of(days(60)).prop_map(|after| Step::Reject { after, exempt: false }),
        1 => Just(Step::CloseJob(false)),
    ];
    prop::collection::vec((0..DAYS * 24, step), 0..12)
}

const DAYS: i64 = 130;

proptest! {
    #![proptest_config(config(8, DAYS as u32))]

    #[test]
    fn every_date_that_was_told_and_every_date_of_the_law_is_kept(law in any::<bool>(), start in 0..24 * 365i64, doings in doings()) {
        let policy = Policy { law: law.then_some(Law::Ontario), ..Policy::default() };
        let first: chrono::DateTime<chrono::Utc> = "2026-01-05T15:00:00Z".parse().unwrap();
        let mut model = Model::submitted_at(policy, false, true, first + TimeDelta::hours(start));
        for hour in 0..DAYS * 24 {
            for (_, step) in doings.iter().filter(|(at, _)| *at == hour) {
                model.step(step);
            }
            // A tick every twenty minutes; what may go out is accepted at once.
            for _ in 0..3 {
                model.now += TimeDelta::minutes(20);
                model.happen(&Happening::NextWordDue).unwrap();
                model.happen(&Happening::DecisionDue).unwrap();
                while model.can_claim() {
                    model.claim();
                    model.end(0);
                }
            }
            model.check();
            if model.standing().shown_status == crate::application::Status::Active {
                let overdue = model.facts().hard_due(&model.policy).filter(|(_, by)| *by < model.now);
                prop_assert!(overdue.is_none(), "{overdue:?} at {}", model.now);
            }
        }
        let words: usize = [Kind::StillConsidering, Kind::NoDecision].map(|kind| model.told(kind)).iter().sum();
        prop_assert!(words <= 22, "{words} words without news in {DAYS} days");
    }
}
