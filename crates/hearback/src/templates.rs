//! The texts that the settings ask for.

use anyhow::Context;
use hearback_mailer::{
    Composer,
    templates::{Finding, Folder},
};

use crate::config::Config;

/// What is wrong with a text of the operator's own is found here, and not by an applicant.
pub(crate) fn composer(config: &Config) -> anyhow::Result<Composer> {
    let Some(folder) = &config.mail.templates_dir else { return Ok(Composer::new()?) };
    let folder = Folder::read(folder).context("mail.templates_dir")?;
    let findings = folder.check();
    anyhow::ensure!(findings.is_empty(), "mail.templates_dir has texts that no applicant should get:\n{}", listed(&findings));
    Ok(Composer::with(&folder.templates)?)
}

fn listed(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("  {finding}")).collect::<Vec<_>>().join("\n")
}
