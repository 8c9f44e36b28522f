//! The matrix with two axes across, and each value by itself.

use std::collections::HashMap;

use super::super::date;
use super::super::end::End;
use super::super::escape::Markup;
use super::super::summary::{Report, Row, coordinates, is_failure};
use super::link;
use crate::median::median;

/// The most columns that are read across.
const COLUMNS: usize = 40;
/// The most rows that the map has on the page.
const ROWS: usize = 200;
/// The most variants that a cell links to.
const LINKS: usize = 12;

/// The axes' values, and where each row is among them.
struct Grid<'a> {
    report: &'a Report,
    axes: Vec<crate::blame::Axis>,
    places: Vec<Vec<Option<usize>>>,
}

impl<'a> Grid<'a> {
    fn new(report: &'a Report) -> Self {
        let (axes, places) = coordinates(&report.run);
        Self {
            report,
            axes,
            places,
        }
    }

    /// The rows by the values of an axis; those without one come last.
    fn by_value(&self, axis: usize) -> Vec<Vec<usize>> {
        let absent = self.axes[axis].values.len();
        let mut rows = vec![Vec::new(); absent + 1];
        for (row, places) in self.places.iter().enumerate() {
            rows[places[axis].unwrap_or(absent)].push(row);
        }
        if rows[absent].is_empty() {
            rows.pop();
        }
        rows
    }

    fn value(&self, axis: usize, place: usize) -> &str {
        let values = &self.axes[axis].values;
        values.get(place).map_or("(none)", String::as_str)
    }

    /// The two axes that tell most: those of the best explanation, then those
    /// by whose values failures, or times, differ most. The one with more values
    /// goes down the page.
    fn telling(&self) -> Vec<usize> {
        let findings = self.report.blame.cover.iter();
        let mut chosen: Vec<usize> = Vec::new();
        for literal in findings.flat_map(|finding| &finding.explanation.literals) {
            let axis = literal.axis_index();
            if !chosen.iter().any(|&other| self.is_nested(axis, other)) {
                chosen.push(axis);
            }
        }
        let is_new = |axis: usize| !chosen.iter().any(|&other| self.is_nested(axis, other));
        let mut rest: Vec<(usize, f64)> = (0..self.report.run.axes.len())
            .filter(|&axis| is_new(axis) && self.by_value(axis).len() > 1)
            .map(|axis| (axis, self.spread(axis)))
            .collect();
        rest.sort_by(|a, b| b.1.total_cmp(&a.1));
        chosen.extend(rest.into_iter().map(|(axis, _)| axis));
        chosen.truncate(2);
        chosen.sort_unstable();
        let values = |axis: &usize| self.by_value(*axis).len();
        if let [down, across] = chosen.as_slice()
            && values(across) > values(down).max(8)
        {
            chosen.reverse();
        }
        chosen
    }

    /// Whether one is the other, or an attribute of it, as a compiler's family is
    /// of the compiler: most cells of the two would be empty.
    fn is_nested(&self, one: usize, other: usize) -> bool {
        let axes = self.report.run.axes.len();
        if one == other || (one < axes && other < axes) {
            return one == other;
        }
        let tells = |from: usize, to: usize| {
            let mut known = HashMap::new();
            let mut places = self.places.iter();
            places.all(|place| *known.entry(place[from]).or_insert(place[to]) == place[to])
        };
        tells(one, other) || tells(other, one)
    }

    /// How much of the differences between rows is between an axis's values,
    /// 0 to 1: of failing, where some fail and some pass, and else of the time.
    fn spread(&self, axis: usize) -> f64 {
        let blame = &self.report.blame;
        let by_failure = blame.failed > 0 && blame.passed > 0;
        let measure = |row: usize| {
            let outcome = self.report.rows[row].outcome.as_ref()?;
            if by_failure {
                return Some(f64::from(u8::from(is_failure(outcome.status))));
            }
            (outcome.seconds > 0.0).then(|| outcome.seconds.ln())
        };
        let groups: Vec<Vec<f64>> = self
            .by_value(axis)
            .into_iter()
            .map(|rows| rows.into_iter().filter_map(measure).collect())
            .collect();
        let all: Vec<f64> = groups.iter().flatten().copied().collect();
        let whole = squares(&all);
        if whole <= 0.0 {
            return 0.0;
        }
        let within: f64 = groups.iter().map(|group| squares(group)).sum();
        // Each value explains something by chance.
        let fair = (all.len().saturating_sub(1)) as f64
            / (all.len().saturating_sub(groups.len())).max(1) as f64;
        1.0 - (within / whole) * fair
    }
}

