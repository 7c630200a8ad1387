//! What a bench found, for people and for programs.

use hearback_testkit::database::DatabaseKind;
use serde_json::{Map, Value, json};

use crate::{bench::Bench, spread::Spread};

#[derive(Debug, Default)]
pub(crate) struct Figure {
    pub(crate) figure: f64,
    pub(crate) unit: &'static str,
    /// In the same unit, measured in the same run.
    pub(crate) limit: Option<f64>,
    pub(crate) spread: Option<Spread>,
    pub(crate) rss_mb: Option<f64>,
}

impl Figure {
    /// Ends with one line of JSON, without what does not apply.
    pub(crate) fn print(&self, bench: Bench, db: DatabaseKind) {
        let Self { figure, unit, limit, spread, rss_mb } = self;
        let ratio = limit.map(|limit| figure / limit);
        if let Some(ratio) = ratio {
            println!("  {ratio:.2} of the limit");
        }
        let mut line = Map::new();
        line.extend([("bench".to_owned(), json!(bench.to_string())), ("db".to_owned(), json!(db.as_str()))]);
        line.extend([("figure".to_owned(), rounded(*figure)), ("unit".to_owned(), json!(unit))]);
        let [p50_ms, p99_ms] = [Spread::p50, Spread::p99].map(|part| spread.as_ref().map(|spread| part(spread).as_secs_f64() * 1e3));
        for (name, value) in [("limit", *limit), ("ratio", ratio), ("p50_ms", p50_ms), ("p99_ms", p99_ms), ("rss_mb", *rss_mb)] {
            line.extend(value.map(|value| (name.to_owned(), rounded(value))));
        }
        println!("{}", Value::Object(line));
    }
}

/// More digits than these are noise.
fn rounded(value: f64) -> Value {
    if value.abs() >= 1000.0 { json!(value.round() as i64) } else { json!((value * 1000.0).round() / 1000.0) }
}

/// One line of the table.
pub(crate) fn row(label: &str, value: &str) {
    println!("  {label:<62} {value}");
}

pub(crate) fn per_second(rate: f64) -> String {
    format!("{rate:>9.0} /s")
}
