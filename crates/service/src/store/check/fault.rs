use std::fmt;

/// Something in a store that is not what it has to be: a sentence with what it is, its id and what is wrong. Holds
/// nothing of what is stored but the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    object: Option<(&'static str, String)>,
    what: String,
}

impl Fault {
    pub(super) const fn of_store(what: String) -> Self {
        Self { object: None, what }
    }

    pub(super) const fn of_object(kind: &'static str, id: String, what: String) -> Self {
        Self {
            object: Some((kind, id)),
            what,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.object {
            Some((kind, id)) => write!(f, "{kind} {id}: {}", self.what),
            None => write!(f, "store: {}", self.what),
        }
    }
}
