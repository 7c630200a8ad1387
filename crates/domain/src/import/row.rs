use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    EmailAddress,
    application::{RejectionReason, Stage, Status},
    ids::JobId,
    locale::Locale,
    one_line::one_line,
    promise::{
        Channel, Said,
        import::{Imported, ToldThere},
    },
};

/// One row as it is written: every value is text, and what is left empty was not given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Written {
    pub external_id: Option<String>,
    pub job: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub locale: Option<String>,
    pub applied_at: Option<String>,
    pub stage: Option<String>,
    pub status: Option<String>,
    pub reason: Option<String>,
    pub told: Option<Told>,
    pub exemption: Option<String>,
}

/// What the other system told the applicant last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Told {
    pub said: Option<String>,
    pub channel: Option<String>,
    pub at: Option<String>,
}

/// The columns of a table, in any order.
pub const COLUMNS: [&str; 13] = [
    "external_id",
    "job",
    "name",
    "email",
    "locale",
    "applied_at",
    "stage",
    "status",
    "reason",
    "told_said",
    "told_channel",
    "told_at",
    "exemption",
];

/// A job by its id here, or by the caller's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JobNamed {
    Id(JobId),
    ExternalId(String),
}

/// One row as it is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The other system's id, unique for its job: the same row again changes nothing.
    pub external_id: String,
    pub job: JobNamed,
    pub name: String,
    pub email: EmailAddress,
    /// Without, the board's.
    pub locale: Option<Locale>,
    pub applied_at: DateTime<Utc>,
    pub imported: Imported,
    /// Of a rejection.
    pub reason: RejectionReason,
    /// Why the applicant gets no message about how it ended.
    pub exemption: Option<String>,
}

/// What is wrong with a row, and what to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Empty for the row as a whole.
    pub field: &'static str,
    pub detail: String,
}

const LONGEST_ID: usize = 200;
const LONGEST_NAME: usize = 200;
const LONGEST_REASON: usize = 1_000;

impl Written {
    /// From a line of a table, by its columns.
    pub fn of_table(header: &[String], record: Vec<String>) -> Result<Self, Problem> {
        if record.len() != header.len() {
            let detail = format!("has {} values, and the first line names {} columns", record.len(), header.len());
            return Err(Problem { field: "", detail });
        }
        let (mut row, mut told) = (Self::default(), Told::default());
        for (column, value) in header.iter().zip(record) {
            let value = Some(value).filter(|value| !value.trim().is_empty());
            match column.as_str() {
                "external_id" => row.external_id = value,
                "job" => row.job = value,
                "name" => row.name = value,
                "email" => row.email = value,
                "locale" => row.locale = value,
                "applied_at" => row.applied_at = value,
                "stage" => row.stage = value,
                "status" => row.status = value,
                "reason" => row.reason = value,
                "told_said" => told.said = value,
                "told_channel" => told.channel = value,
                "told_at" => told.at = value,
                "exemption" => row.exemption = value,
                _ => {}
            }
        }
        row.told = Some(told).filter(|told| *told != Told::default());
        Ok(row)
    }

    /// What it means, or everything that is wrong with it.
    pub fn read(self, now: DateTime<Utc>) -> Result<Row, Vec<Problem>> {
        let Self { external_id, job, name, email, locale, applied_at, stage, status, reason, told, exemption } = self;
        let mut problems = Problems(Vec::new());
        let external_id = problems.required("external_id", external_id, |text| one_line(text, LONGEST_ID));
        let job = problems.required("job", job, job_named);
        let name = problems.required("name", name, |text| one_line(text, LONGEST_NAME));
        let email = problems.required("email", email, str::parse::<EmailAddress>);
        let locale = problems.optional("locale", locale, str::parse::<Locale>);
        let applied_at = problems.required("applied_at", applied_at, |text| past(text, now));
        let stage = problems.optional("stage", stage, str::parse::<Stage>);
        let status = problems.required("status", status, str::parse::<Status>);
        let reason = problems.optional("reason", reason, str::parse::<RejectionReason>);
        let told = match told {
            None => Some(None),
            Some(Told { said, channel, at }) => {
                let said = problems.required("told.said", said, str::parse::<Said>);
                let channel = problems.required("told.channel", channel, str::parse::<Channel>);
                let at = problems.required("told.at", at, |text| past(text, now));
                (|| Some(Some(ToldThere { said: said?, channel: channel?, at: at? })))()
            }
        };
        let exemption = problems.optional("exemption", exemption, |text| one_line(text, LONGEST_REASON));
        if let (Some(status), Some(Some(told))) = (status, told) {
            problems.agree(status, told);
        }
        if status == Some(Status::Active) && matches!(exemption, Some(Some(_))) {
            problems.note("exemption", "is of an application that has ended; whoever still waits is owed a word: leave it out".to_owned());
        }
        if matches!((told, &exemption), (Some(Some(_)), Some(Some(_)))) {
            problems.note("exemption", "says that nobody told them, and `told` that somebody did: leave one out".to_owned());
        }
        if status.is_some_and(|status| status != Status::Rejected) && matches!(reason, Some(Some(_))) {
            problems.note("reason", "is of a rejection: leave it out".to_owned());
        }
        let row = || {
            let exemption = exemption?;
            Some(Row {
                external_id: external_id?,
                job: job?,
                name: name?,
                email: email?,
                locale: locale?,
                applied_at: applied_at?,
                imported: Imported { stage: stage?.unwrap_or(Stage::Received), status: status?, told: told?, exempt: exemption.is_some() },
                reason: reason?.unwrap_or(RejectionReason::Unspecified),
                exemption,
            })
        };
        match row() {
            Some(row) if problems.0.is_empty() => Ok(row),
            _ => Err(problems.0),
        }
    }
}

