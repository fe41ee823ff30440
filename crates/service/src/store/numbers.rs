//! The numbers that enumerations are stored as. A number that was used once keeps its meaning.

use super::{ChangeOutcome, ObjectKind, Role};

/// Values that are stored as their places in a list, from 1 on.
pub(super) trait Numbered: Copy + PartialEq + 'static {
    const VALUES: &'static [Self];

    fn number(self) -> i32 {
        let mut numbered = (1..).zip(Self::VALUES);
        numbered
            .find(|(_, known)| **known == self)
            .map_or(0, |(number, _)| number)
    }

    fn from_number(number: i32) -> Option<Self> {
        let place = usize::try_from(number).ok()?.checked_sub(1)?;
        Self::VALUES.get(place).copied()
    }
}

impl Numbered for Role {
    const VALUES: &'static [Self] = &[Self::Admin, Self::User, Self::Runner];
}

impl Numbered for ObjectKind {
    const VALUES: &'static [Self] = &[
        Self::Runner,
        Self::EnvironmentClass,
        Self::HostAuthenticationToken,
        Self::ScmIntegration,
        Self::LlmIntegration,
        Self::ApiKey,
    ];
}

impl Numbered for ChangeOutcome {
    const VALUES: &'static [Self] = &[
        Self::Created,
        Self::Updated,
        Self::Deleted,
        Self::DeletedAlong,
        Self::Revoked,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_read_as_what_it_was_written_for() {
        assert_eq!(Role::Admin.number(), 1);
        assert_eq!(ObjectKind::ApiKey.number(), 6);
        assert_eq!(ChangeOutcome::Revoked.number(), 5);
        for outcome in ChangeOutcome::VALUES {
            assert_eq!(ChangeOutcome::from_number(outcome.number()), Some(*outcome));
        }
        for number in [i32::MIN, -1, 0, 4, i32::MAX] {
            assert_eq!(Role::from_number(number), None, "{number}");
        }
    }
}
