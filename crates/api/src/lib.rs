#![doc = include_str!("../README.md")]

mod auth;
mod body;
mod careers;
mod condition;
mod contract;
mod docs;
mod document;
mod fields;
mod health;
mod pagination;
mod path;
mod problem;
mod refusals;
mod routes;
mod schema;
mod server;
mod text;
mod upsert;
mod v1;

pub use careers::Careers;
pub use document::openapi;
use hearback_ledger::Ledger;
pub use routes::configure;

/// What the API is made of.
#[derive(Clone, Debug)]
pub struct Api {
    pub ledger: Ledger,
    /// Where the outside reaches this server: `https://jobs.example.com`. Links to status pages begin with it.
    pub public_url: String,
    pub careers: Careers,
}
