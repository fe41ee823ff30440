use std::fmt;

/// What `Debug` of a generated message shows in place of a field marked `debug_redact`.
///
/// ```
/// use runner_configuration_runtime::Redacted;
///
/// assert_eq!(format!("{:?}", Redacted), "[REDACTED]");
/// ```
#[derive(Clone, Copy)]
pub struct Redacted;

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}
