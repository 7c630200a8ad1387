//! Who calls, and what they may see and do. Authority is a value that only this file makes.

use std::{future::Future, pin::Pin, time::Instant};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev, http::header, web::Data};
use hearback_domain::{
    actor::Actor,
    ids::{ApiKeyId, ApplicationId, BoardId, JobId, NotificationId, OperationId},
    one_line::one_line,
    scope::{Scope, Scopes},
};
use hearback_ledger::{ApiKey, ApiKeyKind, Application, Board, Caller, Job, Operation, OutboxItem};

use crate::{
    contract::Spent,
    problem::{Missing, Problem},
    server::Server,
};

/// Names the person behind a key, for the record.
pub(crate) const ACTOR: &str = "Hearback-Actor";

/// In characters.
pub(crate) const ACTOR_MOST: usize = 200;

/// Whoever holds a secret key whose scopes allow to read, or to write where something is changed, on the boards that the key is for.
pub(crate) struct Recruiter {
    caller: Caller,
    pub(crate) actor: Actor,
}

/// Whoever holds a key that asks whether people may be contacted.
pub(crate) struct ContactChecker {
    pub(crate) caller: Caller,
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
            let needed = if request.method().is_safe() { Scope::Read } else { Scope::Write };
            let (caller, actor) = secret(server, &request, needed).await?;
            Ok(Self { caller, actor })
        })
    }
}

impl FromRequest for ContactChecker {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let server = request.app_data::<Data<Server>>().expect("`configure` puts it there");
            let (caller, _) = secret(server, &request, Scope::ContactCheck).await?;
            Ok(Self { caller })
        })
    }
}

/// The holder of a secret key with this scope, whose requests are counted.
async fn secret(server: &Server, request: &HttpRequest, needed: Scope) -> Result<(Caller, Actor), Problem> {
    let key = bearer(request).ok_or(Problem::Unauthenticated { given: false })?;
    let caller = server.ledger.caller(key).await?.ok_or(Problem::Unauthenticated { given: true })?;
    count(server, request, &caller)?;
    match caller.kind {
        ApiKeyKind::Publishable => {
            Err(Problem::Forbidden("A publishable key (pk_…) submits applications and nothing else. Use a secret key (sk_…)."))
        }
        ApiKeyKind::Secret if !caller.scopes.allow(needed) => Err(Problem::OutOfScope { needed }),
        ApiKeyKind::Secret => {
            let actor = actor(request, &caller)?;
            Ok((caller, actor))
        }
    }
}

impl Submitter {
    /// A plain form has no headers of its own: its key comes in a field.
    pub(crate) async fn of(server: &Server, request: &HttpRequest, field: Option<&str>) -> Result<Self, Problem> {
        let key = bearer(request).or(field).ok_or(Problem::Unauthenticated { given: false })?;
        let caller = server.ledger.submitting_caller(key).await?.ok_or(Problem::Unauthenticated { given: true })?;
        match caller.kind {
            ApiKeyKind::Secret if bearer(request).is_none() => {
                return Err(Problem::Forbidden(
                    "`_key` is a secret key, and everybody who sees the form can read it. Put a publishable key (pk_…) there, and revoke this one.",
                ));
            }
            ApiKeyKind::Secret if !caller.scopes.allow(Scope::Write) => return Err(Problem::OutOfScope { needed: Scope::Write }),
            ApiKeyKind::Publishable if !comes_from_its_pages(server, request, &caller) => return Err(Problem::OriginNotAllowed),
            ApiKeyKind::Secret | ApiKeyKind::Publishable => {}
        }
        let actor = actor(request, &caller)?;
        Ok(Self { caller, actor })
    }
}

/// Browsers name the page's origin with every POST, a plain form's included (Fetch standard). Programs name none.
fn comes_from_its_pages(server: &Server, request: &HttpRequest, caller: &Caller) -> bool {
    // The page of this server that shows a form once more is always one of them.
    let own = server.public_url.origin().ascii_serialization();
    let allowed = |origin: &str| origin == own || caller.may_come_from(origin);
    request.headers().get(header::ORIGIN).is_none_or(|origin| origin.to_str().is_ok_and(allowed))
}

