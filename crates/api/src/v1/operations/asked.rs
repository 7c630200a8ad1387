//! What can be asked to be done to many applications.

use hearback_domain::{
    application::Stage,
    bulk::OperationKind,
    ids::{ApplicationId, BoardId, JobId},
};
use hearback_ledger::{Begin, Rejection, Selection, Spec, Those, What};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    auth::Recruiter,
    body::Request,
    fields::{FieldCode, Fields, WithExemption, time},
    problem::Problem,
    schema,
    server::Server,
};

/// As many as one body names.
const MOST: usize = 1_000;

/// Something to be done to many applications.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOperation, example = json!({
    "kind": "reject", "reason": "another_candidate_preferred", "filter": { "job_id": "job_06dkv8y2t5w1r3n9q7c4h0m8zg", "stage": "review" },
}))]
pub(crate) struct Asked {
    /// `reject` or `move`. A job is closed at its own path.
    #[schema(value_type = schema::OperationKind)]
    kind: Option<String>,
    /// Whom it reaches, one by one. Either this or `filter`.
    #[schema(value_type = Option<Vec<schema::ApplicationId>>, max_items = 1_000)]
    applications: Option<Vec<String>>,
    /// Whom it reaches: the active applications that fit.
    filter: Option<Filter>,
    /// Who of them holds an offer, and is rejected all the same. Nobody else with an offer is.
    #[schema(value_type = Option<Vec<schema::ApplicationId>>, max_items = 1_000)]
    named: Option<Vec<String>>,
    /// Of a rejection.
    #[schema(value_type = Option<schema::RejectionReason>)]
    reason: Option<String>,
    /// Of a rejection: your own words to the applicants, as plain text.
    #[validate(length(max = 5_000))]
    #[schema(max_length = 5_000)]
    words: Option<String>,
    /// Of a rejection: for the organisation's eyes only.
    #[validate(length(max = 5_000))]
    #[schema(max_length = 5_000)]
    internal_note: Option<String>,
    /// Of a rejection: when the messages may go out; without it, after the undo window.
    #[schema(format = DateTime)]
    send_after: Option<String>,
    /// Of a rejection: why the applicants get no message about it.
    #[validate(length(max = 1_000))]
    #[schema(max_length = 1_000)]
    exemption: Option<String>,
    /// Of a move: where to.
    #[schema(value_type = Option<schema::Stage>)]
    stage: Option<String>,
    /// Of a move: whether the applicants are told.
    tell: Option<bool>,
    /// What the dry run gave, where many people are written to.
    #[validate(length(max = 200))]
    #[schema(max_length = 200)]
    confirmation: Option<String>,
}

/// Which active applications; each condition narrows it, and there must be one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OperationFilter)]
pub(crate) struct Filter {
    #[schema(value_type = Option<schema::BoardId>)]
    board_id: Option<String>,
    #[schema(value_type = Option<schema::JobId>)]
    job_id: Option<String>,
    #[schema(value_type = Option<schema::Stage>)]
    stage: Option<String>,
}

pub(crate) struct Meant {
    what: What,
    who: Selection,
    named: Vec<ApplicationId>,
    confirmation: Option<String>,
}

/// With the authority of whoever asks.
pub(super) struct Authorised {
    pub(super) spec: Spec,
    board: Option<BoardId>,
    is_test: bool,
}

impl Request for Asked {
    type Meaning = Meant;

    fn read(self, fields: &mut Fields) -> Option<Meant> {
        let Self { kind, applications, filter, named, reason, words, internal_note, send_after, exemption, stage, tell, confirmation } =
            self;
        let of_rejection = [
            ("reason", reason.is_some()),
            ("words", words.is_some()),
            ("internal_note", internal_note.is_some()),
            ("send_after", send_after.is_some()),
            ("exemption", exemption.is_some()),
        ];
        let of_move = [("stage", stage.is_some()), ("tell", tell.is_some())];
        let what = match fields.required("kind", kind, str::parse)? {
            OperationKind::Reject => {
                contradictory(fields, &of_move, "is of a move, and this is a rejection");
                if exemption.is_some() {
                    for (field, given) in [("words", words.is_some()), ("send_after", send_after.is_some())] {
                        if given {
                            fields.refuse_for(field, &WithExemption);
                        }
                    }
                }
                let reason = fields.required("reason", reason, str::parse);
                let words = fields.paragraphs("words", words);
                let internal_note = fields.paragraphs("internal_note", internal_note);
                let send_after = fields.optional("send_after", send_after, time);
                let exemption = fields.paragraphs("exemption", exemption);
                let rejection = || {
                    Some(Rejection {
                        reason: reason?,
                        internal_note: internal_note?,
                        words: words?,
                        send_after: send_after?,
                        exemption: exemption?,
                    })
                };
                rejection().map(What::Reject)
            }
            OperationKind::Move => {
                contradictory(fields, &of_rejection, "is of a rejection, and this is a move");
                let (stage, tell) = (fields.required("stage", stage, str::parse::<Stage>), fields.given("tell", tell));
                stage.zip(tell).map(|(to, tell)| What::Move { to, tell })
            }
            OperationKind::CloseJob => {
                fields.refuse(
                    "kind",
                    FieldCode::UnknownWord,
                    "must be `reject` or `move`; a job is closed at /v1/jobs/{id}/close".to_owned(),
                );
                None
            }
        };
        let who = who(fields, applications, filter);
        let named = ids(fields, "named", named.unwrap_or_default());
        Some(Meant { what: what?, who: who?, named: named?, confirmation })
    }
}

