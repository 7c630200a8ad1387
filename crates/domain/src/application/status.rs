use crate::closed_set::closed_set;

closed_set! {
    /// Whether an application is still being decided, and how it ended.
    Status, "status" {
        Active = "active",
        Hired = "hired",
        Rejected = "rejected",
        Withdrawn = "withdrawn",
    }
}

impl Status {
    pub const fn is_final(self) -> bool {
        match self {
            Self::Active => false,
            Self::Hired | Self::Rejected | Self::Withdrawn => true,
        }
    }
}
