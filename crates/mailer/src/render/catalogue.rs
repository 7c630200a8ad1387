//! Every template there is: one for each kind in each locale, compiled into the program.

use hearback_domain::{
    locale::{Locale, StaffLocale},
    notification::Kind,
    staff::StaffKind,
};

use super::{
    layout::Layout,
    template::{RenderError, Rendered, StaffValues, SyntaxError, Template, Values},
};
use crate::templates::{Templates, pairs};

const LAYOUT: &str = include_str!("../../templates/layout.mjml");

/// The source of a template. A new kind or locale does not compile until its template exists.
pub(crate) const fn source(kind: Kind, locale: Locale) -> &'static str {
    match (kind, locale) {
        (Kind::Received, Locale::En) => include_str!("../../templates/received/en.md"),
        (Kind::Received, Locale::De) => include_str!("../../templates/received/de.md"),
        (Kind::Received, Locale::Fr) => include_str!("../../templates/received/fr.md"),
        (Kind::Received, Locale::Es) => include_str!("../../templates/received/es.md"),
        (Kind::StageChanged, Locale::En) => include_str!("../../templates/stage_changed/en.md"),
        (Kind::StageChanged, Locale::De) => include_str!("../../templates/stage_changed/de.md"),
        (Kind::StageChanged, Locale::Fr) => include_str!("../../templates/stage_changed/fr.md"),
        (Kind::StageChanged, Locale::Es) => include_str!("../../templates/stage_changed/es.md"),
        (Kind::StillConsidering, Locale::En) => include_str!("../../templates/still_considering/en.md"),
        (Kind::StillConsidering, Locale::De) => include_str!("../../templates/still_considering/de.md"),
        (Kind::StillConsidering, Locale::Fr) => include_str!("../../templates/still_considering/fr.md"),
        (Kind::StillConsidering, Locale::Es) => include_str!("../../templates/still_considering/es.md"),
        (Kind::NoDecision, Locale::En) => include_str!("../../templates/no_decision/en.md"),
        (Kind::NoDecision, Locale::De) => include_str!("../../templates/no_decision/de.md"),
        (Kind::NoDecision, Locale::Fr) => include_str!("../../templates/no_decision/fr.md"),
        (Kind::NoDecision, Locale::Es) => include_str!("../../templates/no_decision/es.md"),
        (Kind::Rejected, Locale::En) => include_str!("../../templates/rejected/en.md"),
        (Kind::Rejected, Locale::De) => include_str!("../../templates/rejected/de.md"),
        (Kind::Rejected, Locale::Fr) => include_str!("../../templates/rejected/fr.md"),
        (Kind::Rejected, Locale::Es) => include_str!("../../templates/rejected/es.md"),
        (Kind::Hired, Locale::En) => include_str!("../../templates/hired/en.md"),
        (Kind::Hired, Locale::De) => include_str!("../../templates/hired/de.md"),
        (Kind::Hired, Locale::Fr) => include_str!("../../templates/hired/fr.md"),
        (Kind::Hired, Locale::Es) => include_str!("../../templates/hired/es.md"),
        (Kind::Withdrawn, Locale::En) => include_str!("../../templates/withdrawn/en.md"),
        (Kind::Withdrawn, Locale::De) => include_str!("../../templates/withdrawn/de.md"),
        (Kind::Withdrawn, Locale::Fr) => include_str!("../../templates/withdrawn/fr.md"),
        (Kind::Withdrawn, Locale::Es) => include_str!("../../templates/withdrawn/es.md"),
        (Kind::Correction, Locale::En) => include_str!("../../templates/correction/en.md"),
        (Kind::Correction, Locale::De) => include_str!("../../templates/correction/de.md"),
        (Kind::Correction, Locale::Fr) => include_str!("../../templates/correction/fr.md"),
        (Kind::Correction, Locale::Es) => include_str!("../../templates/correction/es.md"),
        (Kind::Message, Locale::En) => include_str!("../../templates/message/en.md"),
        (Kind::Message, Locale::De) => include_str!("../../templates/message/de.md"),
        (Kind::Message, Locale::Fr) => include_str!("../../templates/message/fr.md"),
        (Kind::Message, Locale::Es) => include_str!("../../templates/message/es.md"),
    }
}

/// The same for mails to the organisation's own people.
const fn staff_source(kind: StaffKind, locale: StaffLocale) -> &'static str {
    match (kind, locale) {
        (StaffKind::ReplyWaiting, StaffLocale::En) => include_str!("../../templates/staff/reply_waiting/en.md"),
        (StaffKind::PromiseAtRisk, StaffLocale::En) => include_str!("../../templates/staff/promise_at_risk/en.md"),
        (StaffKind::Digest, StaffLocale::En) => include_str!("../../templates/staff/digest/en.md"),
        (StaffKind::Undeliverable, StaffLocale::En) => include_str!("../../templates/staff/undeliverable/en.md"),
    }
}

/// A template or the layout cannot be used: found when the program starts, not when a mail is due.
#[derive(Debug, thiserror::Error)]
pub enum BrokenTemplate {
    #[error("template {kind}/{locale}, line {line}: {reason}")]
    Template { kind: &'static str, locale: Locale, line: usize, reason: String },
    #[error("layout: {0}")]
    Layout(String),
}

/// Templates and layout, parsed once.
pub(crate) struct Catalogue {
    templates: Vec<((Kind, Locale), Template)>,
    staff: Vec<((StaffKind, StaffLocale), Template)>,
    layouts: Vec<(Locale, Layout)>,
}

impl Catalogue {
    pub(crate) fn of(templates: &Templates) -> Result<Self, BrokenTemplate> {
        let parsed = |kind: &'static str, locale: Locale, text: &str| {
            let broken = |SyntaxError { line, reason }| BrokenTemplate::Template { kind, locale, line, reason };
            Template::parse(locale, text, LAYOUT).map_err(broken)
        };
        let templates = pairs()
            .map(|(kind, locale)| Ok(((kind, locale), parsed(kind.as_str(), locale, templates.text(kind, locale))?)))
            .collect::<Result<_, _>>()?;
        let to_staff = StaffKind::ALL.iter().flat_map(|kind| StaffLocale::ALL.iter().map(|locale| (*kind, *locale)));
        let staff = to_staff
            .map(|(kind, locale)| Ok(((kind, locale), parsed(kind.as_str(), locale.into(), staff_source(kind, locale))?)))
            .collect::<Result<_, _>>()?;
        let layouts = Locale::ALL.iter().map(|locale| Ok((*locale, Layout::compile(LAYOUT, *locale)?))).collect::<Result<_, _>>()?;
        Ok(Self { templates, staff, layouts })
    }

    pub(crate) fn render(&self, kind: Kind, locale: Locale, values: &Values<'_>) -> Result<Rendered<'_>, RenderError> {
        let template = find(&self.templates, (kind, locale));
        template.render(&values.context(), Some(values.status_url), find(&self.layouts, locale))
    }

    pub(crate) fn render_staff(&self, kind: StaffKind, locale: StaffLocale, values: &StaffValues) -> Result<Rendered<'_>, RenderError> {
        find(&self.staff, (kind, locale)).render(&values.context(), None, find(&self.layouts, locale.into()))
    }
}

/// A scan: there are a few dozen entries at most.
fn find<K: PartialEq, V>(entries: &[(K, V)], wanted: K) -> &V {
    entries.iter().find(|(key, _)| *key == wanted).map(|(_, value)| value).expect("the catalogue was built over ALL")
}
