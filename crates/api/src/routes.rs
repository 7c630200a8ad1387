//! Every path of this crate.

use actix_web::{
    FromRequest, Handler, Resource, Responder, Route,
    guard::{self, Guard},
    web::{self, Data, ServiceConfig},
};

use crate::{
    Api,
    docs::{self, Docs},
    health,
    problem::{Missing, Problem},
    server::Server,
    v1::{applications, attachments, boards, jobs, notifications, outbox, policies, promises, webhooks},
};

/// Adds the API and its documentation to an application, at its root.
///
/// # Panics
/// If `api.public_url` is no URL.
pub fn configure(config: &mut ServiceConfig, api: Api) {
    config.app_data(Data::new(Server::new(api))).app_data(Data::new(Docs::new()));
    let v1 = web::scope("/v1")
        .service(take("/boards", "GET, HEAD, POST").route(read().to(boards::list::list)).route(web::post().to(boards::create::create)))
        .service(get("/boards/{id}", boards::show::show))
        .service(take("/jobs", "GET, HEAD, POST").route(read().to(jobs::list::list)).route(web::post().to(jobs::create::create)))
        .service(get("/jobs/{id}", jobs::show::show))
        .service(post("/jobs/{id}/applications", applications::submit::submit))
        .service(get("/applications", applications::list::list))
        .service(get("/applications/{id}", applications::show::show))
        .service(get("/applications/{id}/attachments", attachments::list::list))
        .service(get("/attachments/{id}", attachments::download::download))
        .service(post("/applications/{id}/move", applications::move_stage::move_stage))
        .service(post("/applications/{id}/reject", applications::reject::reject))
        .service(post("/applications/{id}/unreject", applications::unreject::unreject))
        .service(post("/applications/{id}/hire", applications::hire::hire))
        .service(post("/applications/{id}/withdraw", applications::withdraw::withdraw))
        .service(post("/applications/{id}/postpone", applications::postpone::postpone))
        .service(post("/applications/{id}/interviews", applications::interview::interview))
        .service(post("/applications/{id}/told-otherwise", applications::told_otherwise::told_otherwise));
    let v1 = v1
        .service(get("/notifications", notifications::list::list))
        .service(get("/notifications/{id}", notifications::show::show))
        .service(post("/notifications/{id}/retry", notifications::retry::retry))
        .service(post("/notifications/{id}/release", notifications::release::release))
        .service(post("/notifications/{id}/cancel", notifications::cancel::cancel))
        .service(get("/outbox", outbox::show::show))
        .service(post("/outbox/pause", outbox::pause::pause))
        .service(post("/outbox/resume", outbox::resume::resume));
    let v1 = v1
        .service(
            take("/boards/{id}/policy", "GET, HEAD, PUT")
                .route(read().to(policies::show::of_board))
                .route(web::put().to(policies::set::of_board)),
        )
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
        .service(v1.default_service(web::to(no_such_path)))
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
