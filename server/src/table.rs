//! Lines in columns, for the person at the terminal. Pure.
//!
//! Columns are two spaces apart and as wide as their longest text, in characters; the last one is
//! not filled up. A text that is empty shows as `-`.

/// Puts rows into columns, a line each, without the last line's end.
pub(crate) fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = text.chars().count().max(1).max(*width);
        }
    }
    let lines: Vec<String> = rows.iter().map(|row| line(row, &widths)).collect();
    lines.join("\n")
}

fn line(row: &[String], widths: &[usize]) -> String {
    let filled = row.iter().zip(widths).map(|(text, width)| {
        let text = if text.is_empty() { "-" } else { text };
        format!("{text:<width$}")
    });
    filled.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_longest_text() {
        let rows = [["ID", "LABEL", "USES"], ["a", "für Ada", "1"], ["long", "", "1000"]];
        let rows = rows.map(|row| row.map(str::to_owned));
        let lines = ["ID    LABEL    USES", "a     für Ada  1", "long  -        1000"];
        assert_eq!(columns(&rows), lines.join("\n"));
        assert_eq!(columns::<2>(&[]), "");
    }
}
