//! What one board or one job does differently.

use chrono::TimeDelta;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Policy, PolicyProblem, Undecided};
use crate::{
    calendar::{Calendar, Delay, QuietHours},
    law::Law,
};

/// The parts of a policy that a board or a job sets for itself. What it leaves out is as in the policy above it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overrides {
    #[serde(skip_serializing_if = "Option::is_none", with = "length")]
    pub acknowledge_within: Option<TimeDelta>,
    #[serde(skip_serializing_if = "Option::is_none", with = "length")]
    pub update_every: Option<TimeDelta>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reject_after_delay: Option<Delay>,
    #[serde(skip_serializing_if = "Option::is_none", with = "length")]
    pub deliver_within: Option<TimeDelta>,
    #[serde(skip_serializing_if = "Option::is_none", with = "length")]
    pub decide_within: Option<TimeDelta>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undecided: Option<Undecided>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_replies_within: Option<Delay>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<OrNone<QuietHours>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bulk_cap: Option<u32>,
    /// A calendar replaces the one above it as a whole: another country has other holidays, not more of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Calendar>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub law: Option<OrNone<Law>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention: Option<OrNone<Kept>>,
}

/// A length of time that is no number of working days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Delay", into = "Delay")]
pub struct Kept(pub TimeDelta);

/// Something else than above, or, written as `"none"`, nothing where there was something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrNone<T> {
    None,
    Some(T),
}

impl Policy {
    /// This policy with what is different here: `organisation.with(&board)?.with(&job)?`. Problems name the field.
    pub fn with(&self, overrides: &Overrides) -> Result<Self, Vec<PolicyProblem>> {
        let Overrides {
            acknowledge_within,
            update_every,
            reject_after_delay,
            deliver_within,
            decide_within,
            undecided,
            answer_replies_within,
            quiet_hours,
            bulk_cap,
            calendar,
            law,
            retention,
        } = overrides;
        let merged = Self {
            acknowledge_within: acknowledge_within.unwrap_or(self.acknowledge_within),
            update_every: update_every.unwrap_or(self.update_every),
            reject_after_delay: reject_after_delay.unwrap_or(self.reject_after_delay),
            deliver_within: deliver_within.unwrap_or(self.deliver_within),
            decide_within: decide_within.unwrap_or(self.decide_within),
            undecided: undecided.unwrap_or(self.undecided),
            answer_replies_within: answer_replies_within.unwrap_or(self.answer_replies_within),
            quiet_hours: OrNone::over(*quiet_hours, self.quiet_hours),
            bulk_cap: bulk_cap.unwrap_or(self.bulk_cap),
            calendar: calendar.clone().unwrap_or_else(|| self.calendar.clone()),
            law: OrNone::over(*law, self.law),
            retention: OrNone::over(*retention, self.retention.map(Kept)).map(|kept| kept.0),
        };
        merged.validated()
    }
}

/// All of it said: over any other policy it gives the same one again.
impl From<&Policy> for Overrides {
    fn from(policy: &Policy) -> Self {
        let Policy {
            acknowledge_within,
            update_every,
            reject_after_delay,
            deliver_within,
            decide_within,
            undecided,
            answer_replies_within,
            quiet_hours,
            bulk_cap,
            calendar,
            law,
            retention,
        } = policy.clone();
        Self {
            acknowledge_within: Some(acknowledge_within),
            update_every: Some(update_every),
            reject_after_delay: Some(reject_after_delay),
            deliver_within: Some(deliver_within),
            decide_within: Some(decide_within),
            undecided: Some(undecided),
            answer_replies_within: Some(answer_replies_within),
            quiet_hours: Some(quiet_hours.map_or(OrNone::None, OrNone::Some)),
            bulk_cap: Some(bulk_cap),
            calendar: Some(calendar),
            law: Some(law.map_or(OrNone::None, OrNone::Some)),
            retention: Some(retention.map_or(OrNone::None, |length| OrNone::Some(Kept(length)))),
        }
    }
}

impl TryFrom<Delay> for Kept {
    type Error = &'static str;

    fn try_from(delay: Delay) -> Result<Self, Self::Error> {
        match delay {
            Delay::Time(length) => Ok(Self(length)),
            Delay::WorkingDays(_) => Err("counted in hours or days, not in working days"),
        }
    }
}

