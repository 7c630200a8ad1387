//! What the server answered.

use reqwest::{StatusCode, header::LOCATION};
use serde_json::Value;

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    /// Where a browser is sent on to.
    pub location: Option<String>,
    /// `null` unless the body is JSON.
    pub json: Value,
    pub text: String,
}

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> Self {
        let status = response.status();
        let location = response.headers().get(LOCATION).map(|location| location.to_str().expect("a location is ASCII").to_owned());
        let text = response.text().await.expect("the answer arrives whole");
        Self { status, location, json: serde_json::from_str(&text).unwrap_or_default(), text }
    }

    /// # Panics
    /// With the whole answer, if the status is another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// The text of a field.
    ///
    /// # Panics
    /// If there is no such text.
    #[track_caller]
    pub fn text_of(&self, field: &str) -> &str {
        self.json[field].as_str().unwrap_or_else(|| panic!("no text `{field}` in {}", self.text))
    }
}
