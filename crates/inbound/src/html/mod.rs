//! HTML of strangers: as text, and as HTML that can be shown.

mod places;
mod sanitise;
mod text;
mod tokens;

pub use sanitise::sanitise;

pub(crate) use text::{Line, lines};

/// The text of HTML as a reader sees it, quotes marked with `> `.
pub fn to_text(html: &str) -> String {
    let lines: Vec<String> = lines(html).into_iter().map(|line| format!("{}{}", "> ".repeat(line.depth.min(5)), line.text)).collect();
    lines.join("\n").trim().to_owned()
}
