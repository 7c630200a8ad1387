//! `hearback templates`

mod check;
mod export;
mod preview;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use hearback_mailer::templates::{Finding, Folder, Templates};

use super::loaded;
use crate::cli::{TemplatesCommand, Texts};

/// Needs no database. Settings are read for where the texts are.
pub(super) fn run(command: TemplatesCommand, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    match command {
        TemplatesCommand::Check { texts, json } => check::run(&Looked::at(texts, config)?, json),
        TemplatesCommand::Preview { texts, out } => preview::run(&Looked::at(texts, config)?, &out),
        TemplatesCommand::Export { out } => export::run(&out),
    }
}

/// Texts, where they are from, and what is wrong with them.
struct Looked {
    /// `None` for those that come with the program.
    folder: Option<PathBuf>,
    templates: Templates,
    findings: Vec<Finding>,
}

impl Looked {
    fn at(texts: Texts, config: Option<&Path>) -> anyhow::Result<Self> {
        let folder = match texts.dir {
            Some(folder) => Some(folder),
            None => loaded(config)?.config.mail.templates_dir,
        };
        Ok(match &folder {
            None => {
                let templates = Templates::built_in();
                Self { folder, findings: templates.check(), templates }
            }
            Some(path) => {
                let read = Folder::read(path)?;
                Self { folder, findings: read.check(), templates: read.templates }
            }
        })
    }
}
