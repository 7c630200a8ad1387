#![doc = include_str!("../README.md")]

mod address;
mod api_keys;
mod applications;
mod attachments;
mod audit;
mod boards;
mod bulk;
mod captured;
mod change;
mod check_up;
mod clock;
mod complaint;
mod contact;
mod conversation;
mod correct;
mod database;
mod decode;
mod due;
mod entity;
mod erasure;
mod error;
mod evidence;
mod feed;
mod hire;
mod history;
mod import;
mod inbound;
mod interview;
mod jobs;
mod ledger;
mod merge;
mod move_stage;
mod next_word;
#[cfg(test)]
mod opened;
mod outbox;
mod owed;
mod periodic;
mod policies;
mod postpone;
mod precondition;
mod reconcile;
mod reject;
mod repeat;
mod reply_probe;
mod report;
mod rows;
mod signing_keys;
mod staff;
mod standing;
mod submit;
mod told_otherwise;
mod trace;
mod unreject;
mod wake;
mod webhooks;
mod withdraw;

pub use api_keys::{ApiKey, ApiKeyKind, Caller, KeyLimits, NewApiKey, RotateError};
pub use applications::{Application, ApplicationFilter};
pub use attachments::{Attachment, NewAttachment};
pub use audit::{Finding, Promise};
pub use boards::{Board, BoardDetails};
pub use bulk::{
    Begin, BulkError, Closing, Counts, DryRun, DryRunPerson, DueOperation, Item, Operation, OperationFilter, Selection, Spec, Summary,
    Those, What,
};
pub use captured::{CapturedMail, MailToKeep};
pub use change::{ChangeRefused, Changed};
pub use check_up::{CheckUp, CheckedFace, Weakness, check_up};
pub use clock::DatabaseClock;
pub use conversation::{Message, PageReply};
pub use correct::ApplicantDetails;
pub use erasure::{Classified, Erase, EraseRefused, Erasure, PERSONAL_DATA, PastRetention, PersonalData};
pub use error::{CreateError, LedgerError, OpenError};
pub use evidence::{EvidenceOf, EvidencePart};
pub use feed::{EventCursor, Feed, FeedEvent, InvalidCursor};
pub use history::{Event, Notification, Try};
pub use import::{ImportRefused, ImportTally, Imported, Importing};
pub use inbound::{
    Answer, AnswerRecorded, Bounce, ClaimedInboundMail, Complained, InboundClaim, InboundEnd, InboundMail, Recorded, Reply, ReplyRecorded,
    StaffBounced, StrayMail, Understood,
};
pub use jobs::{Job, JobDetails, JobStatus};
pub use ledger::{Ledger, Page, Settings};
pub use merge::MergeError;
pub use outbox::{Failure, OutboxError, OutboxFilter, OutboxItem, OutboxRecord, OutboxSummary, Pause, Resumed};
pub use owed::{Claim, Ended, MailAnswered, OwedMessage, SentMail};
pub use periodic::{DuePeriodic, Periodic};
pub use policies::{PolicyError, PolicyPreview, PolicyPreviewed, PolicyProgress, PolicyRecord, WhosePolicy};
pub use precondition::{Version, Versioned, conditional};
pub use reconcile::{Damage, Repaired};
pub use reject::Rejection;
pub use repeat::{Answering, KeptAnswer, Repeat};
pub use reply_probe::{ProbeClaim, ProbeMail, ProbeNews, ProbeOutcome, ProbeWhat, ReplyProbe, ReplyProbing};
pub use report::{Figures, FirstDecision, GroupKey, InSilence, Report, ReportBy, ReportFilter, ReportGroup, SilenceCursor, Silent};
pub use staff::{
    DigestHour, Guess, InThread, StaffClaim, StaffConversation, StaffDigest, StaffDigestLine, StaffEnded, StaffLine, StaffMail, Told,
    ToldMessage, ToldStray, UndecidedLine,
};
pub use submit::{Idempotency, Submission, SubmitError, Submitted};
pub use told_otherwise::ToldOtherwise;
pub use trace::traced;
pub use wake::DueWatch;
pub use webhooks::{
    DeliveryTry, DueWebhook, EndpointDetails, NewEndpoint, Replay, WebhookClaim, WebhookDelivery, WebhookEnded, WebhookEndpoint,
    WebhookReply,
};
