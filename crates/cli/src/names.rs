//! Values of enums as people write them: `aws_ec2` for `RUNNER_PROVIDER_AWS_EC2`.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use runner_configuration::Enumeration;
use runner_configuration::v1::{
    HostAuthenticationTokenSource, LlmIntegrationPhase, LlmProvider, Principal, RunnerKind,
    RunnerProvider, SupportedModel,
};

/// An enum whose names all start with the same prefix.
pub(crate) trait Named: Enumeration {
    /// What the names start with.
    const PREFIX: &'static str;
    /// What a value is called in messages.
    const WHAT: &'static str;
}

macro_rules! named {
    ($($enumeration:ident: $prefix:literal, $what:literal;)+) => {
        $(impl Named for $enumeration {
            const PREFIX: &'static str = $prefix;
            const WHAT: &'static str = $what;
        })+
    };
}

named! {
    RunnerKind: "RUNNER_KIND_", "kind of runner";
    RunnerProvider: "RUNNER_PROVIDER_", "provider";
    HostAuthenticationTokenSource: "HOST_AUTHENTICATION_TOKEN_SOURCE_", "source of tokens";
    Principal: "PRINCIPAL_", "kind of subject";
    SupportedModel: "SUPPORTED_MODEL_", "model";
    LlmProvider: "LLM_PROVIDER_", "provider of models";
    LlmIntegrationPhase: "LLM_INTEGRATION_PHASE_", "phase";
}

/// Reads a name: the one of the .proto file, or without its prefix, in any case, with `-` or `_`.
pub(crate) fn parse<E: Named>(text: &str) -> Result<E, String> {
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
pub(crate) fn short<E: Named>(value: E) -> String {
    let name = value.name();
    name.strip_prefix(E::PREFIX)
        .unwrap_or(name)
        .to_ascii_lowercase()
}

/// The value with this number as people write it; `-` for the unspecified one.
pub(crate) fn show<E: Named>(number: i32) -> String {
    match E::from_number(number) {
        Some(_) if number == 0 => "-".to_owned(),
        Some(value) => short(value),
        // From a newer server.
        None => number.to_string(),
    }
}

/// Reads an argument, and lists what there is in help texts and completions.
pub(crate) fn parser<E: Named + Send + Sync>() -> impl TypedValueParser<Value = E> {
    let values = all::<E>().map(|value| PossibleValue::new(short(value)).alias(value.name()));
    PossibleValuesParser::new(values).try_map(|text| parse(&text))
}

/// All values but the unspecified one. Their numbers have gaps, and none is near a hundred.
fn all<E: Named>() -> impl Iterator<Item = E> {
    (1..100).filter_map(E::from_number)
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
    fn numbers_are_shown_as_names() {
        assert_eq!(show::<SupportedModel>(32), "sonnet_5");
        assert_eq!(show::<SupportedModel>(0), "-");
        assert_eq!(show::<SupportedModel>(99_999), "99999");
    }

    #[test]
    fn what_is_shown_can_be_read() {
        for provider in all::<RunnerProvider>() {
            assert_eq!(parse(&short(provider)), Ok(provider));
        }
        assert_eq!(all::<RunnerProvider>().count(), 6);
        assert_eq!(all::<RunnerKind>().count(), 3);
        assert_eq!(all::<SupportedModel>().count(), 24);
    }
}
