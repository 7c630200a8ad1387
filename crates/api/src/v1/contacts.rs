//! Whom not to solicit.

pub(crate) mod ask_not_to;
pub(crate) mod check;

use hearback_domain::EmailAddress;

use crate::{
    auth::ContactChecker,
    fields::{FieldCode, Fields, Reason as _},
    problem::Problem,
};

/// Addresses of one request.
const MOST: usize = 1_000;

/// Every address that is none is pointed at.
fn addresses(fields: &mut Fields, given: Option<Vec<String>>) -> Option<Vec<EmailAddress>> {
    let given = fields.given("addresses", given)?;
    if given.is_empty() || given.len() > MOST {
        fields.refuse("addresses", FieldCode::OutOfRange, format!("must be 1 to {MOST} addresses"));
        return None;
    }
    let read = |(at, text): (usize, String)| {
        let address = text.trim().parse::<EmailAddress>();
        address.map_err(|reason| fields.refuse_inside(&["addresses", &at.to_string()], reason.code(), reason.to_string())).ok()
    };
    // All of them, so that all that is wrong is said.
    let read: Vec<Option<EmailAddress>> = given.into_iter().enumerate().map(read).collect();
    read.into_iter().collect()
}

impl ContactChecker {
    /// Whom the organisation ignored is one answer for all boards, about real people.
    fn whole_organisation(&self) -> Result<(), Problem> {
        match (self.caller.board, self.caller.is_test) {
            (None, false) => Ok(()),
            (Some(_), _) => Err(Problem::Forbidden("People are asked about for the whole organisation, and this key is for one board.")),
            (None, true) => Err(Problem::Forbidden("People are real, and this key is for trying out.")),
        }
    }
}
