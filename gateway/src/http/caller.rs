//! Who asks: the claims of the bearer token.

use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;
use protocol::code::{Code, Refusal};
use protocol::rpc::account::Claims;

use super::Http;
use super::problem::Problem;

/// Somebody signed in.
pub struct Caller(pub Claims);

/// Somebody signed in, or nobody; a bad token is refused all the same.
pub struct MaybeCaller(pub Option<Claims>);

impl FromRequestParts<Http> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Problem> {
        let MaybeCaller(claims) = MaybeCaller::from_request_parts(parts, http).await?;
        let nobody = || Refusal::new(Code::Unauthenticated, "send `Authorization: Bearer <access token>`");
        Ok(Self(claims.ok_or_else(nobody)?))
    }
}

impl FromRequestParts<Http> for MaybeCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(header::AUTHORIZATION) else { return Ok(Self(None)) };
        let bad = || Refusal::new(Code::Unauthenticated, "`Authorization` must be `Bearer <access token>`");
        let (scheme, token) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(bad)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(bad().into());
        }
        let claims = http.core.verify(token.trim()).await.map_err(|(refusal, _)| refusal)?;
        Ok(Self(Some(claims)))
    }
}
