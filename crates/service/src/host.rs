//! Hosts of source control systems: what is one, and when two are the same.

use std::net::{Ipv4Addr, Ipv6Addr};

const DEFAULT_PORT: &str = "443";

/// The form in which hosts are compared: lower case, without a trailing dot and without the default port 443.
///
/// Works on any text, also on one that [`is_valid`] refuses: what is stored once must be found again.
///
/// ```
/// use runner_configuration_service::host::normalized;
///
/// assert_eq!(normalized("GitHub.com.:443"), "github.com");
/// assert_eq!(normalized("git.example.com:8443"), "git.example.com:8443");
/// ```
pub fn normalized(host: &str) -> String {
    let (name, port) = split_port(host);
    let name = name.strip_suffix('.').unwrap_or(name).to_lowercase();
    match port {
        Some(port) if port != DEFAULT_PORT => format!("{name}:{port}"),
        _ => name,
    }
}

/// Whether a text is a DNS name, an IPv4 address or a bracketed IPv6 address, with an optional port from 1 to 65535.
///
/// ```
/// use runner_configuration_service::host::is_valid;
///
/// assert!(is_valid("github.com") && is_valid("[2001:db8::1]:8443"));
/// assert!(!is_valid("https://github.com") && !is_valid("github.com/x"));
/// ```
pub fn is_valid(host: &str) -> bool {
    let (name, port) = split_port(host);
    port.is_none_or(is_port) && is_name_or_address(name)
}

/// Splits at the last colon, unless that stands inside the brackets of an IPv6 address.
fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    }
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit())
        && !port.starts_with('0')
        && port.parse::<u16>().is_ok()
}

fn is_name_or_address(name: &str) -> bool {
    if let Some(address) = name.strip_prefix('[') {
        return address
            .strip_suffix(']')
            .is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    let last_label = name.rsplit('.').next().unwrap_or(name);
    if last_label.bytes().all(|byte| byte.is_ascii_digit()) {
        // No top-level domain is a number, so this can only be meant as an address.
        return name.parse::<Ipv4Addr>().is_ok();
    }
    name.len() <= 253 && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_with_and_without_port_are_hosts() {
        let longest = format!(
            "{}.{}.{}.{}",
            "a".repeat(63),
            "b".repeat(63),
            "c".repeat(63),
            "d".repeat(61)
        );
        for host in [
            "github.com",
            "GitHub.COM",
            "localhost",
            "git.example.com.",
            "xn--bcher-kva.example",
            "a-b.c",
            "github.com:443",
            "localhost:8080",
            "127.0.0.1",
            "127.0.0.1:65535",
            "[::1]",
            "[2001:db8::1]:22",
            "3com.net",
            &longest,
        ] {
            assert!(is_valid(host), "{host}");
        }
    }

    #[test]
    fn everything_else_is_not() {
        let long_label = format!("{}.com", "a".repeat(64));
        let long_name = format!("{}e", "abcdefgh.".repeat(29));
        for host in [
            "",
            ".",
            ":",
            ":443",
            "github.com:",
            "github.com:0",
            "github.com:65536",
            "github.com:+1",
            "github.com:x",
            "https://github.com",
            "github.com/",
            "github.com/gitpod-io",
            "user@github.com",
            "git hub.com",
            "-a.com",
            "a-.com",
            "a..com",
            ".a.com",
            "a.com..",
            "github_com",
            "bücher.example",
            "1.2.3",
            "1.2.3.256",
            "::1",
            "[::1",
            "::1]",
            "[]",
            "[github.com]",
            "[::1]x",
            "[::1]:",
            "a:b:1",
            "github.com\n",
            &long_label,
            &long_name,
        ] {
            assert!(!is_valid(host), "{host}");
        }
    }

    #[test]
    fn the_same_host_has_one_normal_form() {
        for (host, normal) in [
            ("GitHub.com", "github.com"),
            ("github.com.", "github.com"),
            ("github.com:443", "github.com"),
            ("GITHUB.com.:443", "github.com"),
            ("github.com:8443", "github.com:8443"),
            ("[2001:DB8::1]:443", "[2001:db8::1]"),
            ("[::1]", "[::1]"),
            ("127.0.0.1:443", "127.0.0.1"),
            ("", ""),
        ] {
            assert_eq!(normalized(host), normal, "{host}");
        }
    }
}
