//! Kinds and providers as people write them: `aws_ec2` for `RUNNER_PROVIDER_AWS_EC2`.

use runner_configuration::Enumeration;
use runner_configuration::v1::{RunnerKind, RunnerProvider};

/// An enum whose names all start with the same prefix.
pub(super) trait Named: Enumeration {
    /// What the names start with.
    const PREFIX: &'static str;
    /// What a value is called in messages.
    const WHAT: &'static str;
}

impl Named for RunnerKind {
    const PREFIX: &'static str = "RUNNER_KIND_";
    const WHAT: &'static str = "kind of runner";
}

impl Named for RunnerProvider {
    const PREFIX: &'static str = "RUNNER_PROVIDER_";
    const WHAT: &'static str = "provider";
}

/// Reads a name: the one of the .proto file, or without its prefix, in any case, with `-` or `_`.
pub(super) fn parse<E: Named>(text: &str) -> Result<E, String> {
    let name = text.trim().to_ascii_uppercase().replace('-', "_");
    let name = name.strip_prefix(E::PREFIX).unwrap_or(&name);
    all::<E>()
        .find(|value| value.name().strip_prefix(E::PREFIX) == Some(name))
        .ok_or_else(|| {
            let known: Vec<String> = all::<E>().map(short).collect();
            format!(
                "{text:?} is no {}; use one of {}",
                E::WHAT,
                known.join(", ")
            )
        })
}

/// The name without its prefix, in lower case.
pub(super) fn short<E: Named>(value: E) -> String {
    let name = value.name();
    name.strip_prefix(E::PREFIX)
        .unwrap_or(name)
        .to_ascii_lowercase()
}

/// All values but the unspecified one. Their numbers have no gaps.
fn all<E: Named>() -> impl Iterator<Item = E> {
    (1..).map_while(E::from_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_short_names_are_read() {
        for text in ["RUNNER_PROVIDER_AWS_EC2", "aws_ec2", "AWS-EC2", " aws_ec2 "] {
            assert_eq!(parse(text), Ok(RunnerProvider::AwsEc2), "{text}");
        }
        assert_eq!(parse("remote"), Ok(RunnerKind::Remote));
        assert_eq!(
            parse("local-configuration"),
            Ok(RunnerKind::LocalConfiguration)
        );
    }

    #[test]
    fn other_names_are_refused_with_those_that_there_are() {
        for text in ["", "unspecified", "RUNNER_KIND_UNSPECIFIED", "aws_ec2", "2"] {
            let error = parse::<RunnerKind>(text).unwrap_err();
            assert!(
                error.ends_with(
                    "is no kind of runner; use one of local, remote, local_configuration"
                ),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_shown_can_be_read() {
        for provider in all::<RunnerProvider>() {
            assert_eq!(parse(&short(provider)), Ok(provider));
        }
        assert_eq!(all::<RunnerProvider>().count(), 6);
        assert_eq!(all::<RunnerKind>().count(), 3);
    }
}
