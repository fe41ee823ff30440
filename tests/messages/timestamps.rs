use std::time::{Duration, SystemTime, UNIX_EPOCH};

use runner_configuration::v1::HostAuthenticationToken;
use runner_configuration::{Timestamp, TimestampError};

fn expiring(expires_at: Timestamp) -> HostAuthenticationToken {
    HostAuthenticationToken {
        expires_at: Some(expires_at),
        ..HostAuthenticationToken::default()
    }
}

#[test]
fn a_time_of_the_system_goes_into_a_message_and_comes_back() {
    let time = UNIX_EPOCH + Duration::new(1_772_323_200, 250_000_000);
    let token = expiring(time.try_into().unwrap());
    let json = serde_json::to_string(&token).unwrap();
    assert_eq!(json, r#"{"expiresAt":"2026-03-01T00:00:00.250Z"}"#);
    let token: HostAuthenticationToken = serde_json::from_str(&json).unwrap();
    assert_eq!(token.expires_at.unwrap().try_into(), Ok(time));
}

#[test]
fn a_time_that_the_binary_form_can_hold_and_the_others_cannot() {
    let beyond = Timestamp {
        seconds: 253_402_300_800,
        nanos: 0,
    };
    assert!(serde_json::to_string(&expiring(beyond)).is_err());
    assert_eq!(
        SystemTime::try_from(beyond),
        Err(TimestampError::OutOfRange)
    );
}
