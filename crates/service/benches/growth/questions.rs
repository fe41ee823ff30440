//! What stores are asked.

use runner_configuration::v1::{RunnerKind, RunnerProvider};
use runner_configuration_service::store::{EnvironmentClassFilter, HostAuthenticationTokenFilter};

use super::objects::{
    is_enabled, is_registered, kind_of_runner, provider_of_runner, runner_id, runner_of_class,
    runner_of_token, subject, subject_of_token,
};

pub(crate) struct Question {
    pub(crate) name: &'static str,
    pub(crate) asked: Asked,
}

pub(crate) enum Asked {
    Class,
    Token,
    /// Pages, and which objects, by their numbers, are on them.
    Classes(EnvironmentClassFilter, Box<dyn Fn(usize) -> bool>),
    Tokens(HostAuthenticationTokenFilter, Box<dyn Fn(usize) -> bool>),
}

/// The runner with the most objects, and some with as many as most.
const LARGEST: usize = 0;
const COMMON: usize = 62;
const SEVERAL: [usize; 3] = [COMMON, 42, 77];
/// As many as a request may name.
const MOST: std::ops::Range<usize> = 60..85;

/// The subject with the most tokens, and one with as many as most.
const ACCOUNT: usize = 0;
fn person() -> usize {
    // The owner of a token of that runner.
    subject_of_token(61)
}

pub(crate) fn all() -> Vec<Question> {
    let mut all = vec![
        Question {
            name: "Get class",
            asked: Asked::Class,
        },
        Question {
            name: "Get token",
            asked: Asked::Token,
        },
    ];
    classes(&mut all);
    tokens(&mut all);
    all
}

fn classes(all: &mut Vec<Question>) {
    let mut add = |name, filter: EnvironmentClassFilter| {
        let asked = filter.clone();
        let passes = move |number| passes(&asked, number);
        all.push(Question {
            name,
            asked: Asked::Classes(filter, Box::new(passes)),
        });
    };
    let none = EnvironmentClassFilter::default;
    let of = |runners: &[usize]| EnvironmentClassFilter {
        runner_ids: runners.iter().copied().map(runner_id).collect(),
        ..none()
    };
    let enabled = |enabled, filter| EnvironmentClassFilter {
        enabled: Some(enabled),
        ..filter
    };
    let most: Vec<usize> = MOST.collect();
    let kind = EnvironmentClassFilter {
        runner_kinds: vec![RunnerKind::LocalConfiguration],
        ..none()
    };
    let provider = EnvironmentClassFilter {
        runner_providers: vec![RunnerProvider::Managed],
        ..none()
    };
    let usable = |filter| EnvironmentClassFilter {
        usable_only: true,
        ..filter
    };
    add("classes", none());
    add("enabled", enabled(true, none()));
    add("disabled", enabled(false, none()));
    add("largest runner", of(&[LARGEST]));
    add("a runner", of(&[COMMON]));
    add("3 runners", of(&SEVERAL));
    add("25 runners", of(&most));
    add("kind", kind.clone());
    add("provider", provider.clone());
    add("can create", usable(none()));
    add("largest runner + enabled", enabled(true, of(&[LARGEST])));
    add("largest runner + disabled", enabled(false, of(&[LARGEST])));
    add("a runner + enabled", enabled(true, of(&[COMMON])));
    add("3 runners + enabled", enabled(true, of(&SEVERAL)));
    add("25 runners + disabled", enabled(false, of(&most)));
    add("a runner + can create", usable(of(&[COMMON])));
    add("kind + enabled", enabled(true, kind));
    add("provider + enabled", enabled(true, provider));
}

fn passes(filter: &EnvironmentClassFilter, number: usize) -> bool {
    let runner = runner_of_class(number);
    let kind = kind_of_runner(runner);
    let provider = provider_of_runner(runner);
    (filter.runner_ids.is_empty() || filter.runner_ids.contains(&runner_id(runner)))
        && filter.enabled.is_none_or(|it| it == is_enabled(number))
        && (filter.runner_kinds.is_empty() || filter.runner_kinds.contains(&kind))
        && (filter.runner_providers.is_empty() || filter.runner_providers.contains(&provider))
        && (!filter.usable_only || is_enabled(number) && is_registered(runner))
}

fn tokens(all: &mut Vec<Question>) {
    let mut add = |name, runner: Option<usize>, owner: Option<usize>, by: By| {
        let (user_id, subject_id, key) = match (by, owner.map(subject)) {
            (_, None) => (None, None, None),
            (By::User, Some(owner)) => (Some(owner.id), None, None),
            (By::Subject, Some(owner)) => (None, Some(owner.id), None),
            (By::Caller, Some(owner)) => (None, None, Some(owner)),
        };
        let filter = HostAuthenticationTokenFilter {
            runner_id: runner.map(runner_id),
            subject_id,
            user_id,
            owner: key,
        };
        let passes = move |number| {
            runner.is_none_or(|runner| runner == runner_of_token(number))
                && owner.is_none_or(|owner| owner == subject_of_token(number))
        };
        all.push(Question {
            name,
            asked: Asked::Tokens(filter, Box::new(passes)),
        });
    };
    let (account, person) = (Some(ACCOUNT), Some(person()));
    let common = Some(COMMON);
    add("tokens", None, None, By::Subject);
    add("largest runner's tokens", Some(LARGEST), None, By::Subject);
    add("a runner's tokens", Some(COMMON), None, By::Subject);
    add("largest subject", None, account, By::Subject);
    add("a subject", None, person, By::Subject);
    add("a user", None, person, By::User);
    add("own tokens", None, account, By::Caller);
    add("a user's own tokens", None, person, By::Caller);
    let largest = Some(LARGEST);
    add("largest runner + subject", largest, account, By::Subject);
    add("a runner + largest subject", common, account, By::Subject);
    add("a runner + a subject", common, person, By::Subject);
    add("a runner + a user", common, person, By::User);
    add("largest runner + own tokens", largest, account, By::Caller);
}

/// What names an owner.
#[derive(Clone, Copy)]
enum By {
    User,
    Subject,
    /// Authorisation does.
    Caller,
}
