//! Many rows in one statement, the same for both databases.
//!
//! A batch becomes a common table expression with a name and typed columns; what follows it is ordinary SQL. The statement's text depends
//! on the columns only, never on the number of rows, so that each database prepares it once.
//!
//! PostgreSQL gets one array literal a column (`UNNEST`), SQLite one JSON document (`json_each`). Not arrays as parameters: sea-query
//! cannot bind an array with a NULL in it. Not JSON for both: PostgreSQL takes six times as long to read it.
//!
//! What is chosen by id and must be in a state as well says `state || '' = …`, which no index over states fits: after a table has grown
//! fast, PostgreSQL still believes that hardly a row is in that state, and would read all of those instead of the few by their ids
//! (measured: 25 ms instead of 0.1 for one of ten thousand).

use std::fmt::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use data_encoding::HEXLOWER;
use sea_orm::{DbBackend, Statement, Value};
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Uuid(&'static str),
    Text(&'static str),
    Time(&'static str),
    Int(&'static str),
    Bool(&'static str),
    Bytes(&'static str),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Null,
    Uuid(Uuid),
    Text(String),
    Time(DateTime<Utc>),
    Int(i64),
    Bool(bool),
    Bytes(Vec<u8>),
}

/// Rows whose cells stand in the order of the columns.
#[derive(Clone, Debug)]
pub(crate) struct Rows<const N: usize> {
    columns: [Column; N],
    rows: Vec<[Cell; N]>,
}

/// The one, then the other.
pub(crate) fn beside<T, const A: usize, const B: usize, const N: usize>(one: [T; A], other: [T; B]) -> [T; N] {
    const { assert!(A + B == N, "every element has its place") };
    let mut all = one.into_iter().chain(other);
    std::array::from_fn(|_| all.next().expect("there are as many as places"))
}

impl<const N: usize> Rows<N> {
    pub(crate) fn new(columns: [Column; N], rows: impl IntoIterator<Item = [Cell; N]>) -> Self {
        Self { columns, rows: rows.into_iter().collect() }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// `WITH v(…) AS (…)`, then `rest`, which may use `v` and has no parameters of its own.
    pub(crate) fn statement(&self, backend: DbBackend, rest: &str) -> Statement {
        let names = self.columns.map(Column::name).join(", ");
        let (source, values) = match backend {
            DbBackend::Sqlite => (self.json_each(), vec![Value::from(self.json())]),
            _ => (self.unnest(), (0..N).map(|at| Value::from(self.array(at))).collect()),
        };
        Statement::from_sql_and_values(backend, format!("WITH v({names}) AS ({source}) {rest}"), values)
    }

    fn unnest(&self) -> String {
        let mut arrays = String::new();
        for (at, column) in self.columns.iter().enumerate() {
            let separator = if at == 0 { "" } else { ", " };
            // Bound as text and cast by the server: the literal is the array's own text form.
            let _ = write!(arrays, "{separator}CAST(CAST(${} AS text) AS {}[])", at + 1, column.postgres_type());
        }
        format!("SELECT * FROM UNNEST({arrays})")
    }

    fn json_each(&self) -> String {
        let cells: Vec<String> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| match column {
                Column::Uuid(_) | Column::Bytes(_) => format!("unhex(value->>{at})"),
                Column::Text(_) | Column::Time(_) | Column::Int(_) | Column::Bool(_) => format!("value->>{at}"),
            })
            .collect();
        format!("SELECT {} FROM json_each($1)", cells.join(", "))
    }

    fn json(&self) -> String {
        let row = |row: &[Cell; N]| serde_json::Value::Array(row.iter().map(Cell::json).collect());
        serde_json::Value::Array(self.rows.iter().map(row).collect()).to_string()
    }

    fn array(&self, at: usize) -> String {
        let mut literal = String::from("{");
        for (number, row) in self.rows.iter().enumerate() {
            if number > 0 {
                literal.push(',');
            }
            row[at].array_element(&mut literal);
        }
        literal.push('}');
        literal
    }
}

impl Column {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Uuid(name) | Self::Text(name) | Self::Time(name) | Self::Int(name) | Self::Bool(name) | Self::Bytes(name) => name,
        }
    }

    const fn postgres_type(self) -> &'static str {
        match self {
            Self::Uuid(_) => "uuid",
            Self::Text(_) => "text",
            Self::Time(_) => "timestamptz",
            Self::Int(_) => "bigint",
            Self::Bool(_) => "boolean",
            Self::Bytes(_) => "bytea",
        }
    }
}

impl Cell {
    fn json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Uuid(uuid) => uuid.simple().to_string().into(),
            Self::Text(text) => text.as_str().into(),
            Self::Time(time) => stored(*time).into(),
            Self::Int(number) => (*number).into(),
            Self::Bool(truth) => i64::from(*truth).into(),
            Self::Bytes(bytes) => HEXLOWER.encode(bytes).into(),
        }
    }

    /// PostgreSQL's manual, section 8.15.6.
    fn array_element(&self, literal: &mut String) {
        let written = match self {
            Self::Null => write!(literal, "NULL"),
            Self::Uuid(uuid) => write!(literal, "{}", uuid.simple()),
            Self::Time(time) => write!(literal, "\"{}\"", stored(*time)),
            Self::Int(number) => write!(literal, "{number}"),
            Self::Bool(truth) => write!(literal, "{truth}"),
            Self::Bytes(bytes) => write!(literal, "\"\\\\x{}\"", HEXLOWER.encode(bytes)),
            Self::Text(text) => {
                literal.push('"');
                for c in text.chars() {
                    if matches!(c, '"' | '\\') {
                        literal.push('\\');
                    }
                    literal.push(c);
                }
                literal.push('"');
                Ok(())
            }
        };
        written.expect("a string takes all that is written to it");
    }
}

impl<T> From<Option<T>> for Cell
where
    Self: From<T>,
{
    fn from(given: Option<T>) -> Self {
        given.map_or(Self::Null, Self::from)
    }
}

impl From<Uuid> for Cell {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<DateTime<Utc>> for Cell {
    fn from(time: DateTime<Utc>) -> Self {
        Self::Time(time)
    }
}

/// As sqlx writes a time to SQLite, so that times sort and compare whoever wrote them.
fn stored(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, false)
}

#[cfg(test)]
mod tests;
