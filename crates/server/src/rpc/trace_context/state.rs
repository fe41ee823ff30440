//! `tracestate`.

use http::{HeaderMap, HeaderName};

const HEADER: HeaderName = HeaderName::from_static("tracestate");

/// How many members a list may have.
const MAX_MEMBERS: usize = 32;
/// The longest key, of whichever form, and the longest value.
const MAX_LENGTH: usize = 256;

pub(super) fn of(headers: &HeaderMap) -> Option<String> {
    let mut members: Vec<(&str, &str)> = Vec::new();
    for value in headers.get_all(HEADER) {
        // Its characters are checked where they count.
        let text = value.to_str().ok()?;
        for member in text
            .split(',')
            .map(|member| member.trim_matches([' ', '\t']))
        {
            if member.is_empty() {
                continue;
            }
            let (key, value) = member.split_once('=')?;
            let is_known = members.iter().any(|(known, _)| *known == key);
            if !is_key(key) || !is_value(value) || is_known || members.len() == MAX_MEMBERS {
                return None;
            }
            members.push((key, value));
        }
    }
    let members: Vec<String> = members
        .into_iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    (!members.is_empty()).then(|| members.join(","))
}

/// As in `rojo` and `tenant@system`. Its parts begin with a letter; that of a tenant may begin with a digit.
fn is_key(key: &str) -> bool {
    let is_name = |name: &str| {
        name.bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/'))
    };
    let begins_with_letter = |name: &str| name.starts_with(|c: char| c.is_ascii_lowercase());
    match key.split_once('@') {
        None => key.len() <= MAX_LENGTH && begins_with_letter(key) && is_name(key),
        Some((tenant, system)) => {
            let begins_well =
                begins_with_letter(tenant) || tenant.starts_with(|c: char| c.is_ascii_digit());
            begins_well
                && begins_with_letter(system)
                && tenant.len() <= 241
                && system.len() <= 14
                && is_name(tenant)
                && is_name(system)
        }
    }
}

/// Printable ASCII that ends with no blank; the list's own signs are not in it.
fn is_value(value: &str) -> bool {
    let is_char = |byte: u8| matches!(byte, b' '..=b'~') && byte != b',' && byte != b'=';
    (1..=MAX_LENGTH).contains(&value.len()) && value.bytes().all(is_char) && !value.ends_with(' ')
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of_values(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_str(value).unwrap());
        }
        of(&headers)
    }

    #[test]
    fn members_of_all_headers_are_one_list() {
        for (values, list) in [
            (&["rojo=00f067aa0ba902b7"][..], "rojo=00f067aa0ba902b7"),
            (&["a=1,b=2", "c=3"], "a=1,b=2,c=3"),
            (&[" a=1 \t,\t b= 2 3", ""], "a=1,b= 2 3"),
            (
                &["0tenant@system=x", ",,a-b_c*d/e=~"],
                "0tenant@system=x,a-b_c*d/e=~",
            ),
        ] {
            assert_eq!(of_values(values).as_deref(), Some(list), "{values:?}");
        }
        assert_eq!(of_values(&[]), None);
        assert_eq!(of_values(&["", " , "]), None);
    }

    #[test]
    fn one_invalid_member_makes_the_list_invalid() {
        for member in [
            "b", "=2", "b=", "B=2", "0b=2", "b c=2", "b=2=3", "b@=2", "@b=2", "b@0c=2", "b@c@d=2",
            "a=2", "b=\u{e9}",
        ] {
            assert_eq!(of_values(&["a=1", member]), None, "{member}");
        }
    }

    #[test]
    fn lengths_are_bounded() {
        let members = |number: usize| {
            let members: Vec<String> = (0..number).map(|index| format!("k{index}=v")).collect();
            members.join(",")
        };
        let of_lengths =
            |key: usize, value: usize| format!("{}={}", "k".repeat(key), "v".repeat(value));
        let of_tenant = |tenant: usize, system: usize| {
            format!("{}@{}=v", "t".repeat(tenant), "s".repeat(system))
        };
        for (list, is_valid) in [
            (members(32), true),
            (members(33), false),
            (of_lengths(256, 256), true),
            (of_lengths(257, 1), false),
            (of_lengths(1, 257), false),
            (of_tenant(241, 14), true),
            (of_tenant(242, 14), false),
            (of_tenant(241, 15), false),
        ] {
            assert_eq!(of_values(&[&list]).is_some(), is_valid, "{list}");
        }
    }
}
