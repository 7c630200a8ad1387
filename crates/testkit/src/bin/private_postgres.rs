//! A PostgreSQL for as long as standard input stays open; prints its URL. `scripts/test` runs all tests on one.
#![expect(clippy::print_stdout, reason = "the URL is this program's answer")]

use std::io;

use hearback_testkit::postgres::{Cluster, ClusterError, Options};

fn main() -> Result<(), ClusterError> {
    let cluster = Cluster::start(Options::fast())?;
    println!("{}", cluster.url("postgres"));
    io::copy(&mut io::stdin(), &mut io::sink())?;
    cluster.stop()
}
