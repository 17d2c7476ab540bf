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
        let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
        let value = match (values.next(), values.next()) {
            (None, _) => return Ok(Self(None)),
            (Some(value), None) => value,
            (Some(_), Some(_)) => return Err(Problem::invalid_token("send one `Authorization`")),
        };
        let token = value.to_str().ok().and_then(|value| value.split_once(' '));
        let (_, token) = token
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .ok_or_else(|| Problem::invalid_token("`Authorization` must be `Bearer <access token>`"))?;
        let claims = http.core.verify(token.trim()).await.map_err(|(refusal, _)| match refusal.code {
            Code::Unauthenticated => Problem::invalid_token(refusal.message),
            _ => refusal.into(),
        })?;
        Ok(Self(Some(claims)))
    }
}
