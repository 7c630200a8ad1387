//! Every path of this crate.

use actix_web::{
    FromRequest, Handler, HttpResponse, Resource, Responder,
    guard::{self, Guard},
    http::{Method, header},
    web::{self, Data, ServiceConfig},
};

use crate::{Pages, home, mailbox, refusal::Refusal, site::Site, status};

/// Adds the pages to an application, at its root.
pub fn configure(config: &mut ServiceConfig, pages: Pages) {
    let mailbox = pages.mailbox;
    config.app_data(Data::new(Site::new(pages)));
    config.service(page("/", home::home));
    // Whatever no other part of the server answers.
    config.default_service(web::to(not_found));
    config.service(web::scope("/s").service(page("/{token}", status::status)).default_service(web::to(not_found)));
    if mailbox {
        config.service(page("/dev/mailbox.json", mailbox::list_json));
        // The most particular first: the first that matches answers.
        let mails = web::scope("/dev/mailbox")
            .service(page("", mailbox::list))
            .service(page("/latest", mailbox::latest))
            .service(page("/latest.json", mailbox::latest_json))
            .service(page("/{id}.json", mailbox::mail_json))
            .service(page("/{id}", mailbox::mail))
            .service(page("/{id}/text", mailbox::text))
            .service(page("/{id}/html", mailbox::html))
            .service(page("/{id}/source", mailbox::source));
        config.service(mails.default_service(web::to(not_found)));
    }
}

/// Nothing in this crate changes anything, so nothing takes another method.
fn page<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let reads = guard::fn_guard(|context| guard::Get().check(context) || guard::Head().check(context));
    web::resource(path).route(web::route().guard(reads).to(handler)).default_service(web::to(method_not_allowed))
}

async fn not_found(site: Data<Site>) -> HttpResponse {
    site.respond(Err(Refusal::NotFound))
}

async fn method_not_allowed(site: Data<Site>) -> HttpResponse {
    let mut response = site.respond(Err(Refusal::MethodNotAllowed));
    let allowed = header::Allow(vec![Method::GET, Method::HEAD]);
    if let Ok(allowed) = header::TryIntoHeaderPair::try_into_pair(allowed) {
        response.headers_mut().insert(allowed.0, allowed.1);
    }
    response
}
