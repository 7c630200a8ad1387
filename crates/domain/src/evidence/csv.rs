//! RFC 4180, for people who open it in a spreadsheet.

use std::fmt::Write;

use chrono::{DateTime, SecondsFormat, Utc};

use super::Evidence;

/// Writes lines, the first of which names the columns.
#[derive(Debug)]
pub struct Csv;

const COLUMNS: &str = "application_id,job_id,name,address,what,channel,outcome,told_at,due_at,notification_id,relay,acceptance,subject,text,\
    sha256,actor,note,last_interview_at,law\r\n";

impl Csv {
    pub fn head() -> &'static str {
        COLUMNS
    }

    pub fn line(evidence: &Evidence) -> String {
        let Evidence {
            application_id,
            job_id,
            name,
            address,
            what,
            channel,
            outcome,
            told_at,
            due_at,
            notification_id,
            relay,
            acceptance,
            subject,
            text,
            sha256,
            actor,
            note,
            last_interview_at,
            law,
        } = evidence;
        let time = |at: &Option<DateTime<Utc>>| at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default();
        let or_nothing = |text: &Option<String>| text.clone().unwrap_or_default();
        let fields = [
            application_id.to_string(),
            job_id.to_string(),
            name.clone(),
            address.clone(),
            what.clone(),
            channel.clone(),
            outcome.clone(),
            time(told_at),
            time(due_at),
            notification_id.map(|id| id.to_string()).unwrap_or_default(),
            or_nothing(relay),
            or_nothing(acceptance),
            or_nothing(subject),
            or_nothing(text),
            or_nothing(sha256),
            or_nothing(actor),
            or_nothing(note),
            time(last_interview_at),
            or_nothing(law),
        ];
        let mut line = String::with_capacity(256);
        for (at, field) in fields.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(line, "{comma}{}", quoted(field)).expect("a string takes all that is written");
        }
        line + "\r\n"
    }
}

/// A spreadsheet takes a field that begins like a formula for one, and an applicant chooses their name: an apostrophe before it makes it text.
fn quoted(field: &str) -> String {
    let is_formula = field.trim_start().starts_with(['=', '+', '-', '@']) || field.starts_with(['\t', '\r', '\n']);
    let text = if is_formula { format!("'{field}") } else { field.to_owned() };
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Evidence {
        Evidence {
            application_id: "app_06dkv8y2t5w1r3n9q7c4h0m8zg".parse().unwrap(),
            job_id: "job_06dkv8y2t5w1r3n9q7c4h0m8zg".parse().unwrap(),
            name: "=HYPERLINK(\"https://evil.example\")".to_owned(),
            address: "ada@example.net".to_owned(),
            what: "rejected".to_owned(),
            channel: "mail".to_owned(),
            outcome: "sent".to_owned(),
            told_at: DateTime::from_timestamp(1_796_000_000, 0),
            due_at: None,
            notification_id: None,
            relay: Some("relay".to_owned()),
            acceptance: Some("250 2.0.0 Ok: queued, really".to_owned()),
            subject: None,
            text: Some("Dear Ada,\n\nno.".to_owned()),
            sha256: None,
            actor: None,
            note: Some("-1".to_owned()),
            last_interview_at: None,
            law: None,
        }
    }

    #[test]
    fn no_field_is_taken_for_a_formula_or_for_two() {
        let line = Csv::line(&sample());
        assert!(line.contains(r#","'=HYPERLINK(""https://evil.example"")","#), "{line}");
        assert!(line.contains(r#","250 2.0.0 Ok: queued, really","#), "{line}");
        assert!(line.contains(",'-1,"), "{line}");
        assert!(line.contains("\"Dear Ada,\n\nno.\""), "{line}");
        assert!(line.ends_with("\r\n"));
    }

    #[test]
    fn every_column_has_a_name_and_every_field_a_column() {
        let plain = Evidence { name: "Ada".into(), acceptance: None, text: None, ..sample() };
        let names: Vec<&str> = Csv::head().trim_end().split(',').collect();
        assert_eq!(Csv::line(&plain).trim_end_matches("\r\n").split(',').count(), names.len());
        let json = serde_json::to_value(&plain).unwrap();
        let fields: std::collections::BTreeSet<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, names.into_iter().collect());
    }
}
