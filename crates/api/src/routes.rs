//! Every path of this crate.

use actix_web::{
    FromRequest, Handler, Resource, Responder, Route,
    guard::{self, Guard},
    middleware::from_fn,
    web::{self, Data, ServiceConfig},
};

use crate::v1::{events, keys};
use crate::{
    Api, contract,
    docs::{self, Docs},
    health,
    problem::{self, Missing, Problem, ProblemPages},
    server::Server,
    v1::{
        applications, attachments, boards, contacts, evidence, imports, inbound, jobs, notifications, operations, outbox, policies,
        promises, webhooks,
    },
};

/// Adds the API and its documentation to an application, at its root.
///
/// # Panics
/// If `api.public_url` is no URL.
pub fn configure(config: &mut ServiceConfig, api: Api) {
    config.app_data(Data::new(Server::new(api))).app_data(Data::new(Docs::new())).app_data(Data::new(ProblemPages::new()));
    let v1 = web::scope("/v1")
        // Patterns are tried in this order, and nothing is asked for as often.
        .service(post("/jobs/{id}/applications", applications::submit::submit))
        .service(take("/boards", "GET, HEAD, POST").route(read().to(boards::list::list)).route(web::post().to(boards::create::create)))
        .service(find_or_put("/boards-by-external-id/{external_id}", boards::find::find, boards::put::put))
        .service(take("/boards/{id}", "GET, HEAD, PUT").route(read().to(boards::show::show)).route(web::put().to(boards::set::set)))
        .service(find_or_put("/boards/{id}/jobs/by-external-id/{external_id}", jobs::find::find, jobs::put::put))
        .service(take("/jobs", "GET, HEAD, POST").route(read().to(jobs::list::list)).route(web::post().to(jobs::create::create)))
        .service(take("/jobs/{id}", "GET, HEAD, PUT").route(read().to(jobs::show::show)).route(web::put().to(jobs::set::set)))
        .service(find_or_put("/jobs/{id}/applications/by-external-id/{external_id}", applications::find::find, applications::put::put))
        .service(post("/jobs/{id}/close", jobs::close::close))
        .service(post("/jobs/{id}/close/dry-run", jobs::close_dry_run::dry_run))
        .service(post("/jobs/{id}/archive", jobs::archive::archive))
        .service(post("/jobs/{id}/reopen", jobs::reopen::reopen))
        .service(get("/events", events::list::list))
        .service(get("/applications", applications::list::list))
        .service(get("/applications/{id}", applications::show::show))
        .service(get("/applications/{id}/attachments", attachments::list::list))
        .service(post("/applications/{id}/answered", applications::answered::answered))
        .service(
            take("/applications/{id}/messages", "GET, HEAD, POST")
                .route(read().to(applications::messages::list::list))
                .route(web::post().to(applications::messages::write::write)),
        )
        .service(get("/attachments/{id}", attachments::download::download))
        .service(post("/applications/{id}/move", applications::move_stage::move_stage))
        .service(post("/applications/{id}/reject", applications::reject::reject))
        .service(post("/applications/{id}/unreject", applications::unreject::unreject))
        .service(post("/applications/{id}/hire", applications::hire::hire))
        .service(post("/applications/{id}/withdraw", applications::withdraw::withdraw))
        .service(post("/applications/{id}/erase", applications::erase::erase))
        .service(get("/applications/{id}/erasure", applications::erasure::show))
        .service(post("/applications/{id}/postpone", applications::postpone::postpone))
        .service(post("/applications/{id}/interviews", applications::interview::interview))
        .service(post("/applications/{id}/merge", applications::merge::merge))
        .service(post("/applications/{id}/unmerge", applications::unmerge::unmerge))
        .service(post("/applications/{id}/address", applications::correct_address::correct_address))
        .service(post("/applications/{id}/told-otherwise", applications::told_otherwise::told_otherwise));
    let v1 = v1
        .service(get("/notifications", notifications::list::list))
        .service(get("/notifications/{id}", notifications::show::show))
        .service(post("/notifications/{id}/retry", notifications::retry::retry))
        .service(post("/notifications/{id}/release", notifications::release::release))
        .service(post("/notifications/{id}/cancel", notifications::cancel::cancel))
        .service(
            take("/operations", "GET, HEAD, POST")
                .route(read().to(operations::list::list))
                .route(web::post().to(operations::create::create)),
        )
        .service(post("/operations/dry-run", operations::dry_run::dry_run))
        .service(post("/imports", imports::create::create))
        .service(post("/imports/dry-run", imports::dry_run::dry_run))
        .service(get("/operations/{id}", operations::show::show))
        .service(get("/operations/{id}/items", operations::items::items))
        .service(post("/operations/{id}/stop", operations::stop::stop))
        .service(post("/operations/{id}/undo", operations::undo::undo))
        .service(take("/keys", "GET, HEAD, POST").route(read().to(keys::list::list)).route(web::post().to(keys::create::create)))
        .service(get("/keys/{id}", keys::show::show))
        .service(post("/keys/{id}/revoke", keys::revoke::revoke))
        .service(post("/keys/{id}/rotate", keys::rotate::rotate))
        .service(get("/outbox", outbox::show::show))
        .service(post("/outbox/pause", outbox::pause::pause))
        .service(post("/outbox/resume", outbox::resume::resume));
    let v1 = v1
        .service(
            take("/boards/{id}/policy", "GET, HEAD, PUT")
                .route(read().to(policies::show::of_board))
                .route(web::put().to(policies::set::of_board)),
        )
        .service(get("/applications/{id}/evidence", evidence::export::of_application))
        .service(get("/jobs/{id}/evidence", evidence::export::of_job))
        .service(post("/contact-checks", contacts::check::check))
        .service(post("/contacts/asked-not-to", contacts::ask_not_to::ask_not_to))
        .service(post("/inbound/mime", inbound::mime::receive))
        .service(get("/promises", promises::show::show))
        .service(get("/promises/silence", promises::silence::list))
        .service(post("/boards/{id}/policy/preview", policies::preview::of_board))
        .service(
            take("/jobs/{id}/policy", "GET, HEAD, PUT")
                .route(read().to(policies::show::of_job))
                .route(web::put().to(policies::set::of_job)),
        )
        .service(post("/jobs/{id}/policy/preview", policies::preview::of_job));
    let v1 = v1
        .service(
            take("/webhook-endpoints", "GET, HEAD, POST")
                .route(read().to(webhooks::list::list))
                .route(web::post().to(webhooks::create::create)),
        )
        .service(
            take("/webhook-endpoints/{id}", "GET, HEAD, PUT, DELETE")
                .route(read().to(webhooks::show::show))
                .route(web::put().to(webhooks::set::set))
                .route(web::delete().to(webhooks::delete::delete)),
        )
        .service(post("/webhook-endpoints/{id}/rotate-secret", webhooks::rotate::rotate))
        .service(post("/webhook-endpoints/{id}/ping", webhooks::ping::ping))
        .service(get("/webhook-endpoints/{id}/deliveries", webhooks::deliveries::list))
        .service(post("/webhook-endpoints/{id}/replay", webhooks::replay_since::replay))
        .service(post("/webhook-deliveries/{id}/replay", webhooks::replay::replay));
    config
        .service(v1.default_service(web::to(no_such_path)).wrap(from_fn(contract::keep)))
        .service(get("/problems", problem::index))
        .service(get("/problems/{code}", problem::show))
        .service(get("/health", health::health))
        .service(get("/openapi.json", docs::document))
        .service(get("/docs", docs::with_slash))
        .service(get("/docs/{file:.*}", docs::file));
}

fn get<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    take(path, "GET, HEAD").route(read().to(handler))
}

fn post<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    take(path, "POST").route(web::post().to(handler))
}

fn find_or_put<F, P, FindArgs, PutArgs>(path: &str, find: F, put: P) -> Resource
where
    F: Handler<FindArgs>,
    FindArgs: FromRequest + 'static,
    F::Output: Responder + 'static,
    P: Handler<PutArgs>,
    PutArgs: FromRequest + 'static,
    P::Output: Responder + 'static,
{
    take(path, "GET, HEAD, PUT").route(read().to(find)).route(web::put().to(put))
}

/// Whoever may read may also ask what reading would answer (RFC 9110, section 9.1).
fn read() -> Route {
    web::route().guard(guard::fn_guard(|context| guard::Get().check(context) || guard::Head().check(context)))
}

/// A path that answers every other method with those that it takes.
fn take(path: &str, allowed: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || async move { Err::<&str, _>(Problem::MethodNotAllowed { allowed }) }))
}

async fn no_such_path() -> Result<&'static str, Problem> {
    Err(Problem::NotFound(Missing::Path))
}
