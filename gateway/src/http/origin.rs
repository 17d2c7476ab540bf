//! Whose pages may talk to this server: its own, and those that the operator allows.

use http::{HeaderMap, HeaderValue, header};

/// Absent, own (the `Host` that was asked), or configured. Two `Origin`s are none that a browser sends.
pub fn allowed(headers: &HeaderMap, configured: &[String]) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => is_own(origin, headers) || is_configured(origin, configured),
        (Some(_), Some(_)) => false,
    }
}

/// Whether the operator names it; a `/` at its end does not count.
pub fn is_configured(origin: &HeaderValue, configured: &[String]) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    configured.iter().any(|allowed| allowed.trim_end_matches('/').eq_ignore_ascii_case(origin))
}

/// The scheme cannot be compared: what ends TLS stands before this server.
fn is_own(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let (Ok(origin), Some(host)) = (origin.to_str(), host) else { return false };
    let (authority, default_port) = match (origin.strip_prefix("https://"), origin.strip_prefix("http://")) {
        (Some(authority), _) => (authority, ":443"),
        (None, Some(authority)) => (authority, ":80"),
        (None, None) => return false,
    };
    let bare = |text: &str| text.strip_suffix(default_port).unwrap_or(text).to_ascii_lowercase();
    !authority.is_empty() && bare(authority) == bare(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(host: &'static str, origins: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        for origin in origins {
            headers.append(header::ORIGIN, HeaderValue::from_static(origin));
        }
        allowed(&headers, &["https://chat.example.org/".into()])
    }

    #[test]
    fn own_absent_and_configured_origins_pass() {
        assert!(check("127.0.0.1:8080", &[]));
        assert!(check("127.0.0.1:8080", &["http://127.0.0.1:8080"]));
        assert!(check("Mesh.example", &["https://mesh.example"]));
        assert!(check("mesh.example:443", &["https://mesh.example"]));
        assert!(check("127.0.0.1:8080", &["https://chat.example.org"]));
    }

    #[test]
    fn all_others_do_not() {
        for origin in ["http://127.0.0.1:8081", "null", "", "http://", "https://chat.example.org.evil.example", "127.0.0.1:8080"]
        {
            assert!(!check("127.0.0.1:8080", &[origin]), "{origin}");
        }
        assert!(!check("127.0.0.1:8080", &["http://127.0.0.1:8080", "http://evil.example"]));
        assert!(!check("mesh.example:80", &["https://mesh.example"]));
    }
}
