use serde::ser::{Serialize, SerializeSeq as _, Serializer};

/// A `float` or `double` written to JSON: a number, or one of the strings `NaN`, `Infinity` and `-Infinity`.
pub struct Float<T>(
    /// The value of the field.
    pub T,
);

impl Serialize for Float<f64> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match special(self.0) {
            Some(name) => serializer.serialize_str(name),
            None => serializer.serialize_f64(self.0),
        }
    }
}

impl Serialize for Float<f32> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match special(self.0.into()) {
            Some(name) => serializer.serialize_str(name),
            None => serializer.serialize_f32(self.0),
        }
    }
}

/// A repeated `float` or `double` field written to JSON.
pub struct Floats<'a, T>(
    /// The values of the field.
    pub &'a [T],
);

impl<T: Copy> Serialize for Floats<'_, T>
where
    Float<T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.0.len()))?;
        for value in self.0 {
            sequence.serialize_element(&Float(*value))?;
        }
        sequence.end()
    }
}

fn special(value: f64) -> Option<&'static str> {
    if value.is_finite() {
        None
    } else if value.is_nan() {
        Some("NaN")
    } else if value > 0.0 {
        Some("Infinity")
    } else {
        Some("-Infinity")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_json_has_no_number_for_are_strings() {
        let json =
            serde_json::to_string(&Floats(&[1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]));
        assert_eq!(json.unwrap(), r#"[1.5,"NaN","Infinity","-Infinity"]"#);
        assert_eq!(serde_json::to_string(&Float(0.1_f32)).unwrap(), "0.1");
    }
}