/// The sum of the squared distances from the mean.
fn squares(numbers: &[f64]) -> f64 {
    let mean = numbers.iter().sum::<f64>() / numbers.len().max(1) as f64;
    numbers.iter().map(|number| (number - mean).powi(2)).sum()
}

/// The rows of a cell, summed up.
struct Cell {
    rows: Vec<usize>,
    counts: Vec<(End, usize)>,
    seconds: Option<f64>,
}

impl Cell {
    fn new(all: &[Row], mut rows: Vec<usize>) -> Self {
        rows.sort_by_key(|&row| all[row].end() as usize);
        let mut counts: Vec<(End, usize)> = Vec::new();
        for &row in &rows {
            let end = all[row].end();
            match counts.iter_mut().find(|(one, _)| *one == end) {
                Some((_, count)) => *count += 1,
                None => counts.push((end, 1)),
            }
        }
        let outcomes = rows.iter().filter_map(|&row| all[row].outcome.as_ref());
        let seconds: Vec<f64> = outcomes.map(|outcome| outcome.seconds).collect();
        Self {
            rows,
            counts,
            seconds: median(seconds),
        }
    }

    /// What colours it: the share of failures among those that ended.
    fn class(&self) -> &'static str {
        let count = |is: fn(End) -> bool| -> usize {
            let counts = self.counts.iter().filter(|(end, _)| is(*end));
            counts.map(|(_, count)| count).sum()
        };
        let untested = count(|end| end == End::Untested);
        match (count(End::is_failure), count(End::is_passed)) {
            (0, 0) => "heat missing",
            (0, passed) if passed == untested => "heat untested",
            (0, _) => "heat passed",
            (_, 0) => "heat failed",
            (failed, passed) if failed * 2 > passed => "heat half",
            _ => "heat some",
        }
    }

    /// The counts with signs, for eyes, and with words, for ears.
    fn write_counts(&self, page: &mut Markup) {
        for (end, count) in &self.counts {
            page.raw("<span")
                .attribute("title", end.readable())
                .raw(">");
            page.text(end.sign()).raw("<span class=\"unseen\"> ");
            page.text(end.readable()).raw("</span> ");
            page.text(&count.to_string()).raw("</span> ");
        }
    }

    fn write_seconds(&self, page: &mut Markup, most: f64) {
        let Some(seconds) = self.seconds else {
            return;
        };
        page.raw("<span class=\"time\">")
            .text(&date::duration(seconds));
        page.raw("<i class=\"bar\"");
        page.attribute("style", &format!("width:{:.0}%", share(seconds, most)));
        page.raw("></i></span>");
    }

    fn write(&self, page: &mut Markup, report: &Report, most: f64) {
        if self.rows.is_empty() {
            page.raw("<td class=\"heat empty\" title=\"no such variant\">·</td>");
            return;
        }
        page.raw("<td").attribute("class", self.class());
        page.raw("><details><summary>");
        self.write_counts(page);
        self.write_seconds(page, most);
        page.raw("</summary><ul>");
        for &row in self.rows.iter().take(LINKS) {
            let row_of = &report.rows[row];
            page.raw("<li>").text(row_of.end().sign()).raw(" ");
            link(page, row, &row_of.variant.name);
            page.raw("</li>");
        }
        if let Some(more @ 1..) = self.rows.len().checked_sub(LINKS) {
            page.raw("<li>and ")
                .text(&more.to_string())
                .raw(" more</li>");
        }
        page.raw("</ul></details></td>");
    }
}

/// Hundredths of the most, and something where there is something.
fn share(seconds: f64, most: f64) -> f64 {
    if most > 0.0 && seconds > 0.0 {
        (100.0 * seconds / most).clamp(1.0, 100.0)
    } else {
        0.0
    }
}

