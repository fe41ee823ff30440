//! `google.protobuf.Timestamp`: one type with the JSON mapping of its specification.

mod civil;
mod convert;
mod rfc3339;

pub use convert::TimestampError;

/// A point in time, as `google.protobuf.Timestamp` defines it: seconds since 1970-01-01T00:00:00Z and, counted
/// forward from there, nanoseconds.
///
/// The valid range is 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z, with `nanos` from 0 to 999 999 999. The
/// binary form can carry values outside of it; [`is_valid`](Self::is_valid) tells, and the JSON form refuses them.
///
/// JSON is an RFC 3339 text in UTC with 0, 3, 6 or 9 fraction digits; on input any offset is accepted.
///
/// ```
/// use runner_configuration_runtime::Timestamp;
///
/// let instant: Timestamp = "2026-03-01T01:00:00.5+01:00".parse()?;
/// assert_eq!(instant, Timestamp { seconds: 1_772_323_200, nanos: 500_000_000 });
/// assert_eq!(instant.to_string(), "2026-03-01T00:00:00.500Z");
/// # Ok::<(), runner_configuration_runtime::TimestampError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Message)]
pub struct Timestamp {
    /// Seconds since the Unix epoch; negative before it.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds after `seconds`, 0 to 999 999 999, also for times before the epoch.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// 0001-01-01T00:00:00Z.
const MIN_SECONDS: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z.
const MAX_SECONDS: i64 = 253_402_300_799;

impl Timestamp {
    /// Whether this value is inside the range that the specification allows.
    ///
    /// ```
    /// use runner_configuration_runtime::Timestamp;
    ///
    /// assert!(Timestamp { seconds: 0, nanos: 0 }.is_valid());
    /// assert!(!Timestamp { seconds: 0, nanos: -1 }.is_valid());
    /// ```
    pub fn is_valid(&self) -> bool {
        (MIN_SECONDS..=MAX_SECONDS).contains(&self.seconds)
            && (0..1_000_000_000).contains(&self.nanos)
    }
}

impl prost::Name for Timestamp {
    const NAME: &'static str = "Timestamp";
    const PACKAGE: &'static str = "google.protobuf";
}
