//! What every request needs: the ledger, and the templates with what is the same on every page.

use data_encoding::BASE64;
use hearback_ledger::Ledger;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use sha2::{Digest, Sha256};

use crate::{Pages, refusal::Refusal};

const STYLE: &str = include_str!("../templates/style.css");

const TEMPLATES: [(&str, &str); 8] = [
    ("layout.html", include_str!("../templates/layout.html")),
    ("home.html", include_str!("../templates/home.html")),
    ("refusal.html", include_str!("../templates/refusal.html")),
    ("status/page.html", include_str!("../templates/status/page.html")),
    ("status/withdraw.html", include_str!("../templates/status/withdraw.html")),
    ("mailbox/layout.html", include_str!("../templates/mailbox/layout.html")),
    ("mailbox/list.html", include_str!("../templates/mailbox/list.html")),
    ("mailbox/mail.html", include_str!("../templates/mailbox/mail.html")),
];

pub(crate) struct Site {
    pub(crate) ledger: Ledger,
    pub(crate) mailbox: bool,
    /// The path that the outside puts before ours, without a slash at its end.
    pub(crate) base: String,
    /// The Content-Security-Policy of a page. Its one stylesheet stands in the page and is named by its hash.
    pub(crate) policy: String,
    templates: Environment<'static>,
}

impl Site {
    pub(crate) fn new(pages: Pages) -> Self {
        let Pages { ledger, public_url, mailbox } = pages;
        let base = public_url.path().trim_end_matches('/').to_owned();
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_auto_escape_callback(|_| AutoEscape::Html);
        // A URL's path has nothing in it that could end an attribute.
        templates.add_global("base", Value::from_safe_string(base.clone()));
        templates.add_global("style", Value::from_safe_string(STYLE.to_owned()));
        for (name, source) in TEMPLATES {
            templates.add_template(name, source).expect("a template that is compiled in is well-formed: every test renders them");
        }
        let style = BASE64.encode(&Sha256::digest(STYLE));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{style}'; img-src data:; frame-src 'self'; base-uri 'none'; form-action 'self'; \
             frame-ancestors 'none'"
        );
        Self { ledger, mailbox, base, policy, templates }
    }

    pub(crate) fn fill_in(&self, template: &str, values: Value) -> Result<String, Refusal> {
        self.templates.get_template(template).and_then(|template| template.render(values)).map_err(Refusal::Template)
    }
}
