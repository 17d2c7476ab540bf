//! Pages: the web client on every other path, the page of the API, and what browsers are told about both.

use http::{Method, Request, StatusCode, header};

use crate::world::shared;

#[tokio::test]
async fn every_answer_tells_browsers_to_be_careful() {
    let world = shared().await;
    for path in ["/", "/docs", "/v1/openapi.json", "/v1/me", "/v1/nothing", "/rooms/x"] {
        let answer = world.get(path, "").await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
    }
    for path in ["/v1/auth/login", "/v1/auth/guest", "/v1/me"] {
        assert_eq!(world.get(path, "").await.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn the_page_of_the_api_loads_nothing_from_elsewhere() {
    let world = shared().await;
    let page = world.get("/docs", "").await.is(StatusCode::OK);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
    let text = String::from_utf8(page.bytes.to_vec()).unwrap();
    let mut parts = 0;
    for part in text.split(['"', '\'']).filter(|part| part.starts_with('/') && part.contains('.')) {
        world.get(part, "").await.is(StatusCode::OK);
        parts += 1;
    }
    assert!(parts >= 3 && !text.contains("//"), "{text}");
    world.get("/docs/nothing.js", "").await.fails(404, "not_found");
}

#[tokio::test]
async fn other_paths_give_the_web_client_if_it_was_built() {
    let world = shared().await;
    let page = world.get("/", "").await;
    if page.status == 404 {
        // A checkout whose client was not built says so.
        page.fails(404, "not_found");
        return;
    }
    assert_eq!((page.status, page.header("cache-control")), (200, "no-cache"));
    for path in ["/rooms/some-room", "/healthz", "/index.html", "/..%2f..%2fetc%2fpasswd"] {
        assert_eq!(world.get(path, "").await.is(StatusCode::OK).bytes, page.bytes, "{path}");
    }
    let again = Request::builder().header(header::IF_NONE_MATCH, page.header("etag"));
    assert!(world.send(again, "/", "").await.is(StatusCode::NOT_MODIFIED).bytes.is_empty());
    world.get("/assets/of-another-version.js", "").await.fails(404, "not_found");
    let text = String::from_utf8(page.bytes.to_vec()).unwrap();
    let script = text.split('"').find(|part| part.starts_with("/assets/") && part.ends_with(".js")).expect("a script");
    let packed = Request::builder().header(header::ACCEPT_ENCODING, "br, gzip;q=0.8");
    let packed = world.send(packed, script, "").await.is(StatusCode::OK);
    assert_eq!((packed.header("content-encoding"), packed.header("vary")), ("gzip", "accept-encoding"));
    let refused = Request::builder().header(header::ACCEPT_ENCODING, "gzip;q=0");
    assert_eq!(world.send(refused, script, "").await.is(StatusCode::OK).header("content-encoding"), "");
    let script = world.get(script, "").await.is(StatusCode::OK);
    assert!(packed.bytes.len() * 2 < script.bytes.len() && packed.header("etag") != script.header("etag"));
    assert!(script.header("cache-control").contains("immutable") && script.header("content-type").starts_with("text/javascript"));
    world.call(Method::POST, "/rooms/x", "", None).await.fails(405, "bad_request");
}
