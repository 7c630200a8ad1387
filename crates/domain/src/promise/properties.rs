//! Whatever happens in whatever order, the promises hold.
//!
//! `PROPTEST_CASES=100000 cargo test --release -p hearback-domain properties` runs as many histories, and as many days of a world
//! that delivers.

mod model;
mod prompt_world;

use chrono::TimeDelta;
use proptest::prelude::*;

use self::model::{Model, Step, policies};
use super::*;
use crate::policy::Policy;

/// So many cases, or a `share` of what the environment asks for.
fn config(cases: u32, share: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { (asked.cases / share).max(1) } else { cases };
    ProptestConfig { cases, failure_persistence: None, ..asked }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let days = |most| (1..most * 24i64).prop_map(TimeDelta::hours);
    let channel = || prop::sample::select(Channel::ALL);
    let step = prop_oneof![
        2 => (prop::sample::select(Stage::ALL), any::<bool>()).prop_map(|(to, tell)| Step::Do(Happening::Moved { to, tell })),
        2 => (prop::option::of(days(60)), any::<bool>()).prop_map(|(after, exempt)| Step::Reject { after, exempt }),
        2 => Just(Step::Do(Happening::Unrejected)),
        1 => Just(Step::Do(Happening::Hired { words: None })),
        1 => any::<bool>().prop_map(|by_applicant| Step::Do(Happening::Withdrawn { by_applicant })),
        2 => Just(Step::Do(Happening::WrittenTo { words: "Yes.".to_owned() })),
        1 => Just(Step::Do(Happening::Replied)),
        1 => days(70).prop_map(Step::Postpone),
        2 => days(10).prop_map(Step::Interview),
        2 => (channel(), prop::sample::select(Said::ALL), days(3)).prop_map(|(channel, said, ago)| Step::Tell { channel, said, ago }),
        1 => any::<bool>().prop_map(Step::CloseJob),
        1 => (0..policies().len()).prop_map(Step::ChangePolicy),
        1 => Just(Step::Release),
        1 => Just(Step::Bounce),
        8 => Just(Step::Claim),
        8 => (0..8u8).prop_map(Step::End),
        2 => any::<u8>().prop_map(Step::Cancel),
        4 => days(21).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    #![proptest_config(config(400, 1))]

    #[test]
    fn no_history_ends_in_silence_or_leaves_a_wrong_belief_uncorrected(
        policy in 0..policies().len(),
        suspected_spam in any::<bool>(),
        has_address in prop::bool::weighted(0.9),
        steps in steps(),
    ) {
        let mut model = Model::submitted(policies()[policy].clone(), suspected_spam, has_address);
        model.check();
        for step in steps {
            model.step(&step);
            // As the ledger's periodic work does: whatever is due is seen to.
            model.happen(&Happening::NextWordDue).unwrap();
            model.happen(&Happening::DecisionDue).unwrap();
            model.check();
        }
    }

    #[test]
    fn the_same_policy_never_changes_anything(policy in 0..policies().len(), steps in steps()) {
        let mut model = Model::submitted(policies()[policy].clone(), false, true);
        for step in steps {
            model.step(&step);
            let same: &Policy = &model.policy.clone();
            let rederived = rederive::rederive(&model.facts(), same, same, model.now);
            let reads: Vec<String> = rederived.changes.iter().map(ToString::to_string).collect();
            // Where a date came nearer since the message was owed, it moves, and once it has moved it stays.
            prop_assert!(rederived.decision.standing == *model.standing() || model.standing().deadline.is_none(), "{reads:?}");
        }
    }
}
