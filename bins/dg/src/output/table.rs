//! A table in plain text.

use unicode_width::UnicodeWidthStr;

use super::{printable, shortened};

/// Columns wider than this are cut, so that one long id does not push the others off the screen.
const WIDEST: usize = 64;

/// Rows under a header. Cells are made safe for a terminal here.
pub(crate) struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    full: bool,
}

impl Table {
    pub(crate) fn new(header: &[&'static str]) -> Self {
        Self { header: header.to_vec(), rows: Vec::new(), full: false }
    }

    /// Cuts no cell, for ids that will be copied.
    pub(crate) fn full(mut self) -> Self {
        self.full = true;
        self
    }

    /// Whether it has no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        debug_assert_eq!(N, self.header.len(), "a cell per column");
        let cells = cells.into_iter().map(|cell| printable(&cell));
        self.rows.push(cells.map(|cell| if self.full { cell } else { shortened(&cell, WIDEST) }).collect());
    }

    /// The header and the rows, columns lined up.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        let header: Vec<String> = self.header.iter().map(|&name| name.to_owned()).collect();
        let width = |column: usize| {
            let cells = self.rows.iter().chain([&header]).filter_map(|row| row.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..header.len()).map(width).collect();
        let first = format!("\x1b[1m{}\x1b[0m", line(&header, &widths));
        std::iter::once(first).chain(self.rows.iter().map(move |row| line(row, &widths)))
    }
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        line.push_str(cell);
        line.push_str(&" ".repeat(2 + width.saturating_sub(cell.width())));
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_display_width() {
        let mut table = Table::new(&["NAME", "N"]);
        table.row(["東京".to_owned(), "1".to_owned()]);
        table.row(["a\x1b".to_owned(), "22".to_owned()]);
        let lines: Vec<String> = table.lines().collect();
        assert_eq!(lines, ["\x1b[1mNAME     N\x1b[0m", "東京     1", "a\\u{1b}  22"]);
    }
}
