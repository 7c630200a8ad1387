use crate::closed_set::closed_set;

closed_set! {
    /// How far an active application has come.
    Stage, "stage" {
        Received = "received",
        Review = "review",
        Interview = "interview",
        Offer = "offer",
    }
}
