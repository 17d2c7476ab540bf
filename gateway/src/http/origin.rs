//! Which pages may open a socket: no page at all, our own, and those that are configured.

use http::{HeaderMap, header};

/// Whether the request's `Origin` is absent, own or allowed.
pub fn allowed(headers: &HeaderMap, allowed: &[String]) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    if origins.next().is_some() {
        return false;
    }
    if allowed.iter().any(|allowed| allowed == origin) {
        return true;
    }
    // A proxy may end TLS before us: the scheme is not compared.
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    authority.is_some() && authority == host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_and_configured_origins_pass() {
        let check = |origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "chat.example:8080".parse().unwrap());
            headers.insert(header::ORIGIN, origin.parse().unwrap());
            allowed(&headers, &["https://other.example".to_owned()])
        };
        assert!(check("http://chat.example:8080") && check("https://chat.example:8080") && check("https://other.example"));
        assert!(!check("http://chat.example") && !check("null") && !check("http://evil.example") && !check("chat.example:8080"));
        assert!(allowed(&HeaderMap::new(), &[]));
    }
}
