//! Subjects as people write them: `user:0195…`.

use std::str::FromStr;

use runner_configuration::v1::{self, Principal};
use runner_configuration_service::store::SubjectKey;
use uuid::Uuid;

use crate::names;

/// A subject as an argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Subject(pub(crate) SubjectKey);

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, id) = text
            .split_once(':')
            .ok_or("give a kind and an id, as in user:0195f2b1-7c00-7000-8000-000000000001")?;
        let principal = names::parse(kind).map_err(|error| error.replace('_', "-"))?;
        let id = Uuid::try_parse(id).map_err(|_| format!("{id:?} is no UUID"))?;
        Ok(Self(SubjectKey { principal, id }))
    }
}

/// As in `user:0195…`: what [`Subject`] reads.
pub(crate) fn shown(subject: SubjectKey) -> String {
    of_message(&subject.into())
}

/// The same for the subject of a reply.
pub(crate) fn of_message(subject: &v1::Subject) -> String {
    let kind = names::show::<Principal>(subject.principal);
    format!("{}:{}", kind.replace('_', "-"), subject.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read() {
        for principal in [
            Principal::Account,
            Principal::User,
            Principal::Runner,
            Principal::Environment,
            Principal::ServiceAccount,
        ] {
            let subject = SubjectKey {
                principal,
                id: Uuid::from_u128(1),
            };
            assert_eq!(shown(subject).parse(), Ok(Subject(subject)));
        }
    }

    #[test]
    fn other_texts_are_refused_with_what_is_wrong() {
        let id = Uuid::nil();
        for (text, reason) in [
            (id.to_string(), "a kind and an id"),
            (format!("robot:{id}"), "\"robot\" is no kind of subject"),
            (format!("unspecified:{id}"), "is no kind of subject"),
            ("user:me".into(), "\"me\" is no UUID"),
        ] {
            let error = text.parse::<Subject>().unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
