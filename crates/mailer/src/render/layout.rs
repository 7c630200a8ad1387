//! The HTML around every letter.

use hearback_domain::locale::Locale;
use mrml::prelude::{parser::ParserOptions, render::RenderOptions};

use super::{catalogue::BrokenTemplate, html};

const LANG: &str = "%%lang%%";
const TITLE: &str = "%%title%%";
const BODY: &str = "%%body%%";

/// Compiled once, and cut where title and body go.
pub(super) struct Layout(Vec<Cut>);

enum Cut {
    Html(String),
    Title,
    Body,
}

impl Layout {
    pub(super) fn compile(mjml: &str, locale: Locale) -> Result<Self, BrokenTemplate> {
        let broken = |reason: String| BrokenTemplate::Layout(reason);
        let parsed = mrml::parse_with_options(mjml.replace(LANG, locale.as_str()), &ParserOptions::default())
            .map_err(|error| broken(error.to_string()))?;
        // An empty font map: a mail that fetches a font from somebody's server tells them that it was opened.
        let options = RenderOptions { fonts: Default::default(), ..RenderOptions::default() };
        let html = parsed.element.render(&options).map_err(|error| broken(error.to_string()))?;
        // Lines end here as they end in mail: lettre would otherwise shift the rest of every mail by a byte at each of them.
        let html = html.lines().map(str::trim).filter(|line| !line.is_empty()).map(broken_between_tags).collect::<Vec<_>>().join("\r\n");
        let (before, after) = html.split_once(BODY).ok_or_else(|| broken(format!("has no {BODY}")))?;
        let mut cuts = cut_at_titles(before);
        cuts.push(Cut::Body);
        cuts.extend(cut_at_titles(after));
        Ok(Self(cuts))
    }

    pub(super) fn around(&self, title: &str, body: &str) -> String {
        let mut out = String::with_capacity(8 * 1024);
        for cut in &self.0 {
            match cut {
                Cut::Html(html) => out.push_str(html),
                Cut::Title => html::escape(title, &mut out),
                Cut::Body => out.push_str(body),
            }
        }
        out
    }
}

/// From here on a line is broken before the next tag. Between the tables of a layout, a line end is no text.
const LONG: usize = 160;

fn broken_between_tags(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 64);
    let mut column = 0;
    for part in line.split_inclusive('>') {
        if column >= LONG && part.starts_with('<') {
            out.push_str("\r\n");
            column = 0;
        }
        out.push_str(part);
        column += part.len();
    }
    out
}

/// A title stands where mail programs show it and where screen readers say it.
fn cut_at_titles(html: &str) -> Vec<Cut> {
    let mut cuts = vec![];
    for between in html.split(TITLE) {
        if !cuts.is_empty() {
            cuts.push(Cut::Title);
        }
        cuts.push(Cut::Html(between.to_owned()));
    }
    cuts
}
