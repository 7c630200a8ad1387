//! PostgreSQL's own bench program: what plain statements can do.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, ensure};
use hearback_testkit::postgres::Cluster;
use tokio::task::spawn_blocking;

/// As many as the peers' limit is measured with.
const CLIENTS: &str = "16";

const SECONDS: &str = "8";

/// Transactions a second, one script each.
pub(crate) async fn rate(cluster: &Cluster, url: &str, script: &str) -> anyhow::Result<f64> {
    let (program, url, script) = (cluster.program("pgbench"), url.to_owned(), script.to_owned());
    spawn_blocking(move || run(&program, &url, &script)).await?
}

fn run(program: &Path, url: &str, script: &str) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("script.sql");
    fs::write(&file, script)?;
    let output = Command::new(program)
        .arg("-f")
        .arg(&file)
        .args(["-n", "-M", "prepared", "-c", CLIENTS, "-j", "2", "-T", SECONDS, url])
        .output()
        .with_context(|| format!("{} cannot be run; on Debian it comes with PostgreSQL's server", program.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "pgbench ended with {}: {said}{}", output.status, String::from_utf8_lossy(&output.stderr));
    tps(&said).with_context(|| format!("pgbench names no rate: {said}"))
}

/// `tps = 10600.5 (without initial connection time)`
fn tps(said: &str) -> Option<f64> {
    said.lines().find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_from_among_the_rest() {
        let said = "transaction type: script.sql\nlatency average = 1.5 ms\ntps = 10600.52 (without initial connection time)\n";
        assert_eq!(tps(said), Some(10_600.52));
        assert_eq!(tps("pgbench: error"), None);
    }
}
