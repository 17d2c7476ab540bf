//! `/v1/auth/*`, `/v1/me`, `/v1/users`.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use http::StatusCode;
use protocol::code::{Code, Refusal};
use protocol::id::UserId;
use protocol::room::User;
use protocol::rpc::account::{self, FindUsers, GetUser, Logout, Session, UpdateMe};
use serde::{Deserialize, Serialize};

use super::Http;
use super::body::{Body, Text};
use super::caller::{Caller, MaybeCaller};
use super::limit::Attempt;
use super::problem::Problem;
use super::query::{Ids, Params};
use super::schema;
use crate::core::now_ms;

/// Users of one answer when the caller names no limit, and at most.
const FOUND: u64 = 20;
/// Characters of a new password.
const PASSWORD: std::ops::RangeInclusive<usize> = 8..=128;

#[derive(Deserialize)]
pub struct Credentials {
    name: Text,
    password: Text,
}

#[derive(Deserialize)]
pub struct GuestBody {
    name: Option<Text>,
}

#[derive(Deserialize)]
pub struct RefreshBody {
    refresh_token: Text,
}

#[derive(Deserialize)]
pub struct LogoutBody {
    all: Option<bool>,
}

#[derive(Deserialize)]
pub struct MeBody {
    name: Option<Text>,
    password: Option<Text>,
    old_password: Option<Text>,
}

#[derive(Serialize)]
pub struct Found {
    id: UserId,
    name: String,
    guest: bool,
}

#[derive(Serialize)]
pub struct Users {
    users: Vec<Found>,
}

/// Make an account. With a guest's token the guest becomes the account and keeps its id.
#[utoipa::path(post, path = "/v1/auth/signup", tag = "auth", security((), ("token" = [])), request_body = schema::Credentials,
    responses((status = 201, description = "The account and its first login", body = schema::Session), schema::Refused))]
pub async fn signup(
    State(http): State<Http>,
    ConnectInfo(source): ConnectInfo<SocketAddr>,
    MaybeCaller(caller): MaybeCaller,
    Body(body): Body<Credentials>,
) -> Result<(StatusCode, Json<Session>), Problem> {
    check_password(&body.password)?;
    http.limits.check(source, Attempt::Signup, now_ms())?;
    let guest = caller.filter(|claims| claims.guest).map(|claims| claims.sub);
    let session = http.ask(&account::Signup { name: body.name.0, password: body.password.0, guest }).await?;
    Ok((StatusCode::CREATED, Json(session)))
}

/// Log in. A wrong name and a wrong password have one answer.
#[utoipa::path(post, path = "/v1/auth/login", tag = "auth", security(()), request_body = schema::Credentials,
    responses((status = 200, description = "A new login", body = schema::Session), schema::Refused))]
pub async fn login(
    State(http): State<Http>,
    ConnectInfo(source): ConnectInfo<SocketAddr>,
    Body(body): Body<Credentials>,
) -> Result<Json<Session>, Problem> {
    http.limits.check(source, Attempt::Login, now_ms())?;
    Ok(Json(http.ask(&account::Login { name: body.name.0, password: body.password.0 }).await?))
}

/// Come as a guest, without an account. A name is given if none is chosen.
#[utoipa::path(post, path = "/v1/auth/guest", tag = "auth", security(()), request_body = Option<schema::GuestBody>,
    responses((status = 201, description = "The guest and its login", body = schema::Session), schema::Refused))]
pub async fn guest(
    State(http): State<Http>,
    ConnectInfo(source): ConnectInfo<SocketAddr>,
    Body(body): Body<GuestBody>,
) -> Result<(StatusCode, Json<Session>), Problem> {
    http.limits.check(source, Attempt::Signup, now_ms())?;
    Ok((StatusCode::CREATED, Json(http.ask(&account::Guest { name: Text::take(body.name) }).await?)))
}

