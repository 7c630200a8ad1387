#![doc = include_str!("../README.md")]
#![expect(elided_lifetimes_in_paths, reason = "`MigrationTrait` is written that way, and async_trait compares to the letter")]

pub mod dialect;
mod m20261123_000001_records;
mod m20261123_000002_owed;
mod m20261125_000003_lookups;
mod m20261125_000004_outbox;
mod m20261125_000005_staff;
mod m20261125_000006_promises;
mod m20261127_000007_bulk;
mod m20261127_000009_contact;
mod m20261127_000011_audit;
mod m20261127_000012_contract;
mod m20261127_000013_feed;
mod m20261127_000014_attachments;
mod m20261127_000015_webhooks;
mod m20261127_000017_inbound;
mod m20261127_000020_policies;
mod m20261127_000021_conversation;
mod m20261127_000022_answers;
mod m20261127_000023_addresses;
mod m20261127_000024_erasure;
mod m20261127_000025_alerts;
mod m20261127_000027_sync;
mod m20261127_000029_reply_probe;

use sea_orm_migration::prelude::MigrationTrait;
pub use sea_orm_migration::prelude::MigratorTrait;

/// All steps, oldest first.
#[derive(Debug)]
pub struct Steps;

impl MigratorTrait for Steps {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_records::Step),
            Box::new(m20261123_000002_owed::Step),
            Box::new(m20261125_000003_lookups::Step),
            Box::new(m20261125_000004_outbox::Step),
            Box::new(m20261125_000005_staff::Step),
            Box::new(m20261125_000006_promises::Step),
            Box::new(m20261127_000007_bulk::Step),
            Box::new(m20261127_000009_contact::Step),
            Box::new(m20261127_000011_audit::Step),
            Box::new(m20261127_000012_contract::Step),
            Box::new(m20261127_000013_feed::Step),
            Box::new(m20261127_000014_attachments::Step),
            Box::new(m20261127_000015_webhooks::Step),
            Box::new(m20261127_000017_inbound::Step),
            Box::new(m20261127_000020_policies::Step),
            Box::new(m20261127_000021_conversation::Step),
            Box::new(m20261127_000022_answers::Step),
            Box::new(m20261127_000023_addresses::Step),
            Box::new(m20261127_000024_erasure::Step),
            Box::new(m20261127_000025_alerts::Step),
            Box::new(m20261127_000027_sync::Step),
            Box::new(m20261127_000029_reply_probe::Step),
        ]
    }
}
