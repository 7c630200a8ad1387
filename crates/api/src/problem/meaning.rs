//! What each kind of problem means to whoever met it, and what to do: the text of its page.

use super::Code;

pub(crate) struct Meaning {
    /// What happened, for somebody who has just seen the code for the first time.
    pub(crate) what: &'static str,
    /// What to do, most likely first.
    pub(crate) steps: &'static [&'static str],
    /// Whether the same request may succeed later, unchanged.
    pub(crate) again: bool,
}

impl Code {
    pub(crate) const fn meaning(self) -> Meaning {
        let (what, steps, again): (_, &[&str], _) = match self {
            Self::MalformedJson => (
                "The body is not JSON that a parser can read, or names one field twice. `detail` says where it goes wrong.",
                &["Let a library write the JSON.", "Send `Content-Type: application/json`, in UTF-8."],
                false,
            ),
            Self::MalformedBody => (
                "The connection ended before the whole body had arrived.",
                &["Send the request again; with an Idempotency-Key that is harmless."],
                true,
            ),
            Self::InvalidHeader => (
                "A header that this server reads is not of the form that it must have. `detail` names it.",
                &["`Idempotency-Key`: 1 to 255 visible ASCII characters.", "`Hearback-Actor`: one line of at most 200 characters."],
                false,
            ),
            Self::InvalidQuery => (
                "Something behind the `?` is not understood. `errors` names each parameter and what is wrong with it.",
                &["Correct the parameters that are named.", "Take `cursor` from the answer before, unchanged."],
                false,
            ),
            Self::Unauthenticated => (
                "No key came with the request, or one that is not this server's, was altered, revoked, or replaced and past its time.",
                &[
                    "Send `Authorization: Bearer sk_…`; a plain form sends its `pk_…` key in the field `_key`.",
                    "See with `hearback keys list` whether the key still works, and make one with `hearback keys create`.",
                ],
                false,
            ),
            Self::Forbidden => (
                "The key is good, but not for this: it is publishable, has too few scopes, is for one board, or is a test key.",
                &[
                    "Use a secret key with the scope that `detail` names.",
                    "Scopes are given when a key is made: `hearback keys create --scopes read,write`.",
                ],
                false,
            ),
            Self::OriginNotAllowed => (
                "A page used the key, and the page's origin is not on the key's list of origins.",
                &[
                    "Make a key whose list has the origin: `hearback keys create --kind publishable --origin https://jobs.example.com`.",
                    "An origin is a scheme, a host and a port: `https://www.example.com` and `https://example.com` are two.",
                ],
                false,
            ),
            Self::NotFound => (
                "The path, or what it names, is not there, or it is another board's or a real applicant's and the key may not see it. Nobody can tell which.",
                &[
                    "Compare the path with the documentation.",
                    "Use a key for the right board; test keys see only what test keys submitted.",
                ],
                false,
            ),
            Self::MethodNotAllowed => (
                "The path is right, and does not take this method. The header `Allow` lists those that it takes.",
                &["Use one of the methods in `Allow`."],
                false,
            ),
            Self::NotPossible => (
                "The application stands where this cannot be done: a hired applicant cannot be rejected, and so on. Nothing was changed.",
                &["Read the application again.", "Choose one of the verbs in `possible`."],
                false,
            ),
            Self::MessageNotPossible => (
                "The message is in a state in which this cannot be done: what was sent cannot be cancelled. Nothing was changed.",
                &["Read the message again.", "Choose one of the verbs in `possible`."],
                false,
            ),
            Self::CarriedByAnother => (
                "The person applied for this job before, and the first application carries the promises of both. Decisions are made there.",
                &["Act on the application in `application`."],
                false,
            ),
            Self::AppliedAgain => (
                "The person has applied for the job again since, and only one application at a time is active.",
                &["Act on the application in `application`, or end that one first."],
                false,
            ),
            Self::Erased => (
                "Name, address and texts of the applicant were erased for good, and with them everything that could be done to the application. Nothing was changed.",
                &["Read the application: `erased_at` says since when.", "Take it out of the system that asked."],
                false,
            ),
            Self::KeptByLaw => (
                "The policy of the job names a law, and that law wants a copy of what the applicant was told to be kept for some years. `kept_until` is the last day. Nothing was changed.",
                &["Tell the applicant until when their data has to be kept, and why.", "Ask again on the day after `kept_until`."],
                false,
            ),
            Self::ConfirmationRequired => (
                "More people than the policy's `bulk_cap` would be written to, and nobody has shown that they looked at whom. Nothing was changed.",
                &["Send the same body to the `dry-run` beside this path.", "Look at it, and send its `confirmation` along."],
                false,
            ),
            Self::ConfirmationOutdated => (
                "The confirmation is for another operation, for people who stand otherwise by now, or too old. `detail` says which. Nothing was changed.",
                &["Look at the dry run again, and send its new `confirmation`."],
                false,
            ),
            Self::OperationNotPossible => (
                "The operation has come too far for this, or is being taken back.",
                &["Read it at `/v1/operations/{id}`: `state` and `undone_by` say where it stands."],
                false,
            ),
            Self::ExternalIdTaken => (
                "Something else on record has this `external_id`, which is unique.",
                &["Look for what has it.", "Give another `external_id`, or none."],
                false,
            ),
            Self::RequestInProgress => (
                "A request with this Idempotency-Key arrived before this one and is not answered yet.",
                &["Wait as long as `Retry-After` says, and send the same request again: it is answered with the first one's answer."],
                true,
            ),
            Self::AnswerLost => (
                "An earlier request with this Idempotency-Key was carried out, but its answer was not kept: the server stopped in between, or the answer had a secret in it. It was not carried out a second time.",
                &["Read what the request was about. If it made a key, revoke that key and make another."],
                false,
            ),
            Self::JobClosed => (
                "The job was closed before the application arrived. Nothing was put on record, and nobody was written to.",
                &["Take the form off the page.", "Link to the jobs that are open."],
                false,
            ),
            Self::PreconditionFailed => (
                "Somebody changed the record after it was read: `If-Match` names a version that is not the present one. Nothing was changed.",
                &["Read it again, look whether your change still makes sense, and send the new `ETag`."],
                false,
            ),
            Self::BodyTooLarge => {
                ("The body has more bytes than this path takes. `detail` says how many it may have.", &["Send less."], false)
            }
            Self::UnsupportedMediaType => (
                "The body is of a type that this path does not read.",
                &["Send `Content-Type: application/json`.", "A form may be sent as `application/x-www-form-urlencoded`."],
                false,
            ),
            Self::InvalidBody => (
                "The body is well-formed, and some of its fields cannot be used. `errors` names all of them at once, each with a pointer (RFC 6901), a code for programs and a sentence for people.",
                &["Correct the fields in `errors`, and send the request again."],
                false,
            ),
            Self::IdempotencyKeyReused => (
                "An earlier request with this Idempotency-Key asked for something else. A key belongs to one request for 24 hours.",
                &["Make a new key, a UUID perhaps, for each new request, and keep it only for repeats of that request."],
                false,
            ),
            Self::PreconditionRequired => (
                "This record is only changed by whoever says which version they have seen, so that nobody's change is lost.",
                &["Read the record, and send its `ETag` in the header `If-Match`."],
                false,
            ),
            Self::TooManyRequests => (
                "The key was used for more requests than it may be in a short time. Applications that come in are never counted.",
                &[
                    "Wait as long as `Retry-After` says.",
                    "Watch the header `RateLimit`: `r` is what is left, `t` the seconds until there is more.",
                ],
                true,
            ),
            Self::Internal => (
                "Something went wrong that is not the request's fault. Whoever runs this server finds the cause in its log, under `request_id`.",
                &["Tell them the `request_id`."],
                false,
            ),
            Self::Unavailable => (
                "The database does not answer at this moment, mostly because it is being restarted. Nothing was put on record, or nobody can know.",
                &["Send the request again after the seconds in `Retry-After`, with the same Idempotency-Key: it is carried out once."],
                true,
            ),
        };
        Meaning { what, steps, again }
    }
}
