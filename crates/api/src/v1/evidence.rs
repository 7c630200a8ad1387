//! What applicants were told, to be handed over.

pub(crate) mod export;
