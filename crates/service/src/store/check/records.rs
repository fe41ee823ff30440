//! API keys, and the record of changes.

use runner_configuration::v1::Principal;

use super::Known;
use super::row::{Checked, subject_is_whole};
use crate::store::numbers::Numbered as _;
use crate::store::tables::Value;
use crate::store::{ChangeOutcome, ObjectKind, Role};

pub(super) fn api_key(row: &mut Checked<'_, '_>, known: &mut Known) {
    row.fingerprint("hash");
    row.unique(known, &["hash"], "there is another key with the same hash");
    let role = row.number("role", Role::from_number);
    let principal = row.number("principal", |number| Principal::try_from(number).ok());
    if role == Some(Role::Runner) && principal.is_some_and(|it| it != Principal::Runner) {
        row.fault("it has the role of a runner, and does not stand for one");
    }
}

pub(super) fn change(row: &mut Checked<'_, '_>, known: &mut Known) {
    let cells = row.cells();
    if let Some(Value::Long(sequence)) = cells.row.first() {
        if *sequence <= known.last_sequence {
            row.fault("its sequence number is not greater than 0 and than the one before");
        }
        if *sequence > known.counter {
            row.fault("its sequence number is greater than the last that was given out");
        }
        known.last_sequence = *sequence;
    }
    if !subject_is_whole(cells.integer("principal"), cells.uuid("subject_id")) {
        row.fault("of its principal and subject_id one is missing");
    }
    if cells.integer("principal").is_some() {
        row.number("principal", |number| Principal::try_from(number).ok());
    }
    // 0 is what there was before these columns.
    row.number("kind", |number| {
        (number == 0 || ObjectKind::from_number(number).is_some()).then_some(())
    });
    row.number("outcome", |number| {
        (number == 0 || ChangeOutcome::from_number(number).is_some()).then_some(())
    });
}
