//! Where messages go: to whom, and by which address answers and bounces come back.

use hearback_domain::{EmailAddress, reply_token::ReplyAddresses};
use hearback_ledger::OwedMessage;

/// What of that is the same for all messages of a deployment.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Once mail comes in here: each message's own addresses take the place of the board's mailbox.
    pub reply_addresses: Option<ReplyAddresses>,
    /// All mail goes to this address instead, except that of test applications, which is captured anyway: for staging.
    pub redirect_all_to: Option<EmailAddress>,
}

impl Reach {
    /// In place of the applicant.
    pub(crate) fn redirected(&self, message: &OwedMessage) -> Option<&EmailAddress> {
        self.redirect_all_to.as_ref().filter(|_| !message.is_test)
    }

    /// Whose slots the message needs; none if it does not leave this machine.
    pub(crate) fn domain<'a>(&'a self, message: &'a OwedMessage) -> Option<&'a str> {
        (!message.is_test).then(|| self.redirected(message).unwrap_or(&message.to).domain())
    }
}
