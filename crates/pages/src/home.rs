//! For a person who opens the server's address.

use actix_web::{HttpResponse, web::Data};
use hearback_domain::locale::Locale;
use minijinja::context;

use crate::site::Site;

pub(crate) async fn home(site: Data<Site>) -> HttpResponse {
    site.respond(site.page("home.html", context! { lang => Locale::En.as_str(), mailbox => site.mailbox }))
}