/// New tokens for a login. The refresh token is used up; using it after its successor was used ends the login.
#[utoipa::path(post, path = "/v1/auth/refresh", tag = "auth", security(()), request_body = schema::RefreshBody,
    responses((status = 200, description = "The login with new tokens", body = schema::Session), schema::Refused))]
pub async fn refresh(State(http): State<Http>, Body(body): Body<RefreshBody>) -> Result<Json<Session>, Problem> {
    Ok(Json(http.ask(&account::Refresh { refresh_token: body.refresh_token.0 }).await?))
}

/// End this login, or with `all` every login of the user, and the sockets that use it.
#[utoipa::path(post, path = "/v1/auth/logout", tag = "auth", request_body = Option<schema::LogoutBody>,
    responses((status = 204, description = "Ended"), schema::Refused))]
pub async fn logout(
    State(http): State<Http>,
    Caller(claims): Caller,
    Body(body): Body<LogoutBody>,
) -> Result<StatusCode, Problem> {
    http.ask(&Logout { user: claims.sub, login: claims.login, all: body.all.unwrap_or(false) }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The token's user.
#[utoipa::path(get, path = "/v1/me", tag = "users",
    responses((status = 200, description = "The account", body = schema::User), schema::Refused))]
pub async fn me(State(http): State<Http>, Caller(claims): Caller) -> Result<Json<User>, Problem> {
    Ok(Json(http.ask(&GetUser { user: claims.sub }).await.map_err(gone)?))
}

/// The account is gone, its token lives still.
fn gone(problem: Problem) -> Problem {
    match problem.code() {
        Code::NotFound => Problem::invalid_token("no such user"),
        _ => problem,
    }
}

fn check_password(password: &Text) -> Result<(), Refusal> {
    let fine = PASSWORD.contains(&password.0.chars().count());
    fine.then_some(()).ok_or_else(|| Refusal::bad_request("`password` must have 8 to 128 characters"))
}

/// Change the own name or password. A new password needs the old one, and ends the user's other logins.
#[utoipa::path(patch, path = "/v1/me", tag = "users", request_body = schema::MeBody,
    responses((status = 200, description = "The account as it is now", body = schema::User), schema::Refused))]
pub async fn update_me(
    State(http): State<Http>,
    Caller(claims): Caller,
    Body(body): Body<MeBody>,
) -> Result<Json<User>, Problem> {
    let MeBody { name, password, old_password } = body;
    if name.is_none() && password.is_none() {
        return Err(Refusal::bad_request("nothing to change: send `name` or `password`").into());
    }
    password.as_ref().map(check_password).transpose()?;
    let (name, password, old_password) = (Text::take(name), Text::take(password), Text::take(old_password));
    let request = UpdateMe { user: claims.sub, login: claims.login, name, password, old_password };
    Ok(Json(http.ask(&request).await.map_err(gone)?))
}

/// A user.
#[utoipa::path(get, path = "/v1/users/{user}", tag = "users", params(schema::UserPath),
    responses((status = 200, description = "The user", body = schema::User), schema::Refused))]
pub async fn user(State(http): State<Http>, Caller(_): Caller, Ids(user): Ids<UserId>) -> Result<Json<User>, Problem> {
    Ok(Json(http.ask(&GetUser { user }).await?))
}

/// Users by a part of their name.
#[utoipa::path(get, path = "/v1/users", tag = "users", params(schema::Search),
    responses((status = 200, description = "At most 20 users, the best first", body = schema::FoundUsers), schema::Refused))]
pub async fn find(State(http): State<Http>, Caller(_): Caller, params: Params) -> Result<Json<Users>, Problem> {
    let limit = params.limit()?.unwrap_or(FOUND).min(FOUND);
    let users = http.ask(&FindUsers { q: params.text("q").unwrap_or_default().to_owned(), limit }).await?;
    let users = users.into_iter().map(|user| Found { id: user.id, name: user.name, guest: user.guest }).collect();
    Ok(Json(Users { users }))
}