fn job_named(text: &str) -> Result<JobNamed, crate::one_line::InvalidLine> {
    text.trim().parse().map(JobNamed::Id).or_else(|_| one_line(text, LONGEST_ID).map(JobNamed::ExternalId))
}

fn past(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, &'static str> {
    let at = DateTime::parse_from_rfc3339(text.trim()).map_err(|_| "must be a time with an offset, such as 2026-11-23T10:00:00+01:00")?;
    let at = at.to_utc();
    // What no database of ours can hold, and no system can have recorded.
    if at < DateTime::UNIX_EPOCH {
        return Err("is before 1970");
    }
    if at > now { Err("is in the future") } else { Ok(at) }
}

struct Problems(Vec<Problem>);

impl Problems {
    fn note(&mut self, field: &'static str, detail: String) {
        self.0.push(Problem { field, detail });
    }

    fn required<T, E: std::fmt::Display>(
        &mut self,
        field: &'static str,
        given: Option<String>,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let Some(given) = given else {
            self.note(field, "is required".to_owned());
            return None;
        };
        read(&given).map_err(|error| self.note(field, error.to_string())).ok()
    }

    fn optional<T, E: std::fmt::Display>(
        &mut self,
        field: &'static str,
        given: Option<String>,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Option<T>> {
        match given {
            None => Some(None),
            Some(given) => self.required(field, Some(given), read).map(Some),
        }
    }

    /// Who knows how it ended was told the outcome, and nobody else was.
    fn agree(&mut self, status: Status, told: ToldThere) {
        let is_outcome = told.said == Said::Outcome;
        if status == Status::Active && is_outcome {
            self.note("told.said", "is `outcome`, and the application has none: give `update` or `no_decision`".to_owned());
        }
        if status != Status::Active && !is_outcome {
            let detail = format!("must be `outcome` where the application is {status}; if they do not know it, leave `told` out");
            self.note("told.said", detail);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-23T10:00:00Z".parse().unwrap()
    }

    fn good() -> Written {
        let text = |text: &str| Some(text.to_owned());
        Written {
            external_id: text("gh-1"),
            job: text("nurse"),
            name: text("Ada Okafor"),
            email: text("ada@example.net"),
            applied_at: text("2026-11-01T09:00:00+01:00"),
            status: text("active"),
            ..Written::default()
        }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once_with_its_field() {
        assert!(good().read(now()).is_ok());
        let text = |text: &str| Some(text.to_owned());
        let told = |said: &str| Some(Told { said: text(said), channel: text("phone"), at: text("2026-11-02T09:00:00Z") });
        for (row, fields) in [
            (Written { email: text("ada"), name: None, ..good() }, vec!["name", "email"]),
            (Written { applied_at: text("2026-12-01T09:00:00Z"), ..good() }, vec!["applied_at"]),
            (Written { applied_at: text("1.11.2026"), ..good() }, vec!["applied_at"]),
            (Written { status: text("declined"), ..good() }, vec!["status"]),
            (Written { told: told("outcome"), ..good() }, vec!["told.said"]),
            (Written { status: text("rejected"), told: told("update"), ..good() }, vec!["told.said"]),
            (Written { exemption: text("old"), ..good() }, vec!["exemption"]),
            (Written { status: text("rejected"), told: told("outcome"), exemption: text("old"), ..good() }, vec!["exemption"]),
            (Written { told: Some(Told::default()), ..good() }, vec!["told.said", "told.channel", "told.at"]),
            (Written { reason: text("other"), ..good() }, vec!["reason"]),
        ] {
            let problems = row.read(now()).unwrap_err();
            assert_eq!(problems.iter().map(|problem| problem.field).collect::<Vec<_>>(), fields, "{problems:?}");
        }
    }

    #[test]
    fn a_line_of_a_table_is_read_by_the_names_of_its_columns() {
        let header: Vec<String> = ["email", "status", "told_at"].map(str::to_owned).into();
        let row = Written::of_table(&header, vec!["ada@example.net".to_owned(), " ".to_owned(), "x".to_owned()]).unwrap();
        assert_eq!((row.email.as_deref(), row.status), (Some("ada@example.net"), None));
        assert_eq!(row.told, Some(Told { at: Some("x".to_owned()), ..Told::default() }));
        assert!(Written::of_table(&header, vec![String::new()]).is_err());
    }
}
