//! `/v1/auth/*`, `/v1/me`, `/v1/users`.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, Path, State};
use http::StatusCode;
use protocol::id::UserId;
use protocol::room::User;
use protocol::rpc::account::{self, FindUsers, GetUser, Logout, Session, UpdateMe};
use serde::{Deserialize, Serialize};

use super::Http;
use super::body::Body;
use super::caller::{Caller, MaybeCaller};
use super::problem::Problem;
use super::query::Params;

/// Users of one answer when the caller names no limit, and at most.
const FOUND: u64 = 20;

#[derive(Deserialize)]
pub struct Credentials {
    name: String,
    password: String,
}

#[derive(Deserialize)]
pub struct GuestBody {
    name: Option<String>,
}

#[derive(Deserialize)]
pub struct RefreshBody {
    refresh_token: String,
}

#[derive(Deserialize)]
pub struct LogoutBody {
    all: Option<bool>,
}

#[derive(Deserialize)]
pub struct MeBody {
    name: Option<String>,
    password: Option<String>,
    old_password: Option<String>,
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

pub async fn signup(
    State(http): State<Http>,
    ConnectInfo(source): ConnectInfo<SocketAddr>,
    MaybeCaller(caller): MaybeCaller,
    Body(body): Body<Credentials>,
) -> Result<(StatusCode, Json<Session>), Problem> {
    http.limits.check(source)?;
    let guest = caller.filter(|claims| claims.guest).map(|claims| claims.sub);
    let session = http.ask(&account::Signup { name: body.name, password: body.password, guest }).await?;
    Ok((StatusCode::CREATED, Json(session)))
}

pub async fn login(
    State(http): State<Http>,
    ConnectInfo(source): ConnectInfo<SocketAddr>,
    Body(body): Body<Credentials>,
) -> Result<Json<Session>, Problem> {
    http.limits.check(source)?;
    Ok(Json(http.ask(&account::Login { name: body.name, password: body.password }).await?))
}

pub async fn guest(
    State(http): State<Http>,
    ConnectInfo(source): ConnectInfo<SocketAddr>,
    Body(body): Body<GuestBody>,
) -> Result<(StatusCode, Json<Session>), Problem> {
    http.limits.check(source)?;
    Ok((StatusCode::CREATED, Json(http.ask(&account::Guest { name: body.name }).await?)))
}

pub async fn refresh(State(http): State<Http>, Body(body): Body<RefreshBody>) -> Result<Json<Session>, Problem> {
    Ok(Json(http.ask(&account::Refresh { refresh_token: body.refresh_token }).await?))
}

pub async fn logout(
    State(http): State<Http>,
    Caller(claims): Caller,
    Body(body): Body<LogoutBody>,
) -> Result<StatusCode, Problem> {
    http.ask(&Logout { user: claims.sub, login: claims.login, all: body.all.unwrap_or(false) }).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn me(State(http): State<Http>, Caller(claims): Caller) -> Result<Json<User>, Problem> {
    Ok(Json(http.ask(&GetUser { user: claims.sub }).await?))
}

pub async fn update_me(
    State(http): State<Http>,
    Caller(claims): Caller,
    Body(body): Body<MeBody>,
) -> Result<Json<User>, Problem> {
    let MeBody { name, password, old_password } = body;
    let request = UpdateMe { user: claims.sub, login: claims.login, name, password, old_password };
    Ok(Json(http.ask(&request).await?))
}

pub async fn user(State(http): State<Http>, Caller(_): Caller, Path(user): Path<String>) -> Result<Json<User>, Problem> {
    Ok(Json(http.ask(&GetUser { user: super::id(&user)? }).await?))
}

pub async fn find(State(http): State<Http>, Caller(_): Caller, params: Params) -> Result<Json<Users>, Problem> {
    let limit = params.limit()?.unwrap_or(FOUND).min(FOUND);
    let users = http.ask(&FindUsers { q: params.text("q").unwrap_or_default().to_owned(), limit }).await?;
    let users = users.into_iter().map(|user| Found { id: user.id, name: user.name, guest: user.guest }).collect();
    Ok(Json(Users { users }))
}
