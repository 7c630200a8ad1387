//! Drill 2: as drill 1, but whoever was killed is away for a second: clients and leases have to wait for it.

use std::time::Duration;

use crate::{drill::Options, drill_01_kills, outcome::Outcome};

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    drill_01_kills::run(options, Duration::from_secs(1)).await
}
