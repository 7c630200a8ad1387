//! How many requests a secret key has, in one process: enough for any integration, and not for a loop that went wrong. Applications that
//! come in are never counted: whoever applies must not pay for the traffic of others.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use actix_web::{
    dev::ServiceResponse,
    http::header::{HeaderName, HeaderValue},
};
use hearback_domain::ids::ApiKeyId;

/// At once.
const BURST: u32 = 3_000;

/// After that, one in so much time: 300 a second.
const EVERY: Duration = Duration::from_nanos(1_000_000_000 / 300);

/// In seconds: how long an empty bucket takes to be full.
const WINDOW: u64 = 10;

/// Far more keys than are in use at once.
const MOST: usize = 10_000;

/// By the generic cell rate algorithm: when the key's bucket will be full again.
#[derive(Debug, Default)]
pub(crate) struct Limits(Mutex<HashMap<ApiKeyId, Instant>>);

/// What a request left of its key's share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spent {
    Within {
        left: u32,
        full_in: u64,
    },
    /// In seconds, at least one.
    Over {
        more_in: u64,
    },
}

impl Limits {
    pub(crate) fn spend(&self, key: ApiKeyId, now: Instant) -> Spent {
        let mut full_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= MOST {
            full_at.retain(|_, full| *full > now);
        }
        let full = full_at.get(&key).copied().unwrap_or(now).max(now);
        let used = full.duration_since(now) + EVERY;
        let whole = EVERY * BURST;
        if used > whole {
            return Spent::Over { more_in: (used - whole).as_secs() + 1 };
        }
        full_at.insert(key, full + EVERY);
        let left = (whole - used).as_nanos() / EVERY.as_nanos();
        Spent::Within { left: u32::try_from(left).unwrap_or(BURST), full_in: used.as_secs() + 1 }
    }
}

impl Spent {
    /// As in draft-ietf-httpapi-ratelimit-headers.
    pub(crate) fn mark<B>(self, response: &mut ServiceResponse<B>) {
        let (left, after) = match self {
            Self::Within { left, full_in } => (left, full_in),
            Self::Over { more_in } => (0, more_in),
        };
        let headers = response.headers_mut();
        for (name, value) in
            [("ratelimit-policy", format!("\"key\";q={BURST};w={WINDOW}")), ("ratelimit", format!("\"key\";r={left};t={after}"))]
        {
            let value = HeaderValue::try_from(value).expect("numbers can stand in a header");
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use actix_web::{
        App,
        http::StatusCode,
        middleware::from_fn,
        test::{self, TestRequest},
        web::{self, Data},
    };
    use hearback_domain::{clock::SystemClock, ids::Ids, random::Random};
    use hearback_ledger::{ApiKeyKind, Ledger, NewApiKey, Settings};
    use hearback_testkit::{
        database::{DatabaseKind, TestDatabase},
        fake_clock::FakeClock,
        on_both_databases,
    };

    use super::*;
    use crate::{Api, Careers, contract, server::Server, v1::boards};

    on_both_databases! {
        async fn whoever_asks_too_often_is_told_when_to_come_again(kind: DatabaseKind) {
            let database = TestDatabase::create(kind);
            let random = Arc::new(Random::from_seed(1));
            let ledger = Ledger::open(database.url(), Settings::default(), Arc::new(FakeClock::default()), random).await.unwrap();
            let new = NewApiKey { kind: ApiKeyKind::Secret, is_test: false, board: None, name: "loop".to_owned() };
            let (key, text) = ledger.create_api_key(new).await.unwrap();
            let api = Api { ledger, public_url: "https://jobs.example.com".to_owned(), careers: Careers::default() };
            let server = Data::new(Server::new(api));
            // By far more than comes back before the request that is looked at.
            let used_up = Instant::now() + Duration::from_secs(3_600);
            while matches!(server.limits.spend(key, used_up), Spent::Within { .. }) {}
            let v1 = web::scope("/v1").route("/boards", web::get().to(boards::list::list)).wrap(from_fn(contract::keep));
            let service = test::init_service(App::new().app_data(server).service(v1)).await;
            let asked = TestRequest::with_uri("/v1/boards").insert_header(("Authorization", format!("Bearer {text}")));
            let answer = test::call_service(&service, asked.to_request()).await;
            assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
            let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap();
            let seconds: u64 = header("retry-after").parse().unwrap();
            assert!(seconds > 3_000, "{seconds}");
            assert_eq!(header("ratelimit"), format!("\"key\";r=0;t={seconds}"));
            assert_eq!(header("ratelimit-policy"), "\"key\";q=3000;w=10");
            assert_eq!(header("content-type"), "application/problem+json");
        }
    }

    #[test]
    fn a_key_has_its_share_and_no_other_key_pays_for_it() {
        let ids = Ids::new(Arc::new(SystemClock), Arc::new(Random::from_seed(1)));
        let (busy, quiet): (ApiKeyId, ApiKeyId) = (ids.next(), ids.next());
        let (limits, now) = (Limits::default(), Instant::now());
        let first = limits.spend(busy, now);
        assert_eq!(first, Spent::Within { left: BURST - 1, full_in: 1 });
        let within = (1..BURST).filter(|_| matches!(limits.spend(busy, now), Spent::Within { .. })).count();
        assert_eq!(within, BURST as usize - 1);
        assert_eq!(limits.spend(busy, now), Spent::Over { more_in: 1 });
        assert!(matches!(limits.spend(quiet, now), Spent::Within { .. }));
        assert!(matches!(limits.spend(busy, now + EVERY), Spent::Within { left: 0, .. }));
        assert!(matches!(limits.spend(busy, now + Duration::from_secs(WINDOW + 1)), Spent::Within { left: 2_999, .. }));
    }
}
