//! HTML of a stranger, made safe to show inside our pages.

use std::collections::{HashMap, HashSet};

use crate::{
    html::tokens::{Token, Tokens, each_attribute},
    limits,
};

/// What is left can be put into a page: no scripts, styles, forms, frames, or addresses that are fetched without a click (a picture
/// tells its server who read the mail, and when). Links open without telling where they were found.
pub fn sanitise(html: &str) -> String {
    let html = limits::cut(html, limits::TEXT);
    // A parser compares attributes pairwise and walks up the open elements: what no mail program writes is shown as text.
    if is_unreasonable(html) {
        return format!("<pre>{}</pre>", ammonia::clean_text(&crate::html::to_text(html)));
    }
    let tags: HashSet<&str> = [
        "a",
        "b",
        "blockquote",
        "br",
        "code",
        "dd",
        "del",
        "div",
        "dl",
        "dt",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
    ]
    .into();
    ammonia::Builder::new()
        .tags(tags)
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("td", ["colspan", "rowspan"].into()),
            ("th", ["colspan", "rowspan"].into()),
        ]))
        .generic_attributes(["dir", "lang"].into())
        .url_schemes(["http", "https", "mailto", "tel"].into())
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .clean_content_tags(["script", "style", "title", "head", "noscript", "template"].into())
        .strip_comments(true)
        .clean(html)
        .to_string()
}

fn is_unreasonable(html: &str) -> bool {
    let mut depth: usize = 0;
    Tokens::new(html).any(|token| {
        match token {
            Token::Open { attributes, .. } => {
                depth += usize::from(!attributes.ends_with('/'));
                // Elements without an end tag count as open here; a thousand of them are still no depth.
                return each_attribute(attributes).nth(limits::HTML_ATTRIBUTES).is_some() || depth > limits::HTML_DEPTH * 50;
            }
            Token::Close(_) => depth = depth.saturating_sub(1),
            Token::Text(_) => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_runs_loads_or_calls_home() {
        for bad in [
            "<script>alert(1)</script>",
            "<img src=https://t.example/p.gif>",
            "<p onclick=x style='background:url(https://t.example)'>",
            "<a href='javascript:alert(1)'>x</a>",
            "<iframe src=x></iframe>",
            "<form action=x><input></form>",
            "<svg onload=x>",
            "<link rel=stylesheet href=x>",
            "<style>@import 'x'</style>",
            "<base href=x>",
            "<a href='/relative'>x</a>",
        ] {
            let shown = sanitise(&format!("before {bad} after"));
            for never in
                ["alert", "src", "style", "onclick", "onload", "t.example", "javascript", "<form", "<iframe", "<svg", "<base", "relative"]
            {
                assert!(!shown.contains(never), "{bad}: {shown}");
            }
            assert!(shown.contains("before"), "{bad}: {shown}");
        }
    }

    #[test]
    fn what_a_person_wrote_stays() {
        let shown = sanitise("<div dir=rtl><b>Hi</b><br><a href=\"https://ada.example/cv\">my CV</a></div>");
        assert_eq!(
            shown,
            "<div dir=\"rtl\"><b>Hi</b><br><a href=\"https://ada.example/cv\" rel=\"noopener noreferrer nofollow\">my CV</a></div>"
        );
    }

    #[test]
    fn traps_for_parsers_are_shown_as_text() {
        let attributes: String = (0..10_000).map(|n| format!(" a{n}=b")).collect();
        for trap in [format!("<p{attributes}>words</p>"), format!("{}words", "<b>".repeat(20_000))] {
            assert_eq!(sanitise(&trap), "<pre>words</pre>");
        }
    }
}
