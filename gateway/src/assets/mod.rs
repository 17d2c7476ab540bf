//! The web client, embedded in the binary; every path that is no file of it gives its page.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use protocol::code::Refusal;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::http::problem::Problem;

#[derive(RustEmbed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Files;

/// No script, style or font but our own; images may come from a file that the user chose.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'";

/// A file, or the page.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        let refusal = Refusal::bad_request("this address does not take this method");
        let allow = [(header::ALLOW, "GET, HEAD")];
        return (allow, Problem::new(StatusCode::METHOD_NOT_ALLOWED, refusal)).into_response();
    }
    let path = uri.path().trim_start_matches('/');
    match Files::get(path) {
        Some(file) if path != "index.html" => respond(path, file, &headers),
        // Asked for by a page of another version: the page in its place would be run as a script.
        None if path.starts_with("assets/") => Problem::from(Refusal::not_found("no such file")).into_response(),
        Some(_) | None => match Files::get("index.html") {
            Some(page) => respond("index.html", page, &headers),
            None => Problem::from(Refusal::not_found("the web client is not built into this gateway")).into_response(),
        },
    }
}

fn respond(path: &str, plain: EmbeddedFile, headers: &HeaderMap) -> Response {
    // The build lays a compressed copy beside every text.
    let packed = takes_gzip(headers).then(|| Files::get(&format!("{path}.gz"))).flatten();
    let encoded = packed.is_some();
    let file = packed.unwrap_or(plain);
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..16]));
    // Names in assets/ carry a hash of what they hold.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok()).unwrap_or_default();
    let same = known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag);
    let mut response = if same { StatusCode::NOT_MODIFIED.into_response() } else { file.data.into_owned().into_response() };
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if encoded {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    response
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let wanted = headers.get(header::ACCEPT_ENCODING).and_then(|wanted| wanted.to_str().ok()).unwrap_or_default();
    wanted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim() == "gzip" && weight.trim().trim_start_matches("q=").parse().map_or(true, |weight: f32| weight > 0.0)
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map" | "webmanifest") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        Some(_) | None => "application/octet-stream",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
