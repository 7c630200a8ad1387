use std::{
    fmt::Write as _,
    fs,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::Context;
use hearback_domain::{locale::Locale, notification::Kind};
use hearback_mailer::{Composer, Letter, Preview, samples};

use super::Looked;

const PAGE: &str = include_str!("preview.html");

/// What a letter can have, and what it cannot do without.
type Sample = fn(Kind, Locale) -> Letter;

const SAMPLES: [(&str, Sample); 2] = [("", samples::letter), ("-bare", samples::bare_letter)];

/// `<kind>/<language>.html`, `.txt` and `.eml`, and the same with `-bare` for a mail with nothing but what it needs.
pub(super) fn run(looked: &Looked, folder: &Path) -> anyhow::Result<ExitCode> {
    let composer = Composer::with(&looked.templates)?;
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, bytes));
        made.with_context(|| format!("{} cannot be written", path.display()))
    };
    let (mut list, mut files) = (String::new(), 0);
    for kind in Kind::ALL {
        write!(list, "<h2>{kind}</h2>\n<table>\n")?;
        for locale in Locale::ALL {
            for (suffix, sample) in SAMPLES {
                let Preview { mail, html } = composer.preview(&sample(*kind, *locale)).with_context(|| format!("{kind}/{locale}.md"))?;
                let name = format!("{kind}/{locale}{suffix}");
                write(&format!("{name}.html"), html.as_bytes())?;
                write(&format!("{name}.txt"), mail.text.as_bytes())?;
                write(&format!("{name}.eml"), &mail.raw)?;
                files += 3;
                let (lang, subject) = (if suffix.is_empty() { locale.as_str() } else { "" }, escaped(&mail.subject));
                let what = if suffix.is_empty() { subject } else { "with nothing but what it needs".to_owned() };
                writeln!(
                    list,
                    "<tr><th scope=\"row\">{lang}</th><td><a href=\"{name}.html\" target=\"mail\" lang=\"{locale}\">{what}</a></td>\
                     <td><a href=\"{name}.txt\" target=\"mail\">text</a></td><td><a href=\"{name}.eml\">.eml</a></td></tr>"
                )?;
            }
        }
        list.push_str("</table>\n");
    }
    write("index.html", PAGE.replace("<!-- list -->", &list).as_bytes())?;
    let mut out = io::stdout();
    let whose =
        looked.folder.as_ref().map_or_else(|| "the texts that come with the program".to_owned(), |folder| folder.display().to_string());
    writeln!(out, "{files} files of {whose}: open {}", folder.join("index.html").display())?;
    if !looked.findings.is_empty() {
        writeln!(out, "these texts have findings: hearback templates check")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
