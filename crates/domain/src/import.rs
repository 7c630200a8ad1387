//! Applications of another system, as rows: how they are written, and what is wrong with one.

mod csv;
mod row;

pub use csv::{CsvError, CsvRecords};
pub use row::{COLUMNS, JobNamed, Problem, Row, Told, Written};
