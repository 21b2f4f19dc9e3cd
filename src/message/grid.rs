//! Lays a table out in lines of equal columns that fit a width. A table that does not fit has its
//! words shortened; one that still does not fit is cut between columns into several grids, each
//! with the first column again. No line is ever wrapped.

use super::measure::{columns, pad};
use super::{Align, Column, Table, tame};

/// A part of a table as lines without ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    /// The line above the rows.
    pub head: String,
    /// One line a row.
    pub rows: Vec<String>,
}

/// How tight columns may stand: spaces between two, and the width below which no column of words is
/// shortened. Tried in this order before a table is cut; names are worth more than air.
const TIGHTNESS: [Tightness; 2] =
    [Tightness { gap: 2, words: 24 }, Tightness { gap: 1, words: 16 }];

#[derive(Clone, Copy)]
struct Tightness {
    gap: usize,
    words: usize,
}

/// The table in lines of at most `width` columns, as few grids as will do: none for a table without
/// rows or columns. The rows are in order in each.
pub fn lay_out(table: &Table, width: usize) -> Vec<Grid> {
    if table.columns.is_empty() || table.rows.is_empty() {
        return Vec::new();
    }
    let cells: Vec<Vec<String>> =
        table.rows.iter().map(|row| row.iter().map(|cell| tame::line(cell)).collect()).collect();
    groups(table, &natural_widths(table, &cells), width)
        .into_iter()
        .map(|group| Grid {
            head: group.draw(table, |column| table.columns[column].title),
            rows: cells
                .iter()
                .map(|row| group.draw(table, |column| row.get(column).map_or("", String::as_str)))
                .collect(),
        })
        .collect()
}

/// The columns of one grid.
#[derive(Clone)]
struct Group {
    /// Which of the table's, and how wide each.
    places: Vec<(usize, usize)>,
    gap: usize,
}

fn natural_widths(table: &Table, cells: &[Vec<String>]) -> Vec<usize> {
    let widest =
        |at: usize| cells.iter().filter_map(|row| row.get(at)).map(|cell| columns(cell)).max();
    let of = |(at, column): (usize, &Column)| widest(at).unwrap_or(0).max(columns(column.title));
    table.columns.iter().enumerate().map(of).collect()
}

/// All columns as one grid, or as few as will do.
fn groups(table: &Table, natural: &[usize], width: usize) -> Vec<Group> {
    let places: Vec<_> = natural.iter().copied().enumerate().collect();
    for tightness in TIGHTNESS {
        let whole = Group { places: places.clone(), gap: tightness.gap };
        if let Some(group) = whole.squeezed(table, width, tightness.words) {
            return vec![group];
        }
    }
    let [Tightness { gap, words }, ..] = TIGHTNESS;
    let (key, rest) = places.split_first().expect("the caller refused tables without columns");
    let mut groups = Vec::new();
    let mut group = Group { places: vec![*key], gap };
    for place in rest {
        let mut longer = group.clone();
        longer.places.push(*place);
        if group.places.len() > 1 && longer.clone().squeezed(table, width, words).is_none() {
            groups.push(group);
            longer.places = vec![*key, *place];
        }
        group = longer;
    }
    groups.push(group);
    groups.into_iter().map(|group| group.squeezed_hard(table, width, words)).collect()
}

impl Group {
    /// With words shortened where they must be, or `None` where that is not enough.
    fn squeezed(mut self, table: &Table, width: usize, words: usize) -> Option<Self> {
        while self.width() > width {
            let is_long = |(column, width): &&mut (usize, usize)| {
                table.columns[*column].align == Align::Left && *width > words
            };
            self.places.iter_mut().filter(is_long).max_by_key(|(_, width)| *width)?.1 -= 1;
        }
        Some(self)
    }

    /// For a width that even two columns do not fit: whatever it takes, numbers included.
    fn squeezed_hard(self, table: &Table, width: usize, words: usize) -> Self {
        if let Some(group) = self.clone().squeezed(table, width, words) {
            return group;
        }
        let mut group = self;
        while group.width() > width {
            let widest = group.places.iter_mut().max_by_key(|(_, width)| *width);
            match widest {
                Some((_, width)) if *width > 1 => *width -= 1,
                _ => break,
            }
        }
        group
    }

    fn width(&self) -> usize {
        self.places.iter().map(|(_, width)| width + self.gap).sum::<usize>() - self.gap
    }

    fn draw<'a>(&self, table: &Table, cell: impl Fn(usize) -> &'a str) -> String {
        let draw = |&(column, width): &(usize, usize)| {
            pad(cell(column), width, table.columns[column].align)
        };
        let cells: Vec<String> = self.places.iter().map(draw).collect();
        cells.join(&" ".repeat(self.gap)).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(titles: &[&'static str], rows: &[&[&str]]) -> Table {
        let align = |at| if at == 0 { Align::Left } else { Align::Right };
        Table {
            columns: titles
                .iter()
                .enumerate()
                .map(|(at, &title)| Column { title, align: align(at) })
                .collect(),
            rows: rows.iter().map(|row| row.iter().map(|&c| c.to_owned()).collect()).collect(),
        }
    }

    fn drawn(table: &Table, width: usize) -> String {
        let grids = lay_out(table, width).into_iter();
        grids.map(|grid| grid.head + "\n" + &grid.rows.join("\n")).collect::<Vec<_>>().join("\n\n")
    }

    #[test]
    fn columns_are_aligned_by_what_is_seen() {
        let table = table(&["NAME", "CPU %"], &[&["shop", "0.5"], &["名前-1", "120.0"]]);
        assert_eq!(drawn(&table, 80), "NAME    CPU %\nshop      0.5\n名前-1  120.0");
    }

    #[test]
    fn names_give_way_before_numbers() {
        let table = table(&["NAME", "CPU %"], &[&["a-rather-long-name-of-a-worker-12", "0.5"]]);
        assert_eq!(
            drawn(&table, 33),
            "NAME                        CPU %\na-rather-long-nam…orker-12    0.5"
        );
    }

    #[test]
    fn a_table_too_wide_is_cut_between_columns() {
        let table = table(&["NAME", "ONE", "TWO", "THREE"], &[&["shop", "1", "2", "3"]]);
        assert_eq!(drawn(&table, 14), "NAME  ONE  TWO\nshop    1    2\n\nNAME  THREE\nshop      3");
    }

    #[test]
    fn no_line_is_wider_than_allowed() {
        let long = "名前".repeat(50);
        let table = table(&["NAME", "ONE", "TWO"], &[&[&long, &long, "3"], &["x\ny", "", "3"]]);
        for width in 7..120 {
            for grid in lay_out(&table, width) {
                for line in grid.rows.iter().chain([&grid.head]) {
                    assert!(columns(line) <= width, "{width}: {line}");
                }
            }
        }
    }

    #[test]
    fn a_table_of_nothing_is_nothing() {
        assert_eq!(lay_out(&table(&["NAME"], &[]), 80), []);
        assert_eq!(lay_out(&table(&[], &[&[]]), 80), []);
    }

    #[test]
    fn a_row_too_short_has_empty_cells() {
        assert_eq!(drawn(&table(&["NAME", "CPU %"], &[&["shop"]]), 80), "NAME  CPU %\nshop");
    }
}