fn contradictory(fields: &mut Fields, given: &[(&str, bool)], why: &str) {
    for (field, _) in given.iter().filter(|(_, given)| *given) {
        fields.refuse(field, FieldCode::Contradictory, why.to_owned());
    }
}

fn who(fields: &mut Fields, applications: Option<Vec<String>>, filter: Option<Filter>) -> Option<Selection> {
    match (applications, filter) {
        (Some(applications), None) => {
            let mut ids = ids(fields, "applications", applications)?;
            ids.sort_unstable();
            ids.dedup();
            if ids.is_empty() {
                fields.refuse("applications", FieldCode::Empty, "names nobody".to_owned());
            }
            Some(Selection::These(ids))
        }
        (None, Some(Filter { board_id, job_id, stage })) => {
            let board = of_filter(fields, "board_id", board_id);
            let job = of_filter(fields, "job_id", job_id);
            let stage = of_filter(fields, "stage", stage);
            // Which key asks decides the last one.
            let those = Those { board: board?, job: job?, stage: stage?, is_test: None };
            if those == Those::default() {
                fields.refuse("filter", FieldCode::Empty, "has no condition, and everybody is never meant".to_owned());
            }
            Some(Selection::Those(those))
        }
        (Some(_), Some(_)) => {
            fields.refuse("filter", FieldCode::Contradictory, "says who is meant, and so does `applications`".to_owned());
            None
        }
        (None, None) => {
            fields.refuse("applications", FieldCode::Required, "or `filter` is required: it says who is meant".to_owned());
            None
        }
    }
}

fn of_filter<T: std::str::FromStr<Err: std::fmt::Display>>(fields: &mut Fields, name: &str, given: Option<String>) -> Option<Option<T>> {
    match given.map(|text| text.parse::<T>()).transpose() {
        Ok(read) => Some(read),
        Err(error) => {
            fields.refuse("filter", FieldCode::UnknownWord, format!("has a `{name}` that cannot be: {error}"));
            None
        }
    }
}

/// Ids in a list.
pub(crate) fn ids(fields: &mut Fields, field: &str, given: Vec<String>) -> Option<Vec<ApplicationId>> {
    if given.len() > MOST {
        fields.refuse(field, FieldCode::OutOfRange, format!("may have at most {MOST} ids"));
        return None;
    }
    match given.iter().map(|text| text.parse::<ApplicationId>()).collect() {
        Ok(ids) => Some(ids),
        Err(invalid) => {
            fields.refuse_for(field, &invalid);
            None
        }
    }
}

impl Meant {
    /// Narrowed to what this key may act on.
    pub(super) async fn by(self, server: &Server, recruiter: &Recruiter) -> Result<(Authorised, Option<String>), Problem> {
        let Self { what, mut who, named, confirmation } = self;
        let board = match &mut who {
            Selection::These(_) => recruiter.narrowed(None)?,
            Selection::Those(those) => {
                let of_job: Option<BoardId> = match those.job {
                    Some(job) => Some(job_board(server, recruiter, job).await?),
                    None => None,
                };
                those.board = recruiter.narrowed(those.board)?;
                those.is_test = recruiter.is_test();
                those.board.or(of_job)
            }
        };
        let is_test = recruiter.is_test().unwrap_or_default();
        Ok((Authorised { spec: Spec { what, who, named }, board, is_test }, confirmation))
    }
}

async fn job_board(server: &Server, recruiter: &Recruiter, job: JobId) -> Result<BoardId, Problem> {
    Ok(recruiter.job(server, job).await?.board)
}

impl Authorised {
    pub(super) fn begin<'a>(&'a self, recruiter: &'a Recruiter, confirmation: Option<&'a str>) -> Begin<'a> {
        Begin { spec: &self.spec, confirmation, board: self.board, is_test: self.is_test, actor: &recruiter.actor }
    }
}
