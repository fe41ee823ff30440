//! Tables for people.

/// Lines with aligned columns.
pub(crate) fn table<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Vec<String> {
    let mut table = vec![header.map(str::to_owned)];
    table.extend(rows.into_iter().map(|row| row.map(|cell| printable(&cell))));
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = table.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    });
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    table.iter().map(line).collect()
}

/// Lines for one object: a name and a value each.
pub(crate) fn record<const N: usize>(fields: [(&str, String); N]) -> Vec<String> {
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let line = |(name, value): &(&str, String)| {
        let line = format!("{name:width$}  {}", printable(value));
        line.trim_end().to_owned()
    };
    fields.iter().map(line).collect()
}

/// The start of a text that is too long for a cell.
pub(crate) fn shortened(text: &str) -> String {
    const LONGEST: usize = 48;

    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
    }
}

/// What is shown for a text that may be empty.
pub(crate) fn or_dash(text: &str) -> String {
    if text.is_empty() { "-" } else { text }.to_owned()
}

pub(crate) fn yes_or_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

/// What is shown for a sealed box, which only its runner can read.
pub(crate) fn sealed(ciphertext: &[u8]) -> String {
    match ciphertext.len() {
        0 => "-".to_owned(),
        length => format!("sealed ({length} bytes)"),
    }
}

/// Control characters could change what a terminal shows.
pub(crate) fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_nothing_controls_the_terminal() {
        let row = ["1", "Köln", "a\u{1b}[2J"].map(str::to_owned);
        assert_eq!(
            table(["ID", "NAME", "SCHEMA"], [row]),
            ["ID  NAME  SCHEMA", "1   Köln  a\u{fffd}[2J"]
        );
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(shortened("short"), "short");
        let long = "ö".repeat(49);
        assert_eq!(shortened(&long), format!("{}…", "ö".repeat(48)));
        assert_eq!(shortened(&long[2..]), long[2..]);
    }

    #[test]
    fn the_values_of_a_record_are_aligned() {
        let fields = [("id", "1\n".to_owned()), ("name", String::new())];
        assert_eq!(record(fields), ["id    1\u{fffd}", "name"]);
    }
}