impl Recruiter {
    /// What decides for everybody: boards, policies, keys, webhooks, the outbox.
    pub(crate) fn administers(&self) -> Result<(), Problem> {
        if self.caller.scopes.allow(Scope::Admin) { Ok(()) } else { Err(Problem::OutOfScope { needed: Scope::Admin }) }
    }

    /// A key that this one may give away: for no more boards, no more uses, and no more real applicants than its own.
    pub(crate) fn may_give(&self, board: Option<BoardId>, is_test: bool, scopes: Scopes) -> Result<(), Problem> {
        if board.is_some_and(|board| !self.may_see(board)) {
            return Err(Problem::no_such_board());
        }
        if self.caller.board.is_some() && board.is_none() {
            return Err(Problem::Forbidden("This key is for one board, and so are those that it makes: give `board_id`."));
        }
        if self.caller.is_test && !is_test {
            return Err(Problem::Forbidden("A test key makes test keys only."));
        }
        if !self.caller.scopes.cover(scopes) {
            return Err(Problem::Forbidden("A key cannot be given scopes that the key which makes it does not have."));
        }
        Ok(())
    }

    pub(crate) async fn key(&self, server: &Server, id: ApiKeyId) -> Result<ApiKey, Problem> {
        let key = server.ledger.api_key(id).await?.filter(|key| self.sees_key(key));
        key.ok_or(Problem::NotFound(Missing::Key))
    }

    fn sees_key(&self, key: &ApiKey) -> bool {
        self.caller.board.is_none_or(|own| key.board == Some(own)) && (key.is_test || !self.caller.is_test)
    }

    /// Whether the key is for all boards.
    pub(crate) fn all_boards(&self) -> Result<(), Problem> {
        self.administers()?;
        match self.caller.board {
            None => Ok(()),
            Some(_) => Err(Problem::Forbidden("This key is for one board, and so makes no others.")),
        }
    }

    /// Whether the key is for everything that is sent: all boards, and not for trying out.
    pub(crate) fn whole_organisation(&self) -> Result<(), Problem> {
        self.administers()?;
        match (self.caller.board, self.caller.is_test) {
            (None, false) => Ok(()),
            (Some(_), _) => {
                Err(Problem::Forbidden("What is sent and what comes in is the whole organisation's, and this key is for one board."))
            }
            (None, true) => {
                Err(Problem::Forbidden("What is sent and what comes in are real applicants' messages, and this key is for trying out."))
            }
        }
    }

    /// The one board that the key is for, if it is not for all.
    pub(crate) fn only_board(&self) -> Option<BoardId> {
        self.caller.board
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

    /// Whoever applied for a job did so in earnest: a key for trying out does not close it, nor change what was promised.
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

/// Whoever holds the key of this request, and for whom; nobody if there is none, or it is good for nothing. The request is counted.
pub(crate) async fn caller(server: &Server, request: &HttpRequest) -> Result<Option<(Caller, Actor)>, Problem> {
    let Some(key) = bearer(request) else { return Ok(None) };
    let Some(caller) = server.ledger.caller(key).await? else { return Ok(None) };
    count(server, request, &caller)?;
    let actor = actor(request, &caller)?;
    Ok(Some((caller, actor)))
}

/// Once, however often it is asked who calls.
fn count(server: &Server, request: &HttpRequest, caller: &Caller) -> Result<(), Problem> {
    let counted = request.extensions().get::<Spent>().copied();
    let spent = counted.unwrap_or_else(|| server.limits.spend(caller.key, Instant::now()));
    request.extensions_mut().insert(spent);
    match spent {
        Spent::Within { .. } => Ok(()),
        Spent::Over { more_in } => Err(Problem::TooManyRequests { retry_after: more_in }),
    }
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
