//! Service glue (placeholder until the next step).
