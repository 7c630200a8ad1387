//! What every request needs: the ledger, and the addresses that answers name.

use hearback_domain::ids::ApplicationId;
use hearback_ledger::Ledger;
use url::Url;

use crate::{Api, Careers, contract::Limits, v1::applications::FormPage};

pub(crate) struct Server {
    pub(crate) ledger: Ledger,
    /// Where the outside reaches this server.
    pub(crate) public_url: Url,
    /// What goes before every path in an answer: the same, without a slash at its end.
    pub(crate) base: String,
    pub(crate) form_page: FormPage,
    pub(crate) careers: Careers,
    pub(crate) limits: Limits,
}

impl Server {
    pub(crate) fn new(api: Api) -> Self {
        let Api { ledger, public_url, careers } = api;
        let base = public_url.trim_end_matches('/').to_owned();
        let public_url: Url = public_url.parse().expect("`Api::public_url` is a URL");
        let form_page = FormPage::new(&public_url, careers.next_origins());
        Self { ledger, public_url, base, form_page, careers, limits: Limits::default() }
    }

    /// The applicant's own page.
    pub(crate) fn status_url(&self, id: ApplicationId, link_generation: i32) -> String {
        format!("{}/s/{}", self.base, self.ledger.status_token(id, link_generation))
    }
}
