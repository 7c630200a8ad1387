//! Mail that comes in by HTTP instead of LMTP.

pub(crate) mod mime;
