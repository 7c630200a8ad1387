//! Every path of this crate.

use actix_web::{
    FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder,
    guard::{self, Guard},
    http::{Method, header},
    web::{self, Data, ServiceConfig},
};

use crate::{Pages, home, mailbox, reader, refusal::Refusal, script, site::Site, status};

/// Adds the pages to an application, at its root.
pub fn configure(config: &mut ServiceConfig, pages: Pages) {
    let mailbox = pages.mailbox;
    config.app_data(Data::new(Site::new(pages)));
    config.service(page("/", home::home));
    config.service(page("/hearback.js", script::script));
    // Whatever no other part of the server answers.
    config.default_service(web::to(not_found));
    let question = read_only("/{token}/withdraw", status::ask).route(web::post().to(status::withdraw));
    let question =
        question.default_service(web::to(|site, request| method_not_allowed(site, request, vec![Method::GET, Method::HEAD, Method::POST])));
    // Nobody looks at it: it takes what the page's box sends.
    let box_of_page = web::resource("/{token}/messages").route(web::post().to(status::reply));
    let box_of_page = box_of_page.default_service(web::to(|site, request| method_not_allowed(site, request, vec![Method::POST])));
    config.service(
        web::scope("/s")
            .service(page("/{token}", status::status))
            .service(question)
            .service(box_of_page)
            .default_service(web::to(not_found)),
    );
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

/// Looking changes nothing, and no page but the question before a withdrawal takes another method.
fn page<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    read_only(path, handler).default_service(web::to(|site, request| method_not_allowed(site, request, vec![Method::GET, Method::HEAD])))
}

fn read_only<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let reads = guard::fn_guard(|context| guard::Get().check(context) || guard::Head().check(context));
    web::resource(path).route(web::route().guard(reads).to(handler))
}

async fn not_found(site: Data<Site>, request: HttpRequest) -> HttpResponse {
    site.respond_in(reader::locale(&request), Err(Refusal::NotFound))
}

async fn method_not_allowed(site: Data<Site>, request: HttpRequest, allowed: Vec<Method>) -> HttpResponse {
    let mut response = site.respond_in(reader::locale(&request), Err(Refusal::MethodNotAllowed));
    let allowed = header::Allow(allowed);
    if let Ok(allowed) = header::TryIntoHeaderPair::try_into_pair(allowed) {
        response.headers_mut().insert(allowed.0, allowed.1);
    }
    response
}
