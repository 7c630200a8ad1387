//! A key as it is pasted: `sk_test_<id>_<secret>`. The prefix lets people, and scanners of leaked secrets, see what they hold.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use hearback_domain::ids::ApiKeyId;

use super::ApiKeyKind;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyText {
    pub(super) kind: ApiKeyKind,
    pub(super) is_test: bool,
    pub(super) id: ApiKeyId,
    pub(super) secret: [u8; 20],
}

impl KeyText {
    pub(super) fn read(text: &str) -> Option<Self> {
        let (kind, rest) = ApiKeyKind::ALL.iter().find_map(|kind| Some((*kind, text.strip_prefix(prefix(*kind))?)))?;
        let (is_test, rest) = rest.strip_prefix("test_").map_or((false, rest), |rest| (true, rest));
        let (id, secret) = rest.split_once('_')?;
        let id = format!("{}_{id}", ApiKeyId::PREFIX).parse().ok()?;
        // One way to write a key only.
        if secret.bytes().any(|letter| letter.is_ascii_uppercase()) {
            return None;
        }
        let secret = BASE32_NOPAD.decode(secret.to_ascii_uppercase().as_bytes()).ok()?.try_into().ok()?;
        Some(Self { kind, is_test, id, secret })
    }
}

const fn prefix(kind: ApiKeyKind) -> &'static str {
    match kind {
        ApiKeyKind::Publishable => "pk_",
        ApiKeyKind::Secret => "sk_",
    }
}

impl fmt::Display for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id.to_string();
        let (_, id) = id.split_once('_').expect("an id has a prefix");
        let test = if self.is_test { "test_" } else { "" };
        write!(f, "{}{test}{id}_{}", prefix(self.kind), BASE32_NOPAD.encode(&self.secret).to_ascii_lowercase())
    }
}
