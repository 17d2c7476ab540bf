//! Ids of paths and parameters of queries, checked before anything sees them.

use axum::extract::{FromRequestParts, Path, Query};
use http::request::Parts;
use protocol::code::Refusal;
use protocol::id::Name;
use protocol::limits::MAX_INTEGER;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// Ids of a path; an ill-formed one names nothing.
pub struct Ids<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Ids<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let ids = Path::from_request_parts(parts, state).await;
        ids.map(|Path(ids)| Self(ids)).map_err(|_| Refusal::not_found("no such thing").into())
    }
}

/// The parameters of a request; a doubled one counts once, the last.
pub struct Params(std::collections::HashMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = Query::try_from_uri(&parts.uri).map_err(|_| Refusal::bad_request("the query cannot be read"))?;
        Ok(Self(query.0))
    }
}

impl Params {
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub fn integer(&self, name: &str) -> Result<Option<u64>, Problem> {
        let wrong = || Refusal::bad_request(format!("`{name}` must be an integer in 0 … 2^53−1"));
        let Some(text) = self.text(name) else { return Ok(None) };
        let number: u64 = text.parse().map_err(|_| wrong())?;
        if number > MAX_INTEGER { Err(wrong().into()) } else { Ok(Some(number)) }
    }

    /// A page's size: at least 1.
    pub fn limit(&self) -> Result<Option<u64>, Problem> {
        match self.integer("limit")? {
            Some(0) => Err(Refusal::bad_request("`limit` must be at least 1").into()),
            limit => Ok(limit),
        }
    }

    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.text(name) {
            None | Some("false") => Ok(false),
            Some("true" | "") => Ok(true),
            Some(_) => Err(Refusal::bad_request(format!("`{name}` must be true or false")).into()),
        }
    }

    pub fn id(&self, name: &str) -> Result<Option<Name>, Problem> {
        let wrong = |_| Refusal::bad_request(format!("`{name}` must be 1–64 of A-Z a-z 0-9 _ -"));
        Ok(self.text(name).map(Name::parse).transpose().map_err(wrong)?)
    }
}
