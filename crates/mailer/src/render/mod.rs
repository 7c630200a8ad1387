//! From a letter's values to its subject and its two parts.

mod catalogue;
mod escape;
mod html;
mod layout;
mod markdown;
mod phrases;
mod staff_phrases;
mod template;
mod text;

pub use catalogue::BrokenTemplate;
pub(crate) use catalogue::{Catalogue, source};
pub(crate) use phrases::{colon, stage_phrase};
pub(crate) use staff_phrases::{
    decision_phrase, since_phrase, staff_phrase, staff_reason, stray_phrase, sum_phrase, unprintable, waits_phrase,
};
pub(crate) use template::{
    NoticeMessage, NoticeValue, Part, RenderError, Rendered, StaffDecision, StaffValue, StaffValues, StaffWaiting, SyntaxError, Template,
    Values, front_matter,
};
