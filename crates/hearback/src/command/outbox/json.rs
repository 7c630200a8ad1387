//! The outbox for programs.

use hearback_domain::actor::Actor;
use hearback_ledger::{Failure, OutboxItem, Pause, Resumed};
use serde_json::{Value, json};

use super::words::address;

pub(super) fn as_json(item: &OutboxItem, whole_addresses: bool) -> Value {
    let OutboxItem {
        id,
        application,
        job,
        job_title,
        board,
        to,
        is_test,
        kind,
        state,
        due_at,
        send_after,
        wake_at,
        tries,
        maybe_sent,
        cancel_requested,
        hold_reason,
        cancel_reason,
        cancel_words,
        settled_at,
        relay,
        reply,
        last_failure,
    } = item;
    let to = to.as_ref().map(|to| address(Some(to), whole_addresses));
    let failure = last_failure.as_ref().map(|Failure { at, reason }| json!({ "at": at, "reason": reason }));
    json!({
        "id": id, "application_id": application, "job_id": job, "job_title": job_title, "board_id": board, "email": to, "is_test": is_test,
        "kind": kind, "state": state, "due_at": due_at, "send_after": send_after, "wake_at": wake_at, "tries": tries,
        "maybe_sent": maybe_sent, "cancel_requested": cancel_requested, "hold_reason": hold_reason, "cancel_reason": cancel_reason,
        "cancel_words": cancel_words, "settled_at": settled_at, "relay": relay, "reply": reply, "last_failure": failure,
    })
}

pub(super) fn pause_as_json(pause: &Pause) -> Value {
    let Pause { since, reason, by, resumed } = pause;
    let resumed = resumed.as_ref().map(|Resumed { at, by }| json!({ "at": at, "by": actor_as_json(by) }));
    json!({ "since": since, "reason": reason, "by": actor_as_json(by), "resumed": resumed })
}

pub(super) fn actor_as_json(actor: &Actor) -> Value {
    let Actor { kind, id, on_behalf_of } = actor;
    json!({ "kind": kind, "id": id, "on_behalf_of": on_behalf_of })
}
