//! Who calls, and what they may see and do. Authority is a value that only this file makes.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev, http::header, web::Data};
use hearback_domain::{
    actor::Actor,
    ids::{ApplicationId, BoardId, JobId, NotificationId, OperationId},
    one_line::one_line,
};
use hearback_ledger::{ApiKeyKind, Application, Board, Caller, Job, Operation, OutboxItem};

use crate::{
    problem::{Missing, Problem},
    server::Server,
};

/// Names the person behind a key, for the record.
pub(crate) const ACTOR: &str = "Hearback-Actor";

/// In characters.
pub(crate) const ACTOR_MOST: usize = 200;

/// Whoever holds a secret key: may do everything, on the boards that the key is for.
pub(crate) struct Recruiter {
    caller: Caller,
    pub(crate) actor: Actor,
}

/// Whoever holds any key: may submit applications.
pub(crate) struct Submitter {
    pub(crate) caller: Caller,
    pub(crate) actor: Actor,
}

impl FromRequest for Recruiter {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let server = request.app_data::<Data<Server>>().expect("`configure` puts it there");
            let caller = identify(server, bearer(&request)).await?;
            match caller.kind {
                ApiKeyKind::Secret => Ok(Self { caller, actor: actor(&request, &caller)? }),
                ApiKeyKind::Publishable => {
                    Err(Problem::Forbidden("A publishable key (pk_…) submits applications and nothing else. Use a secret key (sk_…)."))
                }
            }
        })
    }
}

impl Submitter {
    /// A plain form has no headers of its own: its key comes in a field.
    pub(crate) async fn of(server: &Server, request: &HttpRequest, field: Option<&str>) -> Result<Self, Problem> {
        let caller = identify(server, bearer(request).or(field)).await?;
        Ok(Self { caller, actor: actor(request, &caller)? })
    }
}

impl Recruiter {
    /// Whether the key is for all boards.
    pub(crate) fn all_boards(&self) -> Result<(), Problem> {
        match self.caller.board {
            None => Ok(()),
            Some(_) => Err(Problem::Forbidden("This key is for one board, and so makes no others.")),
        }
    }

    /// Whether the key is for everything that is sent: all boards, and not for trying out.
    pub(crate) fn whole_organisation(&self) -> Result<(), Problem> {
        match (self.caller.board, self.caller.is_test) {
            (None, false) => Ok(()),
            (Some(_), _) => Err(Problem::Forbidden("The outbox is the whole organisation's, and this key is for one board.")),
            (None, true) => Err(Problem::Forbidden("The outbox has real applicants' messages, and this key is for trying out.")),
        }
    }

    pub(crate) fn may_see(&self, board: BoardId) -> bool {
        self.caller.board.is_none_or(|own| own == board)
    }

    /// The board to look at: the one that was asked for, or the one that the key is for, or all.
    pub(crate) fn narrowed(&self, asked: Option<BoardId>) -> Result<Option<BoardId>, Problem> {
        match asked {
            Some(board) if !self.may_see(board) => Err(Problem::NotFound(Missing::Board)),
            Some(board) => Ok(Some(board)),
            None => Ok(self.caller.board),
        }
    }

    /// A test key must not act on real applicants, so it does not see them.
    pub(crate) fn is_test(&self) -> Option<bool> {
        self.caller.is_test.then_some(true)
    }

    pub(crate) async fn board(&self, server: &Server, id: BoardId) -> Result<Board, Problem> {
        let board = if self.may_see(id) { server.ledger.board(id).await? } else { None };
        board.ok_or(Problem::NotFound(Missing::Board))
    }

    pub(crate) async fn job(&self, server: &Server, id: JobId) -> Result<Job, Problem> {
        let job = server.ledger.job(id).await?.filter(|job| self.may_see(job.board));
        job.ok_or(Problem::NotFound(Missing::Job))
    }

    pub(crate) async fn application(&self, server: &Server, id: ApplicationId) -> Result<Application, Problem> {
        let missing = || Problem::NotFound(Missing::Application);
        let application = server.ledger.application(id).await?.ok_or_else(missing)?;
        if self.caller.is_test && !application.is_test {
            return Err(missing());
        }
        match self.caller.board {
            None => Ok(application),
            Some(_) => self.job(server, application.job).await.map(|_| application).map_err(|problem| match problem {
                Problem::NotFound(_) => missing(),
                other => other,
            }),
        }
    }

    pub(crate) async fn operation(&self, server: &Server, id: OperationId) -> Result<Operation, Problem> {
        let operation = server.ledger.operation(id).await?;
        let is_theirs = |operation: &Operation| {
            self.caller.board.is_none_or(|own| operation.board == Some(own)) && (operation.is_test || !self.caller.is_test)
        };
        operation.filter(is_theirs).ok_or(Problem::NotFound(Missing::Operation))
    }

    /// Whoever applied for a job did so in earnest: a key for trying out does not close it.
    pub(crate) fn in_earnest(&self) -> Result<(), Problem> {
        match self.caller.is_test {
            true => Err(Problem::Forbidden("This key is for trying out, and real people may have applied for the job.")),
            false => Ok(()),
        }
    }

    pub(crate) async fn message(&self, server: &Server, id: NotificationId) -> Result<OutboxItem, Problem> {
        let message = server.ledger.outbox_item(id).await?.filter(|message| self.may_see(message.board));
        message.filter(|message| message.is_test || !self.caller.is_test).ok_or(Problem::NotFound(Missing::Message))
    }
}

async fn identify(server: &Server, key: Option<&str>) -> Result<Caller, Problem> {
    let key = key.ok_or(Problem::Unauthenticated { given: false })?;
    server.ledger.caller(key).await?.ok_or(Problem::Unauthenticated { given: true })
}

/// RFC 6750, section 2.1; schemes have no case (RFC 9110, section 11.1).
fn bearer(request: &HttpRequest) -> Option<&str> {
    let (scheme, key) = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

fn actor(request: &HttpRequest, caller: &Caller) -> Result<Actor, Problem> {
    let Some(given) = request.headers().get(ACTOR) else { return Ok(Actor::api_key(caller.key, None)) };
    let line = std::str::from_utf8(given.as_bytes()).ok().and_then(|text| one_line(text, ACTOR_MOST).ok());
    let name = line.ok_or(Problem::InvalidHeader { name: ACTOR, expected: "one line of at most 200 characters in UTF-8" })?;
    Ok(Actor::api_key(caller.key, Some(name)))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_key_stands_behind_the_word_bearer() {
        for (given, key) in
            [("Bearer sk_1", Some("sk_1")), ("bearer  sk_1", Some("sk_1")), ("Basic sk_1", None), ("sk_1", None), ("", None)]
        {
            let request = TestRequest::get().insert_header((header::AUTHORIZATION, given)).to_http_request();
            assert_eq!(bearer(&request), key, "{given}");
        }
    }
}