/// The heat map of the two most telling axes.
pub(super) fn matrix(page: &mut Markup, report: &Report) {
    let grid = Grid::new(report);
    let chosen = grid.telling();
    page.raw("<section id=\"matrix\">\n<h2>Matrix</h2>\n");
    page.raw("<p id=\"choice\" hidden></p>\n<div class=\"wide\"><table id=\"map\"");
    let list: Vec<String> = chosen.iter().map(ToString::to_string).collect();
    page.attribute("data-chosen", &list.join(" ")).raw(">\n");
    let Some(&down) = chosen.first() else {
        page.raw("</table></div>\n<p>No axis has more than one value.</p>\n</section>\n");
        return;
    };
    let across = chosen.get(1).copied();
    let columns = across.map_or(1, |axis| grid.by_value(axis).len());
    page.raw("<caption>").text(&grid.axes[down].name);
    if let Some(across) = across {
        page.raw(" × ").text(&grid.axes[across].name);
    }
    page.raw("</caption>\n<thead><tr><td></td>");
    for column in 0..columns.min(COLUMNS) {
        page.raw("<th scope=\"col\">");
        page.text(across.map_or("all", |axis| grid.value(axis, column)))
            .raw("</th>");
    }
    page.raw("</tr></thead>\n<tbody>\n");
    let by_value = grid.by_value(down);
    let cells: Vec<Vec<Cell>> = by_value
        .iter()
        .take(ROWS)
        .map(|rows| {
            let mut cells = vec![Vec::new(); columns];
            for &row in rows {
                let place = across.map_or(0, |axis| grid.places[row][axis].unwrap_or(columns - 1));
                cells[place].push(row);
            }
            let cells = cells.into_iter().take(COLUMNS);
            cells.map(|rows| Cell::new(&report.rows, rows)).collect()
        })
        .collect();
    let seconds = cells.iter().flatten().filter_map(|cell| cell.seconds);
    let most = seconds.fold(0.0, f64::max);
    for (place, row) in cells.iter().enumerate() {
        page.raw("<tr><th scope=\"row\">")
            .text(grid.value(down, place))
            .raw("</th>");
        for cell in row {
            cell.write(page, report, most);
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody></table></div>\n");
    left_out(page, by_value.len(), ROWS, "rows");
    left_out(page, columns, COLUMNS, "columns");
    page.raw("<p class=\"quiet\">Each cell: how its variants ended, and the median of their times; open it for the variants.</p>\n</section>\n");
}

fn left_out(page: &mut Markup, all: usize, shown: usize, what: &'static str) {
    if let Some(more @ 1..) = all.checked_sub(shown) {
        page.raw("<p class=\"quiet\">")
            .text(&more.to_string())
            .raw(" more ");
        page.raw(what).raw(" are not shown.</p>\n");
    }
}

/// Each value of each axis by itself. The script reads the axes here.
pub(super) fn values(page: &mut Markup, report: &Report) {
    let grid = Grid::new(report);
    page.raw("<section id=\"values\">\n<h2>Values</h2>\n<div class=\"wide\"><table class=\"list\"><thead><tr>");
    page.raw("<th scope=\"col\">Axis</th><th scope=\"col\">Value</th><th scope=\"col\">Variants</th><th scope=\"col\">Median time</th></tr></thead>\n");
    let mut all = Vec::new();
    for axis in 0..grid.axes.len() {
        let cells = grid.by_value(axis).into_iter();
        let cells: Vec<Cell> = cells.map(|rows| Cell::new(&report.rows, rows)).collect();
        all.push(cells);
    }
    let seconds = all.iter().flatten().filter_map(|cell| cell.seconds);
    let most = seconds.fold(0.0, f64::max);
    for (axis, cells) in all.iter().enumerate() {
        page.raw("<tbody>\n");
        for (place, cell) in cells.iter().enumerate() {
            page.raw("<tr").attribute("data-axis", &axis.to_string());
            page.attribute("data-value", &place.to_string()).raw(">");
            if place == 0 {
                page.raw("<th scope=\"rowgroup\"");
                page.attribute("rowspan", &cells.len().to_string());
                page.raw(">").text(&grid.axes[axis].name).raw("</th>");
            }
            page.raw("<td class=\"value\">")
                .text(grid.value(axis, place));
            page.raw("</td><td")
                .attribute("class", cell.class())
                .raw(">");
            cell.write_counts(page);
            page.raw("</td><td>");
            cell.write_seconds(page, most);
            page.raw("</td></tr>\n");
        }
        page.raw("</tbody>\n");
    }
    page.raw("</table></div>\n</section>\n");
}

/// Where each row is, for the script: `0,2,`, nothing where an axis is absent.
pub(super) fn positions(report: &Report) -> Vec<String> {
    let (_, places) = coordinates(&report.run);
    let texts = places.into_iter().map(|places| {
        let texts = places
            .into_iter()
            .map(|place| place.map_or(String::new(), |p| p.to_string()));
        texts.collect::<Vec<_>>().join(",")
    });
    texts.collect()
}
