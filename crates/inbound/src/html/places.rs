//! What mail programs call the places where they put quotes and signatures.

use crate::html::tokens::attribute;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Plain,
    Blockquote,
    /// What is answered, with the line that introduces it.
    Quote,
    /// The same, but what a person writes between the blockquotes in it lies there, too.
    QuoteWithAnswers,
    /// From here on everything is what is answered, up to the end: the element itself is empty.
    QuoteFollows,
    Signature,
}

/// Names that mail programs give: where they are known from, so that the next reader can check.
const QUOTES: &[&str] = &[
    "yahoo_quoted", // Yahoo
    "yahoo-quoted",
    "protonmail_quote", // Proton
    "tutanota_quote",   // Tuta
    "moz-cite-prefix",  // Thunderbird: the introducing line only; the quote is a blockquote
    "moz-forward-container",
    "zmail_extra", // Zoho
    "wordsection1_quote",
    "outlookmessageheader",
    "quoted-mail",       // web.de, GMX
    "mailru-blockquote", // Mail.ru
    "mail-quote-collapse",
    "ydp_quoted",
    "front-blockquote", // Front
    "freshdesk_quote",
    "hey-quote",
    "qt-quoted",
];

const QUOTES_WITH_ANSWERS: &[&str] = &["gmail_quote", "gmail_quote_container"];

const QUOTE_FOLLOWS: &[&str] = &[
    "appendonsend", // Outlook on the web
    "divrplyfwdmsg",
    "mail-editor-reference-message-container", // Outlook for iOS and Android
    "stopspelling",                            // Outlook on the web, older
    "olk_src_body_section",                    // Outlook for Mac
    "x_divrplyfwdmsg",
    "replysplit", // eM Client, Spark
    "quotedcontent",
];

const SIGNATURES: &[&str] = &[
    "gmail_signature",
    "gmail_signature_prefix",
    "moz-signature",
    "protonmail_signature_block",
    "ms-outlook-mobile-signature",
    "ms-outlook-ios-signature",
    "applemailsignature",
    "composer_signature", // Samsung
    "signature",          // Outlook on the web
    "x_signature",
    "yahoo_signature",
    "ymail_android_signature",
    "mailru-signature",
    "zmail_signature",
    "edo-signature",
    "hcm-signature",
    "spark_signature",
    "email-signature",
    "tutanota-signature",
];

pub(super) fn place_of(name: &str, attributes: &str) -> Place {
    let named = |names: &[&str]| {
        ["class", "id", "name", "data-marker", "data-signature-widget"]
            .iter()
            .filter_map(|key| attribute(attributes, key))
            .any(|value| value.to_ascii_lowercase().split_ascii_whitespace().any(|word| names.contains(&word)))
    };
    if !attributes.is_empty() {
        if named(SIGNATURES) && !matches!(name, "body" | "html") {
            return Place::Signature;
        }
        if named(QUOTE_FOLLOWS) {
            return Place::QuoteFollows;
        }
        if named(QUOTES) || (name == "div" && attribute(attributes, "name").is_some_and(|name| name.eq_ignore_ascii_case("quote"))) {
            return Place::Quote;
        }
        if name == "div" && named(QUOTES_WITH_ANSWERS) {
            return Place::QuoteWithAnswers;
        }
        // Outlook for Windows draws a line above the header of what it answers, and says nothing else.
        if name == "div" && is_outlook_line(attributes) {
            return Place::QuoteFollows;
        }
    }
    if name == "blockquote" { Place::Blockquote } else { Place::Plain }
}

fn is_outlook_line(attributes: &str) -> bool {
    attribute(attributes, "style").is_some_and(|style| {
        let style: String = style.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
        style.starts_with("border:none;border-top:solid#") && style.contains("padding:3.0pt0")
    })
}
