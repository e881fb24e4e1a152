//! Tables of short fields: aligned for people, or as Markdown.

/// A table; the first column is left-aligned, the others right.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub(super) fn new(columns: &[&str]) -> Self {
        Self { rows: vec![columns.iter().map(|&column| column.to_owned()).collect()] }
    }

    /// Appends a row, with as many fields as there are columns.
    pub(super) fn row(&mut self, fields: Vec<String>) {
        self.rows.push(fields);
    }

    /// Lines with two blanks between columns.
    pub(super) fn text(&self) -> String {
        let columns = self.rows.first().map_or(0, Vec::len);
        let width = |n: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(n))
                .map(|field| field.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |row: &Vec<String>| {
            let fields = row.iter().zip(&widths).enumerate().map(|(n, (field, &width))| match n {
                0 => format!("{field:width$}"),
                _ => format!("{field:>width$}"),
            });
            fields.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
        };
        self.rows.iter().map(line).collect()
    }

    /// A table of Markdown.
    pub(super) fn markdown(&self) -> String {
        let columns = self.rows.first().map_or(0, Vec::len);
        let rule = format!("|---|{}\n", "---:|".repeat(columns.saturating_sub(1)));
        let mut lines = self.rows.iter().map(|row| format!("| {} |\n", row.join(" | ")));
        lines.next().into_iter().chain([rule]).chain(lines).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let mut table = Table::new(&["stage", "µs"]);
        table.row(vec!["fold".into(), "1,204".into()]);
        assert_eq!(table.text(), "stage     µs\nfold   1,204\n");
        assert_eq!(table.markdown(), "| stage | µs |\n|---|---:|\n| fold | 1,204 |\n");
    }
}