impl From<Kept> for Delay {
    fn from(kept: Kept) -> Self {
        Self::Time(kept.0)
    }
}

impl<T> OrNone<T> {
    fn over(overriding: Option<Self>, above: Option<T>) -> Option<T> {
        match overriding {
            None => above,
            Some(Self::None) => None,
            Some(Self::Some(value)) => Some(value),
        }
    }
}

impl<T: Serialize> Serialize for OrNone<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_str("none"),
            Self::Some(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OrNone<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        enum Nothing {
            #[serde(rename = "none")]
            None,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either<T> {
            Nothing(Nothing),
            Something(T),
        }
        Ok(match Either::deserialize(deserializer)? {
            Either::Nothing(Nothing::None) => Self::None,
            Either::Something(value) => Self::Some(value),
        })
    }
}

/// A length of time that cannot be a number of working days.
mod length {
    use super::{Delay, Deserialize, Deserializer, Error, Serialize, Serializer, TimeDelta};

    pub(super) fn serialize<S: Serializer>(length: &Option<TimeDelta>, serializer: S) -> Result<S::Ok, S::Error> {
        length.map(Delay::Time).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<TimeDelta>, D::Error> {
        match Option::<Delay>::deserialize(deserializer)? {
            None => Ok(None),
            Some(Delay::Time(length)) => Ok(Some(length)),
            Some(Delay::WorkingDays(_)) => Err(D::Error::custom("counted in hours or days, not in working days")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Wrong;

    fn read(json: &str) -> Result<Overrides, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn a_job_overrides_its_board_and_the_board_the_organisation() {
        let organisation = Policy { law: Some(Law::Ontario), ..Policy::default() };
        let board = read(r#"{"update_every": "7 days", "quiet_hours": "none", "reject_after_delay": "1 working day"}"#).unwrap();
        let job = read(r#"{"update_every": "10 days", "law": "none", "bulk_cap": 5}"#).unwrap();
        let merged = organisation.with(&board).unwrap().with(&job).unwrap();
        let expected = Policy {
            update_every: TimeDelta::days(10),
            reject_after_delay: Delay::WorkingDays(1),
            quiet_hours: None,
            bulk_cap: 5,
            law: None,
            ..organisation.clone()
        };
        assert_eq!(merged, expected);
        assert_eq!(organisation.with(&Overrides::default()), Ok(organisation));
    }

    #[test]
    fn overrides_read_as_they_were_written() {
        let json = concat!(
            r#"{"acknowledge_within":"5 minutes","update_every":"7 days","reject_after_delay":"2 working days","deliver_within":"2 hours","#,
            r#""decide_within":"30 days","undecided":"reject","answer_replies_within":"1 day","quiet_hours":{"from":"21:00:00","to":"07:30:00"},"#,
            r#""bulk_cap":20,"calendar":{"weekend":["Fri","Sat"],"holidays":["2026-12-02"]},"law":"CA-ON","retention":"730 days"}"#,
        );
        let overrides = read(json).unwrap();
        assert_eq!(serde_json::to_string(&overrides).unwrap(), json);
        assert_eq!(serde_json::to_string(&Overrides::default()).unwrap(), "{}");
    }

    #[test]
    fn a_policy_said_as_overrides_is_the_same_over_any_other() {
        let other =
            Policy { law: Some(Law::Ontario), retention: Some(TimeDelta::days(730)), quiet_hours: None, bulk_cap: 7, ..Policy::default() };
        for policy in [Policy::default(), other.clone()] {
            let said: Overrides = read(&serde_json::to_string(&Overrides::from(&policy)).unwrap()).unwrap();
            assert_eq!(other.with(&said), Ok(policy));
        }
    }

    #[test]
    fn what_cannot_be_read_or_makes_no_sense_is_named() {
        for (json, says) in [
            (r#"{"update_evry": "7 days"}"#, "unknown field `update_evry`"),
            (r#"{"update_every": "7 working days"}"#, "not in working days"),
            (r#"{"law": "CA-QC"}"#, "data did not match"),
            (r#"{"undecided": "close"}"#, "`close` is not a undecided rule; expected one of tell, reject"),
        ] {
            let error = read(json).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        let problems = Policy::default().with(&read(r#"{"update_every": "0 s"}"#).unwrap()).unwrap_err();
        assert_eq!(problems[0], PolicyProblem { field: "update_every", wrong: Wrong::Nothing });
    }
}
