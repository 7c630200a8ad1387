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
pub(crate) use staff_phrases::{staff_phrase, staff_reason, stray_phrase, unprintable};
pub(crate) use template::{
    NoticeMessage, NoticeValue, Part, RenderError, Rendered, StaffValue, StaffValues, SyntaxError, Template, Values, front_matter,
};
