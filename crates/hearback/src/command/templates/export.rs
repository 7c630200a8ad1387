use std::{
    fs,
    io::{self, ErrorKind, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::Context;
use hearback_domain::{locale::Locale, notification::Kind};
use hearback_mailer::templates::{Templates, built_in_name};

/// Never writes over what somebody may have changed.
pub(super) fn run(folder: &Path) -> anyhow::Result<ExitCode> {
    let templates = Templates::built_in();
    let (mut written, mut kept) = (0, 0);
    for (kind, locale) in Kind::ALL.iter().flat_map(|kind| Locale::ALL.iter().map(|locale| (*kind, *locale))) {
        let path = folder.join(built_in_name(kind, locale));
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
        match fs::File::create_new(&path).and_then(|mut file| file.write_all(templates.text(kind, locale).as_bytes())) {
            Ok(()) => written += 1,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => kept += 1,
            Err(error) => return Err(error).with_context(|| format!("{} cannot be written", path.display())),
        }
    }
    let mut out = io::stdout();
    writeln!(
        out,
        "{written} texts written to {}{}",
        folder.display(),
        if kept > 0 { format!(", {kept} were there already") } else { String::new() }
    )?;
    writeln!(out, "change what you like and delete the kinds that you keep as they are, each in all languages; then")?;
    writeln!(out, "    hearback templates check --dir {}", folder.display())?;
    writeln!(out, "and set [mail] templates_dir to the folder")?;
    Ok(ExitCode::SUCCESS)
}
