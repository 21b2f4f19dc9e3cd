//! Lays a table out in lines of equal columns that fit a width. A table that does not fit has its
//! words shortened; one that still does not fit is cut between columns into several grids, each with
//! the first column again. No line is ever wrapped.

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

/// Between two columns.
const GAP: usize = 2;

/// What is left of a column of words before the table is cut instead.
const SHORTEST_WORDS: usize = 16;

/// The table in lines of at most `width` columns, as few grids as will do: none for a table without
/// rows or columns. The rows are in order in each.
pub fn lay_out(table: &Table, width: usize) -> Vec<Grid> {
    if table.columns.is_empty() || table.rows.is_empty() {
        return Vec::new();
    }
    let cells: Vec<Vec<String>> =
        table.rows.iter().map(|row| row.iter().map(|cell| tame::line(cell)).collect()).collect();
    let natural = natural_widths(table, &cells);
    groups(table, &natural, width)
        .into_iter()
        .map(|group| Grid {
            head: draw(&group, table, |column| table.columns[column].title),
            rows: cells
                .iter()
                .map(|row| draw(&group, table, |column| row.get(column).map_or("", String::as_str)))
                .collect(),
        })
        .collect()
}

/// A column of a grid: which of the table's, and how wide.
type Place = (usize, usize);

fn natural_widths(table: &Table, cells: &[Vec<String>]) -> Vec<usize> {
    let widest =
        |at: usize| cells.iter().filter_map(|row| row.get(at)).map(|cell| columns(cell)).max();
    let of = |(at, column): (usize, &Column)| widest(at).unwrap_or(0).max(columns(column.title));
    table.columns.iter().enumerate().map(of).collect()
}

/// The columns of each grid with their widths.
fn groups(table: &Table, natural: &[usize], width: usize) -> Vec<Vec<Place>> {
    let all: Vec<Place> = natural.iter().copied().enumerate().collect();
    if let Some(group) = squeeze(all.clone(), table, width) {
        return vec![group];
    }
    let (key, rest) = all.split_first().expect("the caller refused tables without columns");
    let mut groups: Vec<Vec<Place>> = Vec::new();
    let mut group = vec![*key];
    for place in rest {
        let mut longer = group.clone();
        longer.push(*place);
        if group.len() > 1 && squeeze(longer.clone(), table, width).is_none() {
            groups.push(std::mem::replace(&mut group, vec![*key, *place]));
        } else {
            group = longer;
        }
    }
    groups.push(group);
    groups.into_iter().map(|group| squeeze_hard(group, table, width)).collect()
}

/// The same columns, words shortened where they must be, or `None` where that is not enough.
fn squeeze(mut group: Vec<Place>, table: &Table, width: usize) -> Option<Vec<Place>> {
    while total(&group) > width {
        let widest = group
            .iter_mut()
            .filter(|(column, width)| {
                table.columns[*column].align == Align::Left && *width > SHORTEST_WORDS
            })
            .max_by_key(|(_, width)| *width)?;
        widest.1 -= 1;
    }
    Some(group)
}

/// For a width that even two columns do not fit: whatever it takes, numbers included.
fn squeeze_hard(group: Vec<Place>, table: &Table, width: usize) -> Vec<Place> {
    squeeze(group.clone(), table, width).unwrap_or_else(|| {
        let mut group = group;
        while total(&group) > width {
            match group.iter_mut().filter(|(_, width)| *width > 1).max_by_key(|(_, width)| *width) {
                Some(widest) => widest.1 -= 1,
                None => break,
            }
        }
        group
    })
}

fn total(group: &[Place]) -> usize {
    group.iter().map(|(_, width)| width + GAP).sum::<usize>() - GAP
}

fn draw<'a>(group: &[Place], table: &Table, cell: impl Fn(usize) -> &'a str) -> String {
    let cells: Vec<String> = group
        .iter()
        .map(|(column, width)| pad(cell(*column), *width, table.columns[*column].align))
        .collect();
    cells.join(&" ".repeat(GAP)).trim_end().to_owned()
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
            drawn(&table, 30),
            "NAME                     CPU %\na-rather-long-n…rker-12    0.5"
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
