//! What was run, how it ended, and where on the page what is.

use super::super::date;
use super::super::escape::Markup;
use super::super::summary::Report;
use super::{command, has_failures, link};

pub(super) fn header(page: &mut Markup, report: &Report) {
    page.raw("<header>\n<a class=\"skip\" href=\"#variants\">To the variants</a>\n");
    page.element("h1", &report.run.name);
    page.raw("\n<p class=\"totals\">");
    for (end, count, words) in report.totals().words() {
        page.raw("<span")
            .attribute("class", &format!("chip {}", end.word()));
        page.raw(">")
            .text(end.sign())
            .raw(" <b>")
            .text(&count.to_string());
        page.raw("</b> ").text(&words).raw("</span> ");
    }
    let variants = report.rows.len();
    page.raw("<span>of ")
        .text(&variants.to_string())
        .raw(" variants</span></p>\n");
    page.raw("<p class=\"quiet\">Began ")
        .text(&date::readable(report.run.started_unix));
    page.raw("; ").text(&date::duration(report.seconds()));
    page.raw(" of building and testing, all variants together");
    if let Some((row, bytes)) = report.most_memory() {
        page.raw("; at most ").text(&date::memory(bytes));
        page.raw(" of memory in one step (");
        link(page, row, &report.rows[row].variant.name);
        page.raw(")");
    }
    page.raw(".</p>\n");
    facts(page, report);
    if !report.run.steps.is_empty() {
        page.raw(
            "<details><summary>What is done with each variant</summary>\n<dl class=\"steps\">",
        );
        for step in &report.run.steps {
            page.element("dt", step.name.as_str());
            page.raw("<dd><code>")
                .text(&command(&step.command))
                .raw("</code></dd>");
        }
        page.raw("</dl></details>\n");
    }
    page.raw("<nav aria-label=\"Sections\"><a href=\"#matrix\">Matrix</a>");
    let links = [
        (
            has_failures(report),
            " <a href=\"#blame\">In common</a> <a href=\"#failures\">Failures</a>",
        ),
        (
            report.evidence().claims() > 0,
            " <a href=\"#evidence\">Evidence</a>",
        ),
        (!report.notes().is_empty(), " <a href=\"#notes\">Notes</a>"),
        (
            report.comparison.is_some(),
            " <a href=\"#comparison\">Changes</a>",
        ),
        (
            !report.run.duplicates.is_empty(),
            " <a href=\"#duplicates\">Duplicates</a>",
        ),
    ];
    for (_, link) in links.into_iter().filter(|(is_there, _)| *is_there) {
        page.raw(link);
    }
    page.raw(
        " <a href=\"#values\">Values</a> <a href=\"#variants\">Variants</a></nav>\n</header>\n",
    );
}

/// What was built, from where and to where.
fn facts(page: &mut Markup, report: &Report) {
    let facts = report.facts();
    if facts.is_empty() {
        return;
    }
    page.raw("<dl class=\"facts\">");
    for (name, fact) in facts {
        let word = match name {
            "with" => "Built with",
            "source" => "Source",
            "sources" => "State of the sources",
            _ => "Installed below",
        };
        page.raw("<div>").element("dt", word);
        // Of a digest, people compare the beginning.
        let length = if name == "sources" { 12 } else { usize::MAX };
        let shown: String = fact.chars().take(length).collect();
        page.raw("<dd><code")
            .attribute("title", fact)
            .raw(">")
            .text(&shown)
            .raw("</code></dd></div>");
    }
    page.raw("</dl>\n");
}
