//! What an application is: where it stands, who did what to it, and what the applicant may know.

mod reason;
mod stage;
mod status;

pub use reason::{ReasonGroup, RejectionReason};
pub use stage::Stage;
pub use status::Status;
